"""cdk.out: manifests, stages of the CDK, and what is wrong with them."""

import json
from pathlib import Path
from typing import Final

import pytest

from routekey.errors import ProjectError
from routekey.projects import load
from routekey.projects.cdk import is_assembly, read_assembly
from routekey.projects.notices import Notices


def write(folder: Path, artifacts: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "cdk.out").write_text("{}", encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}), encoding="utf-8")
    (folder / "a.json").write_text('{"Resources": {}}', encoding="utf-8")
    return folder


@pytest.mark.rule("CP-CDK-06")
def test_a_stage_of_the_cdk_is_an_assembly_below(tmp_path: Path) -> None:
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://1/eu-west-1",
        "properties": {"templateFile": "a.json", "stackName": "prod-a", "parameters": {"x": "1"}},
    }
    write(tmp_path / "assembly-prod", {"a": stack})
    nested = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-prod"}}
    folder = write(tmp_path, {"prod": nested})
    assembly = read_assembly(folder, {"y": "2"}, None, Notices())
    assert is_assembly(tmp_path)
    assert assembly.region == "eu-west-1"
    assert [source.stack_name for source in assembly.sources] == ["prod-a"]
    assert assembly.sources[0].parameters == {"x": "1", "y": "2"}


def test_an_assembly_that_names_itself_comes_to_an_end(tmp_path: Path) -> None:
    itself = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}
    assert read_assembly(write(tmp_path, {"again": itself}), {}, None, Notices()).sources == ()


@pytest.mark.parametrize(
    ("artifacts", "problem"),
    [
        (3, "has no artifacts"),
        ({"a": {"type": "aws:cloudformation:stack"}}, "has no templateFile"),
        ({"a": {"type": "cdk:cloud-assembly", "properties": 1}}, "has no directoryName"),
    ],
)
def test_a_manifest_that_lacks_something_says_so(
    tmp_path: Path, artifacts: object, problem: str
) -> None:
    with pytest.raises(ProjectError, match=problem):
        read_assembly(write(tmp_path, artifacts), {}, None, Notices())


def of_region(region: str, template: str, name: str) -> dict[str, object]:
    return {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://unknown-account/{region}",
        "properties": {"templateFile": template, "stackName": name},
    }


@pytest.mark.parametrize(
    ("region", "kept", "served"),
    [
        (None, ["certificate", "chat-1", "anywhere"], "us-east-1"),
        ("eu-west-1", ["certificate", "chat-2", "anywhere"], "eu-west-1"),
        ("sa-east-1", ["certificate", "chat-1", "anywhere"], "us-east-1"),
    ],
)
def test_of_an_api_in_several_regions_one_is_served(
    tmp_path: Path, region: str | None, kept: list[str], served: str
) -> None:
    """Its functions have the same names everywhere; what is in a region without an API stays."""
    artifacts = {
        "certificate": of_region("ca-central-1", "a.json", "certificate"),
        "one": of_region("us-east-1", "api.json", "chat-1"),
        "two": of_region("eu-west-1", "api.json", "chat-2"),
        "open": of_region("unknown-region", "api.json", "anywhere"),
    }
    (tmp_path / "api.json").write_text('{"Resources": {"A": {"Type": "AWS::ApiGatewayV2::Api"}}}')
    notices = Notices()
    assembly = read_assembly(write(tmp_path, artifacts), {}, region, notices)
    assert [source.stack_name for source in assembly.sources] == kept
    assert assembly.region == served
    (notice,) = notices.all()
    other = "us-east-1" if served == "eu-west-1" else "eu-west-1"
    assert notice.text == (
        f"the stacks for {other} are left out: a gateway is in one region, and this one in "
        f"{served}. --region {other} takes them"
    )


ROOMS = Path(__file__).parents[2] / "examples" / "rooms-in-memory" / "cdk.out"
LEVEL_TWO: Final = {
    "Api": {
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": {
            "Name": "chat",
            "ProtocolType": "WEBSOCKET",
            "RouteSelectionExpression": "$request.body.action",
            "ApiKeySelectionExpression": "$request.header.x-api-key",
        },
    },
    "Stage": {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "StageName": "prod",
            "AutoDeploy": True,
            "StageVariables": {"colour": "blue"},
            "DefaultRouteSettings": {"ThrottlingBurstLimit": 5, "ThrottlingRateLimit": 2},
        },
    },
    "Queue": {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "AWS",
            "IntegrationMethod": "POST",
            "IntegrationUri": "arn:aws:apigateway:us-east-1:sqs:path/000000000000/jobs",
            "PassthroughBehavior": "NEVER",
            "RequestTemplates": {"$default": "Action=SendMessage"},
            "TimeoutInMillis": 5000,
        },
    },
    "Mock": {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationType": "MOCK", "IntegrationUri": ""},
    },
    "Send": {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "ApiKeyRequired": True,
            "AuthorizationType": "NONE",
            "RouteKey": "send",
            "RouteResponseSelectionExpression": "$default",
            "Target": {"Fn::Join": ["", ["integrations/", {"Ref": "Queue"}]]},
        },
    },
    "SendResponse": {
        "Type": "AWS::ApiGatewayV2::RouteResponse",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "RouteId": {"Ref": "Send"},
            "RouteResponseKey": "$default",
        },
    },
}
"""What `WebSocketApi`, `WebSocketStage` and their integrations synthesise."""


@pytest.mark.rule("CP-CDK-01", "CP-CDK-02", "CP-CDK-03", "CP-CDK-04")
def test_what_the_constructs_synthesise_is_read(tmp_path: Path) -> None:
    (tmp_path / "template.json").write_text(json.dumps({"Resources": LEVEL_TWO}))
    (api,) = load(tmp_path).apis
    assert api.api_key_selection_expression == "$request.header.x-api-key"
    (stage,) = api.stages
    assert (stage.auto_deploy, stage.stage_variables) == (True, {"colour": "blue"})
    assert stage.default_route_settings.throttling_burst_limit == 5
    (route,) = api.routes
    assert route.api_key_required
    assert route.route_response_selection_expression == "$default"
    queue, mock = api.integrations
    assert (queue.timeout_in_millis, str(queue.passthrough_behavior)) == (5000, "NEVER")
    assert str(mock.integration_type) == "MOCK"


@pytest.mark.rule("CP-CDK-01", "CP-CDK-03")
def test_low_level_constructs_of_the_example_are_read() -> None:
    project = load(ROOMS)
    (api,) = project.apis
    assert {route.route_key for route in api.routes} >= {"join", "send"}
    assert len(api.stages) == 1
