"""What `routekey check` finds, and what it leaves alone."""

from pathlib import Path

import pytest

from projects.building import API, load_template
from routekey.projects import load
from routekey.projects.check import Finding, check

EXAMPLES = Path(__file__).parents[2] / "examples"
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${F.Arn}/invocations"
STAGE = """
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: prod, AutoDeploy: true}
"""
FUNCTION = """
  F:
    Type: AWS::Lambda::Function
    Properties: {Code: {ZipFile: "%s"}, Handler: index.h, Runtime: %s, Role: !GetAtt R.Arn}
  R:
    Type: AWS::IAM::Role
    Properties: {Policies: [%s]}
"""
ROUTE = f"""
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ApiId: !Ref Api, RouteKey: a, Target: !Sub "integrations/${{I}}"}}
  I:
    Type: AWS::ApiGatewayV2::Integration
    Properties: {{ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !Sub "{URI}"}}
"""
PERMISSION = """
  P:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref F
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/%s
"""
MAY_POST = (
    "{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, "
    "Action: 'execute-api:ManageConnections', Resource: '*'}]}}"
)


def find(folder: Path, *resources: str) -> list[Finding]:
    return list(check(load_template(folder, f"Resources:{''.join(resources)}")))


def rules(folder: Path, *resources: str) -> list[str]:
    return [finding.rule for finding in find(folder, *resources)]


def function(code: str = "pass", runtime: str = "python3.12", policy: str = "") -> str:
    return FUNCTION % (code, runtime, policy)


@pytest.mark.parametrize("source", ["*", "*/*", "*a", "prod/a", "prod/*"])
def test_a_project_in_order_has_no_findings(tmp_path: Path, source: str) -> None:
    code = function("client.post_to_connection()", policy=MAY_POST)
    assert find(tmp_path, API, STAGE, ROUTE, code, PERMISSION % source) == []


@pytest.mark.rule("DP-INT-07")
def test_a_permission_may_name_the_gateway_in_its_region(tmp_path: Path) -> None:
    regional = (PERMISSION % "*").replace("apigateway.", "apigateway.us-east-1.")
    assert find(tmp_path, API, STAGE, ROUTE, function(), regional) == []
    elsewhere = regional.replace("us-east-1", "eu-west-1")
    assert rules(tmp_path, API, STAGE, ROUTE, function(), elsewhere) == [
        "missing-lambda-permission"
    ]


@pytest.mark.rule("DP-INT-07")
@pytest.mark.parametrize("permission", ["", PERMISSION % "dev/*", PERMISSION % "*/b"])
def test_a_missing_permission_is_found(tmp_path: Path, permission: str) -> None:
    (finding,) = find(tmp_path, API, STAGE, ROUTE, function(), permission)
    assert finding.rule == "missing-lambda-permission"
    assert (finding.file, finding.resource) == (str(tmp_path / "template.yaml"), "Route")
    assert finding.line == 13


def test_a_role_of_the_integration_needs_no_permission(tmp_path: Path) -> None:
    route = ROUTE.replace("AWS_PROXY", "AWS_PROXY, CredentialsArn: !GetAtt R.Arn")
    assert rules(tmp_path, API, STAGE, route, function()) == []


@pytest.mark.rule("DP-INT-07", "SEC-LPOL-06")
@pytest.mark.parametrize(
    ("service", "condition", "found"),
    [
        ("apigateway.amazonaws.com", "", []),
        ("lambda.amazonaws.com", "", ["untrusting-role"]),
        ("apigateway.amazonaws.com", ", Condition: {Bool: {'aws:SecureTransport': true}}", []),
    ],
)
def test_a_role_that_does_not_trust_the_gateway_is_found(
    tmp_path: Path, service: str, condition: str, found: list[str]
) -> None:
    role = f"""
  Caller:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement:
          - {{Effect: Allow, Principal: {{Service: {service}}}, Action: "sts:*"{condition}}}
"""
    route = ROUTE.replace("AWS_PROXY,", "AWS_PROXY, CredentialsArn: !GetAtt Caller.Arn,")
    assert rules(tmp_path, API, STAGE, route, function(), role) == found


