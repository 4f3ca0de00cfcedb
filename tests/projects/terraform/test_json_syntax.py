"""Configurations as JSON."""

import json
from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load
from routekey.projects.terraform.json_syntax import parse_json

CONFIGURATION = {
    "//": {"metadata": "a comment"},
    "terraform": {"required_providers": {}},
    "provider": {"aws": [{"region": "eu-west-3"}]},
    "variable": {"name": {"type": "string", "default": "chat"}},
    "locals": {"title": "${upper(var.name)}-$${x}"},
    "resource": {
        "aws_iam_role": {"r": {"//": "mine", "name": "${var.name}-role"}},
        "aws_apigatewayv2_api": {
            "api": {
                "name": "${local.title}",
                "protocol_type": "WEBSOCKET",
                "route_selection_expression": "$request.body.action",
            }
        },
        "aws_apigatewayv2_stage": {
            "s": {
                "api_id": "${aws_apigatewayv2_api.api.id}",
                "name": "dev",
                "default_route_settings": {"throttling_rate_limit": 5},
                "stage_variables": {"${var.name}": "1"},
            }
        },
    },
}


def write(folder: Path, value: object, name: str = "main.tf.json") -> None:
    (folder / name).write_text(json.dumps(value), encoding="utf-8")


def test_a_configuration_may_be_json(tmp_path: Path) -> None:
    write(tmp_path, CONFIGURATION)
    project = load(tmp_path)
    assert project.region == "eu-west-3"
    (api,) = project.apis
    assert (api.name, api.route_selection_expression) == ("CHAT-${x}", "$request.body.action")
    (stage,) = api.stages
    assert stage.stage_variables == {"chat": "1"}
    assert stage.default_route_settings.throttling_rate_limit == 5
    assert project.roles[0].arn.endswith(":role/chat-role")
    assert load(tmp_path / "main.tf.json").apis[0].name == "CHAT-${x}"


def test_json_stands_beside_hcl_and_values_may_be_json_too(tmp_path: Path) -> None:
    write(tmp_path, CONFIGURATION)
    write(tmp_path, {"name": "plain ${x}"}, "terraform.tfvars.json")
    (tmp_path / "more.tf").write_text('resource "aws_iam_role" "s" { name = var.name }')
    roles = load(tmp_path, options=LoadOptions()).roles
    assert {role.arn.rpartition("/")[2] for role in roles} == {"plain ${x}-role", "plain ${x}"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "a map is expected here, not a list"),
        ('{"resource": {"a": 3}}', "a map is expected here, not a number"),
        ('{"resource": {"a": {"b": 3}}}', "a map is expected here, not a number"),
        ('{"output": {"a": {"value": "${"}}}', "not valid HCL"),
        ("{", "main.tf.json"),
    ],
)
def test_what_is_no_configuration_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        parse_json(text, file="main.tf.json")
