"""SAM templates, through AWS's own translator."""

from pathlib import Path

import pytest

from projects.building import AROUND, load_template
from routekey.errors import ProjectError
from routekey.projects.cloudformation.sam import LOCAL_BUCKET, translate_sam
from routekey.projects.document import Document, Value, parse_document
from routekey.projects.notices import Notices

WITHOUT_ROUTES = """Resources:
  A:
    Type: AWS::Serverless::WebSocketApi
    Properties: {RouteSelectionExpression: a, Routes: {}}
"""
HEAD = "Transform: AWS::Serverless-2016-10-31\n"


def translate(text: str, notices: Notices | None = None) -> dict[str, Value]:
    document = parse_document(HEAD + text, file="f")
    translated = translate_sam(document, AROUND, parameters={}, notices=notices or Notices()).value
    assert isinstance(translated, dict)
    resources = translated["Resources"]
    assert isinstance(resources, dict)
    return resources


def code_of(resource: Value) -> Value:
    assert isinstance(resource, dict)
    properties = resource["Properties"]
    assert isinstance(properties, dict)
    return properties.get("Code", properties.get("Content"))


def test_a_template_without_the_transform_stays_as_it_is() -> None:
    document = parse_document("Resources: {}", file="f")
    assert translate_sam(document, AROUND, parameters={}, notices=Notices()) is document


@pytest.mark.parametrize("text", ["", "Resources: []"])
def test_a_template_without_resources_is_left_to_others(text: str) -> None:
    document = parse_document(HEAD + text, file="f")
    assert translate_sam(document, AROUND, parameters={}, notices=Notices()) is document


@pytest.mark.rule("CP-SAM-01", "CP-SAM-03", "CP-SAM-04")
def test_routes_become_resources_with_permissions() -> None:
    resources = translate(
        """
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      RouteSelectionExpression: $request.body.action
      Routes: {$connect: {FunctionArn: "arn:aws:lambda:eu-west-1:000000000000:function:f"}}
"""
    )
    kinds = {
        logical_id: value["Type"]
        for logical_id, value in resources.items()
        if isinstance(value, dict)
    }
    assert kinds["ChatConnectRoute"] == "AWS::ApiGatewayV2::Route"
    assert kinds["ChatConnectIntegration"] == "AWS::ApiGatewayV2::Integration"
    assert kinds["ChatConnectPermission"] == "AWS::Lambda::Permission"
    assert "ChatDefaultStage" in kinds


@pytest.mark.parametrize(
    ("uri", "key"),
    [("src/", "src/"), ("!Sub 'src/${AWS::Region}'", {"Fn::Sub": "src/${AWS::Region}"})],
)
def test_code_on_this_machine_is_marked(uri: str, key: Value) -> None:
    resources = translate(
        f"Globals: {{Function: {{CodeUri: {uri}, Runtime: python3.12, Handler: a.b}}}}\n"
        "Resources:\n  F: {Type: AWS::Serverless::Function}\n"
        f"  L: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: {uri}}}}}\n"
    )
    layer = next(name for name in resources if name.startswith("L"))
    for name in ("F", layer):
        code = code_of(resources[name])
        assert isinstance(code, dict)
        assert code["S3Bucket"] == LOCAL_BUCKET
        assert code["S3Key"] in (key, "src/eu-west-1")


def test_a_function_without_code_takes_the_templates_folder() -> None:
    notices = Notices()
    resources = translate(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Handler: a.b, Runtime: python3.12}",
        notices,
    )
    assert code_of(resources["F"]) == {"S3Bucket": LOCAL_BUCKET, "S3Key": "."}
    assert "no CodeUri is given" in notices.all()[0].text


@pytest.mark.parametrize(
    ("location", "url"), [("child.yaml", "child.yaml"), ("{ApplicationId: a}", "")]
)
def test_an_application_becomes_a_nested_stack_without_asking_anybody(
    location: str, url: str
) -> None:
    resources = translate(
        "Resources:\n  A:\n    Type: AWS::Serverless::Application\n"
        f"    Properties: {{Location: {location}, Parameters: {{x: 1}}}}\n"
        "  B: {Type: AWS::Serverless::Application}"
    )
    assert resources["A"] == {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, "Parameters": {"x": 1}},
    }


