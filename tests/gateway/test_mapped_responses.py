"""Integration responses: what becomes of the answer of an integration that maps."""

from dataclasses import replace
from typing import Any

import pytest

from routekey.errors import ApiConfigurationError
from routekey.gateway.inputs import Inputs
from routekey.gateway.ports import HttpOutcome, IntegrationOutcome, LambdaOutcome, MockOutcome
from routekey.gateway.responses import Refusal, build_reply, read_connect_outcome
from routekey.resources.api import (
    Api,
    ContentHandling,
    Integration,
    IntegrationResponse,
    IntegrationType,
)
from routekey.testing.apis import REGION, make_api
from routekey.testing.world import FakeWorld

URL = "https://example.com"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:echo"
BODY = b'{"action":"x","name":"ann"}'


def response(
    key: str, template: str | None = None, *, selection: str | None = None, **settings: Any
) -> IntegrationResponse:
    templates = {} if template is None else {"$default": template}
    return IntegrationResponse(
        integration_response_key=key,
        response_templates=settings.pop("response_templates", templates),
        template_selection_expression=selection,
        **settings,
    )


def api_with(kind: IntegrationType, *responses: IntegrationResponse) -> Api:
    api = make_api({"$connect": "a", "two": "a", "one": "a"}, two_way=["two"])
    integration = Integration(
        integration_id="a",
        integration_type=kind,
        integration_uri=FUNCTION if kind is IntegrationType.AWS else URL,
        responses=responses,
    )
    return replace(api, integrations=(integration,))


def inputs_for(api: Api, route: str = "two") -> Inputs:
    world = FakeWorld(api)
    (snapshot,) = world.world.directory.snapshots[api.api_id].values()
    found = snapshot.connect if route == "$connect" else snapshot.routes[route]
    assert found is not None
    return Inputs(snapshot, found, world.message(world.open(api), BODY))


def http(status: int, body: bytes = b'{"a":1}', *headers: tuple[str, str]) -> HttpOutcome:
    return HttpOutcome(status=status, headers=headers, body=body)


def function(payload: bytes, error: str | None = None) -> LambdaOutcome:
    return LambdaOutcome(payload=payload, function_error=error)


def reply(kind: IntegrationType, outcome: IntegrationOutcome, *responses: Any) -> bytes | None:
    return build_reply(inputs_for(api_with(kind, *responses)), outcome)


@pytest.mark.rule("DP-INT-32")
@pytest.mark.parametrize("status", [200, 500])
def test_an_http_proxy_s_body_is_the_reply_whatever_its_status(status: int) -> None:
    assert reply(IntegrationType.HTTP_PROXY, http(status, b"as it is")) == b"as it is"


@pytest.mark.rule("DP-INT-52", "DP-INT-53", "DP-INT-55")
def test_a_pattern_wins_over_default_wherever_it_stands() -> None:
    responses = (response("$default", "other"), response("/4\\d{2}/", "refused"))
    assert reply(IntegrationType.HTTP, http(404), *responses) == b"refused"
    assert reply(IntegrationType.HTTP, http(200), *responses) == b"other"


@pytest.mark.rule("DP-INT-54", "DP-UNK-30")
@pytest.mark.parametrize("key", ["/4/", "/40/", "/04/"])
def test_a_pattern_has_to_match_the_whole_value(key: str) -> None:
    with pytest.raises(ApiConfigurationError, match="404"):
        reply(IntegrationType.HTTP, http(404), response(key, "no"))


@pytest.mark.rule("DP-INT-53", "DP-HSK-12")
def test_an_answer_for_which_there_is_no_response_is_an_error() -> None:
    with pytest.raises(ApiConfigurationError):
        reply(IntegrationType.HTTP, http(200))


@pytest.mark.rule("DP-INT-55", "DP-INT-38")
def test_without_a_template_the_answer_is_the_reply() -> None:
    assert reply(IntegrationType.HTTP, http(200, b'{"a":1}'), response("$default")) == b'{"a":1}'


@pytest.mark.rule("DP-INT-40", "DP-INT-52")
def test_mock_answers_with_a_template_that_reads_the_request() -> None:
    template = '{"hello":$input.json("$.name"),"id":"$context.connectionId"}'
    answer = reply(IntegrationType.MOCK, MockOutcome(status=200), response("200", template))
    assert answer is not None
    assert answer.startswith(b'{"hello":"ann","id":"')


@pytest.mark.rule("DP-INT-55")
def test_other_integrations_templates_read_the_answer() -> None:
    template = '$input.json("$.a") on $stageVariables.none$context.stage'
    answer = reply(IntegrationType.HTTP, http(200), response("$default", template))
    assert answer == b"1 on dev"


