"""Resources in Terraform's words and in CloudFormation's."""

import re
from pathlib import Path

import pytest

from projects.building import AROUND
from projects.terraform.test_loading import load_text
from routekey.projects.document import Place, Value, parse_document
from routekey.projects.terraform.described import Described


class Stage(Described):
    """A stage that is written nowhere."""

    @property
    def place(self) -> Place:
        return parse_document("a", file="main.tf").place(resource=self.address)

    def arguments(self) -> dict[str, Value]:
        return {"name": "prod", "api_id": "abc123"}


def test_a_resource_has_properties_and_what_aws_makes_up() -> None:
    stage = Stage("aws_apigatewayv2_stage", "aws_apigatewayv2_stage.s", AROUND, Path("/"))
    assert stage.properties()["StageName"] == "prod"
    resource = stage.resource()
    assert (resource.type, resource.reference()) == ("AWS::ApiGatewayV2::Stage", "prod")
    assert stage.attribute("id") == "prod"
    url = "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod"
    assert stage.attribute("invoke_url") == url
    assert stage.attribute("auto_deploy") is None


@pytest.mark.parametrize(
    ("type_", "attribute"),
    [
        ("random_id", "hex"),
        ("random_pet", "id"),
        ("random_string", "result"),
        ("random_password", "result"),
        ("random_uuid", "result"),
    ],
)
def test_what_is_drawn_by_lot_stays_the_same(tmp_path: Path, type_: str, attribute: str) -> None:
    text = f"""
resource "{type_}" "x" {{}}
resource "aws_s3_bucket" "b" {{ bucket = "files-${{{type_}.x.{attribute}}}" }}
"""
    (first,) = load_text(tmp_path, text).services
    assert re.fullmatch(r"files-[0-9a-f]{8}", str(first.properties["BucketName"]))
    assert load_text(tmp_path, text).services == (first,)
    assert load_text(tmp_path, text).notices[0].text.startswith("not run here")


def test_a_name_may_be_made_from_its_beginning(tmp_path: Path) -> None:
    project = load_text(
        tmp_path,
        'resource "aws_s3_bucket" "b" { bucket_prefix = "files-" }\n'
        'resource "aws_iam_role" "r" { name_prefix = "say-" }\n'
        'resource "aws_iam_role" "s" { for_each = toset(["a.b"]) }\n',
    )
    assert re.fullmatch(r"files-[0-9a-f]{12}", str(project.services[0].properties["BucketName"]))
    named, unnamed = (role.arn.rpartition("/")[2] for role in project.roles)
    assert re.fullmatch(r"say-[0-9a-f]{12}", named)
    assert re.fullmatch(r"[A-Za-z0-9-]+", unnamed)
