"""What the operator decides wins over what the project says."""

from pathlib import Path

import pytest

from projects.building import API, load_template
from routekey.errors import ProjectError
from routekey.ids import AccountId
from routekey.projects import LoadOptions


def test_region_account_stage_and_stack_name_are_the_operators(tmp_path: Path) -> None:
    options = LoadOptions(
        region="eu-west-2", account_id=AccountId("1" * 12), stage="live", stack_name="mine"
    )
    role = "  Role: {Type: AWS::IAM::Role, Properties: {Path: /}}\n"
    project = load_template(tmp_path, f"Resources:{API}{role}", options=options)
    assert (project.region, project.account_id) == ("eu-west-2", "1" * 12)
    assert [stage.stage_name for stage in project.apis[0].stages] == ["live"]
    assert project.roles[0].arn.startswith(f"arn:aws:iam::{'1' * 12}:role/mine-Role-")


def test_parameters_are_the_operators(tmp_path: Path) -> None:
    template = f"Parameters: {{Name: {{Type: String, Default: a}}}}\nResources:{API}".replace(
        "Name: chat", "Name: !Ref Name"
    )
    project = load_template(tmp_path, template, options=LoadOptions(parameters={"Name": "b"}))
    assert project.apis[0].name == "b"


def test_where_nothing_may_be_guessed_a_parameter_needs_a_value(tmp_path: Path) -> None:
    template = f"Parameters: {{Name: {{Type: String}}}}\nResources:{API}".replace(
        "Name: chat", "Name: !Ref Name"
    )
    assert load_template(tmp_path, template).apis[0].name == "Name"
    with pytest.raises(ProjectError, match="the parameter Name has no default"):
        load_template(tmp_path, template, options=LoadOptions(is_guessing=False))
