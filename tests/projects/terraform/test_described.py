"""Resources in Terraform's words and in CloudFormation's."""

from pathlib import Path

from projects.building import AROUND
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