@pytest.mark.rule("CP-SAM-05")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (WITHOUT_ROUTES, "f:3: A: .*at least one route"),
        ("Resources: {}\nGlobals: []", "the SAM translator"),
        ("Resources: {A: {Type: AWS::Serverless::Function, Properties: []}}", "SAM translator"),
    ],
)
def test_what_the_translator_refuses_is_our_error(text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        translate(text)


def test_the_document_keeps_its_lines() -> None:
    document = parse_document(f"{HEAD}Resources:\n  A: {{Type: AWS::SNS::Topic}}", file="f")
    translated = translate_sam(document, AROUND, parameters={}, notices=Notices())
    assert isinstance(translated, Document)
    assert translated.lines is document.lines


@pytest.mark.rule("CP-SAM-02")
def test_settings_of_an_api_reach_its_resources() -> None:
    resources = translate(
        """
Globals:
  WebSocketApi: {StageVariables: {colour: blue}}
Resources:
  Chat:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      Name: talk
      Description: ours
      RouteSelectionExpression: $request.body.type
      ApiKeySelectionExpression: $request.header.x-api-key
      StageName: prod
      AccessLogSettings: {DestinationArn: "arn:log", Format: $context.requestId}
      DefaultRouteSettings: {ThrottlingBurstLimit: 5}
      Auth: {AuthType: CUSTOM, AuthArn: "arn:gate", IdentitySource: [route.request.header.Auth]}
      Routes: {$connect: {FunctionArn: "arn:f", IntegrationTimeout: 5000}}
"""
    )
    properties = {
        value["Type"].rpartition("::")[2]: value["Properties"]
        for value in resources.values()
        if isinstance(value, dict) and isinstance(value["Type"], str)
    }
    wanted: dict[str, dict[str, Value]] = {
        "Api": {
            "Name": "talk",
            "Description": "ours",
            "RouteSelectionExpression": "$request.body.type",
            "ApiKeySelectionExpression": "$request.header.x-api-key",
        },
        "Stage": {
            "StageName": "prod",
            "StageVariables": {"colour": "blue"},
            "AccessLogSettings": {"DestinationArn": "arn:log", "Format": "$context.requestId"},
            "DefaultRouteSettings": {"ThrottlingBurstLimit": 5},
        },
        "Authorizer": {"IdentitySource": ["route.request.header.Auth"]},
        "Integration": {"TimeoutInMillis": 5000},
        "Route": {"AuthorizationType": "CUSTOM"},
    }
    for kind, expected in wanted.items():
        made = properties[kind]
        assert isinstance(made, dict)
        assert made | expected == made


@pytest.mark.rule("CP-SAM-06")
def test_a_function_has_no_event_for_websockets() -> None:
    with pytest.raises(ProjectError, match="the SAM translator says"):
        translate(
            "Resources: {F: {Type: AWS::Serverless::Function, Properties: {InlineCode: a, "
            "Handler: a.b, Runtime: python3.12, Events: {W: {Type: WebSocket, Properties: {}}}}}}"
        )


WITH_REST = """
Transform: AWS::Serverless-2016-10-31
Globals: {Api: {Cors: "'*'"}}
Resources:
  Rest:
    Type: AWS::Serverless::Api
    Properties:
      StageName: dev
      DefinitionBody: {'Fn::Transform': {Name: AWS::Include, Parameters: {Location: a.yaml}}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: 'handler = print'
      Handler: index.handler
      Runtime: python3.12
      Environment: {Variables: {URL: !Ref Rest}}
      Events:
        Web: {Type: Api, Properties: {Path: /, Method: get, RestApiId: !Ref Rest}}
        Jobs: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:us-east-1:000000000000:jobs'}}
"""


def test_an_api_that_is_not_served_does_not_stop_the_translator(tmp_path: Path) -> None:
    project = load_template(tmp_path, WITH_REST)
    (function,) = project.functions
    assert len(function.environment["URL"]) == 10
    assert len(project.event_sources) == 1
    texts = [notice.text for notice in project.notices if notice.resource == "Rest"]
    assert texts[0].startswith("is no WebSocket API, and is left out: the SAM translator says")


def test_what_is_served_has_to_be_translated(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="the SAM translator says"):
        load_template(tmp_path, WITH_REST.replace("Type: SQS", "Type: Nothing"))


def test_an_image_that_nobody_has_built_stops_no_template() -> None:
    """`sam build` makes it of the Dockerfile, and writes its name."""
    resources = translate(
        """
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
    Metadata: {Dockerfile: Dockerfile, DockerContext: .}
"""
    )
    assert code_of(resources["F"]) == {"ImageUri": f"{LOCAL_BUCKET}:unbuilt"}


def test_a_role_that_sam_makes_is_called_by_the_function_s_name(tmp_path: Path) -> None:
    """Nobody finds `FRole` in the file."""
    function = """
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: pass
      Handler: index.h
      Runtime: python3.12
      Policies: [{DynamoDBCrudPolicy: {TableName: !Ref Nowhere}}]
"""
    with pytest.raises(ProjectError, match=r":[0-9]+: F: Nowhere is neither a parameter"):
        load_template(tmp_path, HEAD + function)
