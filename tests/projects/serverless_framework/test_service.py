"""Services as a whole."""

from pathlib import Path

import pytest

from routekey.errors import ProjectError
from routekey.projects import LoadOptions, load
from routekey.resources.project import Project


def load_service(folder: Path, text: str, options: LoadOptions | None = None) -> Project:
    (folder / "serverless.yml").write_text(text, encoding="utf-8")
    (folder / "app.js").touch()
    return load(folder, options=options or LoadOptions())


def test_stage_and_region_are_given_or_the_services_own(tmp_path: Path) -> None:
    text = (
        "service: {name: chat}\nprovider: {stage: prod, region: eu-west-1}\n"
        "functions: {f: {handler: app.handler, events: [websocket: $default]}}"
    )
    project = load_service(tmp_path, text)
    assert project.region == "eu-west-1"
    assert project.apis[0].stages[0].stage_name == "prod"
    assert project.apis[0].name == "prod-chat-websockets"
    project = load_service(tmp_path, text, LoadOptions(stage="x", region="us-west-2"))
    assert (project.region, project.apis[0].stages[0].stage_name) == ("us-west-2", "x")


def test_resources_are_laid_over_what_the_framework_makes(tmp_path: Path) -> None:
    project = load_service(
        tmp_path,
        """
service: chat
functions: {f: {handler: app.handler, events: [websocket: $default]}}
resources:
  Conditions: {Never: !Equals [a, b]}
  Resources:
    WebsocketsApi: {Properties: {Description: ours}}
    Extra: {Type: AWS::IAM::Role, Properties: {RoleName: extra}}
    Gone: {Type: AWS::IAM::Role, Condition: Never}
""",
    )
    assert project.apis[0].description == "ours"
    assert project.apis[0].route_selection_expression == "$request.body.action"
    assert [role.arn.rpartition("/")[2] for role in project.roles][1:] == ["extra"]


def test_the_api_of_another_stack_and_http_events_are_notices(tmp_path: Path) -> None:
    project = load_service(
        tmp_path,
        """
service: chat
provider: {apiGateway: {websocketApiId: abc}}
functions: {f: {handler: app.handler, events: [websocket: a, httpApi: "*"]}}
""",
    )
    texts = " ".join(notice.text for notice in project.notices)
    assert "the API of another stack" in texts
    assert "only WebSocket APIs are served" in texts


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "a service is a map, not a list"),
        ("provider: {}", "the service has no name"),
        ("service: c\nfunctions: 3", "yml:2: functions are a map, not a number"),
        ("service: c\nfunctions: {f: 3}", "yml:2: f: a function is a map"),
        ("service: c\nfunctions: [{f: 3}]", "yml:2: f: a function is a map"),
        ("service: c\nresources: {Resources: 3}", "yml:2: Resources has to be a map"),
        ("service: c\nfunctions:\n  f:\n    handler: no.h", "yml:4: FLambdaFunction: "),
    ],
)
def test_what_is_not_a_service_names_file_and_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        load_service(tmp_path, text)


def test_a_service_without_functions_is_an_empty_project(tmp_path: Path) -> None:
    project = load_service(tmp_path, "service: c\nfunctions: [~]\nresources: [~]")
    assert (project.apis, project.functions) == ((), ())


def test_pseudo_parameters_may_be_written_with_a_hash(tmp_path: Path) -> None:
    project = load_service(
        tmp_path,
        """
service: c
provider:
  environment:
    A: "#{AWS::Region}/x"
    B: !Sub "#{AWS::Region}/${AWS::AccountId}"
    C: !Join ["-", ["#{AWS::Region}", y]]
functions: {f: {handler: app.handler}}
""",
    )
    assert project.functions[0].environment == {
        "A": "us-east-1/x",
        "B": "us-east-1/000000000000",
        "C": "us-east-1-y",
    }


@pytest.mark.rule("CP-SF-02")
def test_the_provider_says_how_the_api_is_called_selects_and_logs(tmp_path: Path) -> None:
    text = """
service: chat
provider:
  name: aws
  websocketsApiName: talk
  websocketsApiRouteSelectionExpression: $request.body.type
  websocketsDescription: ours
  logs: {websocket: LOGS}
functions: {f: {handler: app.handler, events: [websocket: $default]}}
"""
    project = load_service(tmp_path, text.replace("LOGS", "true"))
    (api,) = project.apis
    assert (api.name, api.description) == ("talk", "ours")
    assert api.route_selection_expression == "$request.body.type"
    older = load_service(
        tmp_path, text.replace("websocketsApi", "websocketApi").replace("LOGS", "true")
    ).apis[0]
    assert (older.name, older.route_selection_expression) == ("talk", "$request.body.type")
    (stage,) = api.stages
    assert stage.access_log_settings is not None
    assert stage.access_log_settings.destination_arn is not None
    assert "log-group:/aws/websocket/chat-dev" in stage.access_log_settings.destination_arn
    assert str(stage.default_route_settings.logging_level) == "INFO"
    assert stage.default_route_settings.data_trace_enabled
    quiet = "{accessLogging: false, level: ERROR, fullExecutionData: false}"
    (stage,) = load_service(tmp_path, text.replace("LOGS", quiet)).apis[0].stages
    assert stage.access_log_settings is None
    assert str(stage.default_route_settings.logging_level) == "ERROR"
    quiet = "{executionLogging: false, format: $context.requestId}"
    (stage,) = load_service(tmp_path, text.replace("LOGS", quiet)).apis[0].stages
    assert stage.access_log_settings is not None
    assert stage.access_log_settings.format == "$context.requestId"


@pytest.mark.rule("CP-SF-05")
def test_an_authorizer_called_aws_iam_is_looked_for_among_the_functions(tmp_path: Path) -> None:
    events = "[websocket: {route: $connect, authorizer: aws_iam}]"
    text = f"service: chat\nfunctions: {{f: {{handler: app.handler, events: {events}}}}}"
    with pytest.raises(ProjectError, match="aws_iam is none of the functions"):
        load_service(tmp_path, text)


def test_extensions_and_the_stacks_name_are_the_services(tmp_path: Path) -> None:
    project = load_service(
        tmp_path,
        """
service: chat
provider: {stackName: ours, environment: {STACK: !Ref 'AWS::StackName'}}
functions: {f: {handler: app.handler, events: [websocket: $default]}}
resources:
  extensions:
    WebsocketsDeploymentStage: {Properties: {StageVariables: {a: b}}}
""",
    )
    (function,) = project.functions
    assert (function.function_name, function.environment["STACK"]) == ("chat-dev-f", "ours")
    assert project.apis[0].stages[0].stage_variables == {"a": "b"}


def test_a_region_that_the_environment_does_not_say_is_the_usual_one(tmp_path: Path) -> None:
    service = "service: chat\nprovider: {name: aws, region: '${env:AWS_REGION}'}"
    project = load_service(tmp_path, service)
    assert project.region == "us-east-1"
    (notice,) = project.notices
    assert "${env:AWS_REGION} has no value; it is taken to be us-east-1" in notice.text
