"""The account that a project names."""

from pathlib import Path

import pytest

from projects.building import load_template
from projects.terraform.test_loading import load_text
from routekey.ids import AccountId
from routekey.projects import LoadOptions, load
from routekey.projects.accounts import find_account

OURS = "210987654321"
OTHER = "345678901234"


@pytest.mark.parametrize(
    ("text", "account"),
    [
        (f"Resource: arn:aws:dynamodb:eu-west-1:{OURS}:table/t", OURS),
        (f"role: 'arn:aws-cn:iam::{OURS}:role/r'", OURS),
        (f"  Account:\n    Default: {OURS}", OURS),
        (f"accountId: '{OURS}',", OURS),
        (f'variable "account_id" {{\n  default = "{OURS}"', OURS),
        (f'"environment": "aws://{OURS}/eu-west-1"', OURS),
        (f"# arn:aws:sqs:eu-west-1:{OTHER}:q\narn:aws:sqs:eu-west-1:{OURS}:q", OURS),
        (f"arn:aws:sqs:eu-west-1:{OTHER}:q, arn:aws:sqs:eu-west-1:{OURS}:q", None),
        (f"arn:aws:lambda:eu-west-1:{OTHER}:layer:powertools:3", None),
        (f"arn:aws:serverlessrepo:eu-west-1:{OTHER}:applications/a", None),
        (f"timestamp: {OURS}", None),
    ],
)
def test_an_account_is_found_where_only_one_is_named(text: str, account: str | None) -> None:
    assert find_account((text,)) == account


TEMPLATE = f"""
    Parameters:
      Account: {{Type: String, Default: {OURS}}}
    Resources:
      Topic: {{Type: AWS::SNS::Topic, Properties: {{TopicName: !Sub "${{AWS::AccountId}}"}}}}
    """


def test_a_template_is_loaded_into_the_account_that_it_names(tmp_path: Path) -> None:
    project = load_template(tmp_path, TEMPLATE)
    assert project.account_id == OURS
    assert f"the account {OURS} stands in the project" in project.notices[0].text


@pytest.mark.parametrize(
    "options",
    [LoadOptions(account_id=AccountId(OTHER)), LoadOptions(is_guessing=False)],
    ids=["another one is given", "nothing is guessed"],
)
def test_what_the_operator_says_goes_first(tmp_path: Path, options: LoadOptions) -> None:
    project = load_template(tmp_path, TEMPLATE, options=options)
    assert project.account_id == options.account_id
    assert project.notices == ()


def test_services_and_configurations_name_accounts_too(tmp_path: Path) -> None:
    service = f"""
service: s
provider: {{name: aws, iam: {{role: "arn:aws:iam::{OURS}:role/r"}}}}
"""
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "serverless.yml").write_text(service, encoding="utf-8")
    assert load(tmp_path / "service").account_id == OURS
    variable = f'variable "account" {{ default = "{OURS}" }}\nresource "aws_sns_topic" "t" {{}}'
    assert load_text(tmp_path / "terraform", variable).account_id == OURS