@pytest.mark.rule("DP-INT-09")
def test_a_route_without_integration_is_found(tmp_path: Path) -> None:
    routes = """
  A: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: a}}
  B: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: $connect}}
"""
    assert rules(tmp_path, API, STAGE, routes) == ["route-without-integration"]


def test_an_expression_that_never_matches_is_found(tmp_path: Path) -> None:
    api = API.replace("$request.body.action", "action")
    found = rules(tmp_path, api, STAGE, ROUTE, function(), PERMISSION % "*")
    assert found == ["expression-never-matches"]


def test_what_does_not_compile_is_found(tmp_path: Path) -> None:
    api = API.replace("$request.body.action", "${request.body.")
    found = find(tmp_path, api, STAGE, ROUTE, function(), PERMISSION % "*")
    assert [finding.rule for finding in found] == ["broken"]


@pytest.mark.rule("DP-MGM-05")
@pytest.mark.parametrize(
    ("code", "policy", "expected"),
    [
        ("client.post_to_connection()", "", ["missing-manage-connections"]),
        ("new PostToConnectionCommand()", "", ["missing-manage-connections"]),
        ("client.post_to_connection()", MAY_POST, []),
        ("pass", "", []),
    ],
)
def test_posting_without_the_right_to_is_found(
    tmp_path: Path, code: str, policy: str, expected: list[str]
) -> None:
    assert rules(tmp_path, API, STAGE, function(code, policy=policy)) == expected


def test_a_role_from_elsewhere_is_not_judged(tmp_path: Path) -> None:
    code = function("post_to_connection").replace("!GetAtt R.Arn", "arn:aws:iam::1:role/x")
    assert rules(tmp_path, API, STAGE, code) == []


@pytest.mark.rule("LAM-RT-01")
@pytest.mark.rule("LAM-LIFE-04", "LAM-ENV-02", "LAM-ENV-03")
@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("Timeout: 0", "a timeout of 0 seconds"),
        ("Timeout: 901", "a timeout of 901 seconds"),
        ("MemorySize: 127", "a memory size of 127 MB"),
        ("MemorySize: 10241", "a memory size of 10241 MB"),
        ("Environment: {Variables: {AWS_REGION: x, A: y}}", "sets what Lambda itself sets: AWS_"),
        ("Environment: {Variables: {A: x, AB-C: y}}", "names that are none: A, AB-C"),
        (f"Environment: {{Variables: {{AB: {'x' * 4096}}}}}", "variables of 4105 bytes"),
    ],
)
def test_a_function_that_sets_what_aws_refuses_is_found(
    tmp_path: Path, setting: str, text: str
) -> None:
    found = find(tmp_path, function().replace("Handler:", f"{setting}, Handler:"))
    assert {finding.rule for finding in found} == {"function-setting"}
    assert text in found[0].text


@pytest.mark.rule("LAM-ENV-06")
@pytest.mark.parametrize(("count", "expected"), [(5, []), (6, ["function-setting"])])
def test_more_layers_than_aws_takes_are_found(
    tmp_path: Path, count: int, expected: list[str]
) -> None:
    (tmp_path / "layer").mkdir()
    layers = "".join(
        f"\n  L{n}: {{Type: AWS::Lambda::LayerVersion, Properties: {{Content: layer}}}}"
        for n in range(count)
    )
    names = ", ".join(f"!Ref L{number}" for number in range(count))
    named = function().replace("Handler:", f"Layers: [{names}], Handler:")
    assert rules(tmp_path, named, layers) == expected


def test_a_function_at_the_bounds_is_in_order(tmp_path: Path) -> None:
    for setting in ("Timeout: 1, MemorySize: 128", "Timeout: 900, MemorySize: 10240"):
        assert find(tmp_path, function().replace("Handler:", f"{setting}, Handler:")) == []


