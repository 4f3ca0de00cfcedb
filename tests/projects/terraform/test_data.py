"""Data sources."""

from pathlib import Path

import pytest

from projects.building import AROUND
from projects.terraform.test_loading import load_text
from routekey.errors import ProjectError
from routekey.projects.document import Value, parse_document
from routekey.projects.notices import Notices
from routekey.projects.terraform.data import policy_document, read_data
from routekey.projects.terraform.evaluation import Budget


class Asking:
    """What a data source may know, in a test."""

    surroundings = AROUND
    root = Path()

    def __init__(self) -> None:
        self.notices = Notices()
        self.budget = Budget()
        self.files: list[str] = []


def read(kind: str, attribute: str, asking: Asking | None = None, **arguments: Value) -> Value:
    place = parse_document("a", file="f").place()
    return read_data(kind, attribute, arguments, asking or Asking(), place)


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("aws_caller_identity", "account_id", "000000000000"),
        ("aws_region", "name", "eu-west-1"),
        ("aws_partition", "partition", "aws"),
        ("aws_availability_zones", "names", ["eu-west-1a", "eu-west-1b", "eu-west-1c"]),
        ("archive_file", "output_base64sha256", "0"),
    ],
)
def test_what_is_known_here_is_answered(kind: str, name: str, expected: Value) -> None:
    assert read(kind, name) == expected


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("AmazonAPIGatewayInvokeFullAccess", "AmazonAPIGatewayInvokeFullAccess"),
        ("AWSLambdaRole", "service-role/AWSLambdaRole"),
        ("SomethingElse", "SomethingElse"),
    ],
)
def test_a_policy_that_is_looked_up_is_aws_own(name: str, path: str) -> None:
    found = read("aws_iam_policy", "arn", Asking(), name=name)
    assert found == f"arn:aws:iam::aws:policy/{path}"


def test_a_template_is_filled_in() -> None:
    made = read("template_file", "rendered", template="${upper(a)}-$b", vars={"a": "x"})
    assert made == "X-$b"
    with pytest.raises(ProjectError, match="is not given a"):
        read("template_file", "rendered", template="${a}")


def test_arguments_can_be_read_back() -> None:
    assert read("archive_file", "output_path", output_path="a.zip") == "a.zip"


def test_what_only_aws_knows_is_a_guess_that_says_so() -> None:
    asking = Asking()
    assert read("aws_acm_certificate", "arn", asking) == "aws_acm_certificate-arn"
    assert "known to AWS only" in asking.notices.all()[0].text


def test_statements_become_a_policy() -> None:
    document = policy_document(
        {
            "statement": [
                {
                    "sid": "a",
                    "actions": ["s3:*"],
                    "resources": ["*"],
                    "principals": [{"type": "Service", "identifiers": ["x"]}],
                    "condition": [
                        {"test": "StringEquals", "variable": "k", "values": ["v"]},
                        {"test": "StringEquals", "variable": "l", "values": ["w"]},
                    ],
                },
                {"effect": "Deny", "not_actions": ["s3:*"], "not_resources": ["*"]},
                3,
            ]
        }
    )
    assert document == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Sid": "a",
                "Action": ["s3:*"],
                "Resource": ["*"],
                "Principal": {"Service": ["x"]},
                "Condition": {"StringEquals": {"k": ["v"], "l": ["w"]}},
            },
            {"Effect": "Deny", "NotAction": ["s3:*"], "NotResource": ["*"]},
        ],
    }


def test_a_resource_that_is_looked_up_has_aws_own_names(tmp_path: Path) -> None:
    project = load_text(
        tmp_path,
        """
data "aws_iam_role" "lab" { name = "LabRole" }
data "aws_dynamodb_table" "t" { name = "notes" }
data "aws_region" "here" {}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = data.aws_iam_role.lab.arn
  handler       = "app.handler"
  runtime       = "python3.12"
  filename      = "."
  environment {
    variables = { TABLE = data.aws_dynamodb_table.t.arn, REGION = data.aws_region.here.id }
  }
}
""",
        files={"app.py": ""},
    )
    (function,) = project.functions
    assert function.role == "arn:aws:iam::000000000000:role/LabRole"
    table = "arn:aws:dynamodb:us-east-1:000000000000:table/notes"
    assert function.environment == {"TABLE": table, "REGION": "us-east-1"}
    assert project.notices == ()


def test_a_policy_from_a_template_hangs_on_its_role(tmp_path: Path) -> None:
    project = load_text(
        tmp_path,
        """
resource "aws_iam_role" "r" { name = "r" }
data "template_file" "push" {
  template = file("push.json")
  vars = { resource = "*" }
}
resource "aws_iam_role_policy" "push" {
  role   = aws_iam_role.r.name
  policy = data.template_file.push.rendered
}
data "aws_iam_policy" "invoke" { name = "AmazonAPIGatewayInvokeFullAccess" }
resource "aws_iam_role_policy_attachment" "invoke" {
  role       = aws_iam_role.r.name
  policy_arn = data.aws_iam_policy.invoke.arn
}
""",
        files={
            "push.json": '{"Statement": {"Effect": "Allow", "Action": "execute-api:*", '
            '"Resource": "${resource}"}}'
        },
    )
    (role,) = project.roles
    assert [len(policy.statements) for policy in role.policies] == [1, 1]
    assert project.notices == ()