@pytest.mark.rule("DP-INT-55")
@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        ("${request.body.name}", b"for ann"),
        ("${integration.response.statuscode}", b"for 201"),
        ("${integration.response.header.X-Kind}", b"for b"),
        ("${integration.response.multivalueheader.x-kind}", b"for both"),
        ("${integration.response.body.a}", b"for one"),
        ("nothing", b"for others"),
    ],
)
def test_a_response_template_is_selected_by_request_or_answer(
    selection: str, chosen: bytes
) -> None:
    templates = {
        "ann": "for ann",
        "201": "for 201",
        "b": "for b",
        "[a, b]": "for both",
        "1": "for one",
        "$default": "for others",
    }
    outcome = http(201, b'{"a":1}', ("x-kind", "a"), ("X-Kind", "b"))
    answer = reply(
        IntegrationType.HTTP,
        outcome,
        response("$default", selection=selection, response_templates=templates),
    )
    assert answer == chosen


@pytest.mark.rule("DP-INT-52", "DP-INT-53", "DP-INT-57", "LAM-PROXY-05")
def test_a_function_s_error_message_selects_its_response() -> None:
    responses = (response("/.*not found.*/", "missing"), response("$default"))
    failed = function(b'{"errorMessage":"room not found","errorType":"E"}', "Unhandled")
    assert reply(IntegrationType.AWS, failed, *responses) == b"missing"
    other = function(b'{"errorMessage":"other"}', "Unhandled")
    assert reply(IntegrationType.AWS, other, *responses) == b'{"errorMessage":"other"}'
    assert reply(IntegrationType.AWS, function(b'"fine"'), *responses) == b'"fine"'


@pytest.mark.rule("DP-INT-56", "DP-INT-10", "DP-INT-11", "DP-INT-13")
def test_a_one_way_route_sends_nothing_whatever_responses_there_are() -> None:
    api = api_with(IntegrationType.HTTP, response("$default", "text"))
    assert build_reply(inputs_for(api, "one"), http(200)) is None
    assert build_reply(inputs_for(api, "two"), http(200)) == b"text"


@pytest.mark.rule("DP-INT-40")
def test_mock_without_a_template_answers_an_empty_text() -> None:
    answer = reply(IntegrationType.MOCK, MockOutcome(status=200), response("$default"))
    assert answer == b""


@pytest.mark.rule("DP-INT-40", "VTL-INP-01")
def test_mock_gives_a_body_back_as_it_came() -> None:
    answer = reply(IntegrationType.MOCK, MockOutcome(status=200), response("200", "$input.body"))
    assert answer == BODY


@pytest.mark.rule("DP-INT-12", "DP-UNK-08")
def test_the_response_expression_alone_makes_a_route_two_way() -> None:
    api = api_with(IntegrationType.HTTP, response("$default"))
    route = replace(api.routes[2], route_response_selection_expression="$default")
    both = replace(api, routes=(*api.routes[:2], route))
    assert build_reply(inputs_for(both, "one"), http(200)) == b'{"a":1}'


@pytest.mark.rule("DP-INT-58", "DP-INT-60")
def test_binary_answers_become_text_or_base64() -> None:
    to_text = response("$default", content_handling_strategy=ContentHandling.CONVERT_TO_TEXT)
    assert reply(IntegrationType.HTTP, http(200, b"\xff\x00"), to_text) == b"/wA="
    rendered = reply(IntegrationType.HTTP, http(200, b"\xff"), response("$default", "$input.body"))
    assert rendered == "\ufffd".encode()


@pytest.mark.rule("DP-INT-39", "DP-INT-42", "DP-HSK-12")
def test_on_connect_a_response_has_to_match_and_its_text_is_ignored() -> None:
    api = api_with(IntegrationType.MOCK, response("/200/", "not { json"))
    inputs = inputs_for(api, "$connect")
    assert read_connect_outcome(inputs, MockOutcome(status=200)) is None
    with pytest.raises(ApiConfigurationError):
        read_connect_outcome(inputs, MockOutcome(status=403))


@pytest.mark.rule("DP-HSK-08")
def test_on_connect_a_backend_chooses_the_sub_protocol() -> None:
    chosen = http(200, b"", ("Sec-WebSocket-Protocol", "chat"))
    proxy = inputs_for(api_with(IntegrationType.HTTP_PROXY), "$connect")
    assert read_connect_outcome(proxy, chosen) == "chat"
    mapped = inputs_for(api_with(IntegrationType.HTTP, response("$default")), "$connect")
    assert read_connect_outcome(mapped, chosen) is None


@pytest.mark.rule("DP-HSK-12", "DP-HSK-14")
def test_on_connect_the_backend_s_status_decides() -> None:
    proxy = inputs_for(api_with(IntegrationType.HTTP_PROXY), "$connect")
    assert read_connect_outcome(proxy, http(204, b"")) is None
    headers = (("X-Why", "a"), ("x-why", "b"), ("Content-Type", "text/x"), ("Connection", "close"))
    refused = read_connect_outcome(proxy, http(400, b"no", *headers))
    passed = (("x-why", "a"), ("x-why", "b"))
    assert refused == Refusal(status=400, headers=passed, body=b"no")
    mapped = inputs_for(api_with(IntegrationType.MOCK, response("$default")), "$connect")
    assert read_connect_outcome(mapped, MockOutcome(status=403)) == Refusal(
        status=403, headers=(), body=b""
    )