def test_a_retired_runtime_is_found(tmp_path: Path) -> None:
    assert rules(tmp_path, function(runtime="python3.7")) == ["retired-runtime"]


@pytest.mark.rule("DP-INT-10")
def test_a_reply_that_nobody_gets_is_found(tmp_path: Path) -> None:
    response = """
  IR:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties: {ApiId: !Ref Api, IntegrationId: !Ref I, IntegrationResponseKey: $default}
"""
    base = (API, STAGE, ROUTE.replace("AWS_PROXY", "AWS"), function(), PERMISSION % "*", response)
    assert rules(tmp_path, *base) == ["reply-without-route-response"]
    two_way = """
  RR:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Api, RouteId: !Ref Route, RouteResponseKey: $default}
"""
    assert rules(tmp_path, *base, two_way) == []


@pytest.mark.rule("DP-INT-04")
def test_a_timeout_that_aws_refuses_is_found(tmp_path: Path) -> None:
    route = ROUTE.replace("AWS_PROXY", "AWS_PROXY, TimeoutInMillis: 30000")
    found = rules(tmp_path, API, STAGE, route, function(), PERMISSION % "*")
    assert found == ["timeout-out-of-range"]


def test_a_stage_without_deployment_is_found(tmp_path: Path) -> None:
    assert rules(tmp_path, API, STAGE.replace("true", "false")) == ["stage-without-deployment"]


def test_a_function_of_another_project_is_named(tmp_path: Path) -> None:
    route = ROUTE.replace("${F.Arn}", "arn:aws:lambda:us-east-1:000000000000:function:far")
    (found,) = find(tmp_path, API, STAGE, route)
    assert found.rule == "function-not-here"
    assert found.text == "the route a calls far, which is not in this project"


def test_a_function_that_has_no_code_here_is_part_of_the_project(tmp_path: Path) -> None:
    image = function().replace('{ZipFile: "pass"}', "{ImageUri: i}")
    assert rules(tmp_path, API, STAGE, ROUTE, image) == []


@pytest.mark.rule("CP-ROUTE-05")
@pytest.mark.parametrize(
    ("key", "members", "found"),
    [
        ("$connect", "AuthorizationType: CUSTOM", ["route-without-authorizer"]),
        ("$connect", "AuthorizationType: CUSTOM, AuthorizerId: a", ["broken"]),
        ("$connect", "AuthorizationType: AWS_IAM", []),
        ("$disconnect", "AuthorizationType: AWS_IAM", ["authorization-of-messages"]),
        ("$disconnect", "AuthorizationType: CUSTOM", ["authorization-of-messages"]),
        ("$disconnect", "AuthorizationType: NONE", []),
    ],
)
def test_an_authorization_that_cannot_be_is_found(
    tmp_path: Path, key: str, members: str, found: list[str]
) -> None:
    route = f"""
  C:
    Type: AWS::ApiGatewayV2::Route
    Properties: {{ApiId: !Ref Api, RouteKey: {key}, {members}}}
"""
    assert rules(tmp_path, API, STAGE, route) == found


def test_an_authorizer_needs_a_permission_too(tmp_path: Path) -> None:
    authorizer = f"""
  A:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties: {{ApiId: !Ref Api, Name: gate, AuthorizerUri: !Sub "{URI}"}}
"""
    base = (API, STAGE, authorizer, function())
    assert rules(tmp_path, *base) == ["missing-lambda-permission"]
    assert rules(tmp_path, *base, PERMISSION % "authorizers/*") == []
    with_role = authorizer.replace("gate,", "gate, AuthorizerCredentialsArn: x,")
    assert rules(tmp_path, API, STAGE, with_role, function()) == []


@pytest.mark.parametrize("folder", sorted(EXAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_the_examples_would_run_on_aws(folder: Path) -> None:
    project = load(folder)
    old = {"retired-runtime"}  # the notice board is as old as the version of the SDK that it shows
    assert [finding for finding in check(project) if finding.rule not in old] == []
    assert project.apis
