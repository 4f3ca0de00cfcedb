"""What expressions and parameter mappings find in an event, and in an answer."""

import pytest

from routekey.gateway.connect import admit
from routekey.gateway.inputs import (
    Inputs,
    map_parameters,
    outcome_body,
    outcome_variable,
)
from routekey.gateway.ports import HttpOutcome, IntegrationOutcome, LambdaOutcome, MockOutcome
from routekey.languages.selection import parse_expression
from routekey.resources.parameters import parse_parameters, parse_source
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

API = make_api({"$connect": None, "$default": None}, stage_variables={"host": "blue"})
HTTP = HttpOutcome(
    status=418, headers=(("X-A", "1"), ("x-a", "2"), ("X-B", "3")), body=b'{"pot":{"size":7}}'
)


@pytest.fixture
def fake() -> FakeWorld:
    return FakeWorld(API)


@pytest.fixture
def message(fake: FakeWorld) -> Inputs:
    (snapshot,) = fake.world.directory.snapshots[API.api_id].values()
    event = fake.message(fake.open(API), b'{"a":{"b":[1,2]},"none":null}')
    return Inputs(snapshot, snapshot.routes["$default"], event)


@pytest.fixture
def handshake(fake: FakeWorld) -> Inputs:
    headers = (("X-Room", "red"), ("x-room", "blue"))
    admission = admit(fake.world, fake.handshake(*headers, query="q=1&q=2"))
    assert admission.snapshot.connect is not None
    return Inputs(admission.snapshot, admission.snapshot.connect, admission.event)


@pytest.mark.rule("DP-RTE-02", "DP-INT-43")
@pytest.mark.parametrize(
    ("expression", "at_connect", "at_message"),
    [
        ("$request.header.X-ROOM", "blue", ""),
        ("$request.querystring.q", "2", ""),
        ("$request.body.a.b[1]", "", "2"),
        ("$stageVariables.host", "blue", "blue"),
        ("$stageVariables.none", "", ""),
        ("$context.stage", "dev", "dev"),
        ("$context.nothing", "", ""),
        ("$integration.response.statuscode", "", ""),
    ],
)
def test_an_expression_finds_what_the_event_has(
    handshake: Inputs, message: Inputs, expression: str, at_connect: str, at_message: str
) -> None:
    parsed = parse_expression(expression)
    assert parsed.evaluate(handshake.evaluate) == at_connect
    assert parsed.evaluate(message.evaluate) == at_message


@pytest.mark.rule("DP-INT-48", "DP-INT-50")
@pytest.mark.parametrize(
    ("source", "at_connect", "at_message"),
    [
        ("'fixed'", ("fixed",), ("fixed",)),
        ("route.request.header.x-room", ("blue",), ()),
        ("route.request.multivalueheader.x-room", ("red", "blue"), ()),
        ("route.request.querystring.q", ("2",), ()),
        ("route.request.multivaluequerystring.q", ("1", "2"), ()),
        ("route.request.body.a.b", (), ("[1, 2]",)),
        ("route.request.body.none", (), ()),
        ("stageVariables.host", ("blue",), ("blue",)),
        ("stageVariables.none", (), ()),
        ("context.stage", ("dev",), ("dev",)),
    ],
)
def test_a_mapped_parameter_has_the_values_that_are_there(
    handshake: Inputs,
    message: Inputs,
    source: str,
    at_connect: tuple[str, ...],
    at_message: tuple[str, ...],
) -> None:
    parsed = parse_source(source)
    assert parsed is not None
    assert (handshake.find(parsed), message.find(parsed)) == (at_connect, at_message)


@pytest.mark.rule("DP-INT-50", "DP-INT-51")
def test_parameters_go_to_their_place_and_what_is_not_there_is_left_out(handshake: Inputs) -> None:
    mapped = map_parameters(
        parse_parameters(
            {
                "integration.request.header.A": "route.request.multivalueheader.x-room",
                "integration.request.querystring.b": "'x y'",
                "integration.request.path.c": "'a/b c'",
                "integration.request.path.d": "stageVariables.none",
            }
        ),
        handshake,
    )
    assert mapped.headers == (("A", "red"), ("A", "blue"))
    assert mapped.query == (("b", "x y"),)
    assert mapped.fill("/{c}/{d}/{e}") == "/a%2Fb%20c/{d}/{e}"


def test_what_is_asked_twice_is_read_once(handshake: Inputs, message: Inputs) -> None:
    assert handshake.params is handshake.params
    assert handshake.headers is handshake.headers
    assert handshake.query is handshake.query
    assert message.body is message.body
    assert message.context is message.context
    assert message.params is message.params
    assert (message.body, handshake.body) == ('{"a":{"b":[1,2]},"none":null}', "")


@pytest.mark.rule("DP-INT-52", "DP-INT-55")
@pytest.mark.parametrize(
    ("expression", "outcome", "value"),
    [
        ("$integration.response.statuscode", HTTP, "418"),
        ("$integration.response.statuscode", MockOutcome(status=201), "201"),
        (
            "$integration.response.statuscode",
            LambdaOutcome(payload=b"1", function_error=None),
            "200",
        ),
        ("$integration.response.header.x-a", HTTP, "2"),
        ("$integration.response.header.x-z", HTTP, ""),
        ("$integration.response.header.x-a", MockOutcome(status=200), ""),
        ("$integration.response.multivalueheader.x-a", HTTP, "[1, 2]"),
        ("$integration.response.body.pot.size", HTTP, "7"),
        ("$integration.response.body.pot", MockOutcome(status=200), ""),
        ("$context.stage", HTTP, ""),
    ],
)
def test_an_expression_finds_what_the_answer_has(
    expression: str, outcome: IntegrationOutcome, value: str
) -> None:
    found = parse_expression(expression).evaluate(
        lambda variable: outcome_variable(outcome, variable)
    )
    assert found == value


@pytest.mark.parametrize(
    ("outcome", "body"),
    [
        (HTTP, HTTP.body),
        (LambdaOutcome(payload=b"1", function_error=None), b"1"),
        (MockOutcome(status=200), b""),
    ],
)
def test_an_answer_has_a_body_but_for_a_mock(outcome: IntegrationOutcome, body: bytes) -> None:
    assert outcome_body(outcome) == body
