"""Websocket events and the resources that they become."""

import pytest

from routekey.errors import ProjectError
from routekey.projects.document import Value, parse_document
from routekey.projects.serverless_framework.websockets import (
    api_resources,
    event_resources,
    logical_name,
    read_events,
)

FUNCTIONS: dict[str, Value] = {"join": None, "gate": None}


def resources(events: str) -> dict[str, Value]:
    document = parse_document(events, file="f")
    found: dict[str, Value] = {}
    for event in read_events("join", document.value, document.place(resource="join")):
        found |= event_resources(event, FUNCTIONS)
    return found


def properties(found: dict[str, Value], logical_id: str) -> dict[str, Value]:
    resource = found[logical_id]
    assert isinstance(resource, dict)
    inner = resource["Properties"]
    assert isinstance(inner, dict)
    return inner


@pytest.mark.rule("CP-SF-03")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("$connect", "Sconnect"), ("say_it", "SayUnderscoreit"), ("a-b/c.d", "ADashbSlashcPeriodd")],
)
def test_names_become_logical_ids(name: str, expected: str) -> None:
    assert logical_name(name) == expected


@pytest.mark.rule("CP-SF-01", "CP-SF-03")
def test_a_route_is_written_short_or_long() -> None:
    found = resources("[websocket: $connect, websocket: {route: say}, http: GET /, schedule]")
    assert set(found) == {
        "JoinWebsocketsIntegration",
        "JoinLambdaPermissionWebsockets",
        "SconnectWebsocketsRoute",
        "SayWebsocketsRoute",
    }
    assert "SourceArn" not in properties(found, "JoinLambdaPermissionWebsockets")


def test_the_first_plugin_called_it_a_route_key() -> None:
    assert "SayWebsocketsRoute" in resources("[websocket: {routeKey: say}]")


def test_a_route_response_makes_a_route_two_way() -> None:
    found = resources("[websocket: {route: a, routeResponseSelectionExpression: $default}]")
    assert properties(found, "AWebsocketsRouteResponse")["RouteResponseKey"] == "$default"


@pytest.mark.rule("CP-SF-01")
@pytest.mark.parametrize(
    ("authorizer", "title", "source"),
    [
        ("gate", "Gate", ["route.request.header.Auth"]),
        ("{name: gate, identitySource: [a]}", "Gate", ["a"]),
        ("arn:aws:lambda:eu-west-1:000000000000:function:far", "Far", None),
        ("{arn: !GetAtt X.Arn, name: far}", "Far", None),
        ("{arn: 'arn:aws:lambda:eu-west-1:1:function:far'}", "Join", None),
        ("!GetAtt X.Arn", "Join", None),
    ],
)
def test_an_authorizer_is_named_or_has_an_arn(
    authorizer: str, title: str, source: list[str] | None
) -> None:
    found = resources(f"[websocket: {{route: $connect, authorizer: {authorizer}}}]")
    made = properties(found, f"{title}WebsocketsAuthorizer")
    assert made["IdentitySource"] == (source or ["route.request.header.Auth"])
    assert properties(found, "SconnectWebsocketsRoute")["AuthorizationType"] == "CUSTOM"
    assert f"{title}LambdaPermissionWebsockets" in found


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ("[websocket: {}]", "has no route"),
        ("[websocket: 3]", "has no route. Name one"),
        ("[{websocket: , route: a}]", "has no route. Indent route"),
        ("[websocket: {route: a, authorizer: other}]", "other is none of the functions"),
        ("[websocket: {route: a, authorizer: 3}]", "None is none of the functions"),
        ("[websocket: {route: a, authorizer: aws_iam}]", "aws_iam is none of the functions"),
    ],
)
def test_an_event_that_lacks_something_is_an_error(events: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        resources(events)


def test_the_api_has_a_stage() -> None:
    found = api_resources("n", "$request.body.action", "d", "dev", {"Description": "ours"})
    stage = properties(found, "WebsocketsDeploymentStage")
    assert (stage["StageName"], stage["Description"]) == ("dev", "ours")


def test_events_that_are_none_are_passed_over() -> None:
    assert resources("3") == {}
    assert resources("[websocket]") == {}
