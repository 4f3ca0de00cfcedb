import json
from typing import Any

import pytest

from routekey.errors import IntegrationFailure
from routekey.gateway.inputs import Inputs
from routekey.gateway.ports import LambdaOutcome
from routekey.gateway.responses import Refusal, build_reply, read_connect_outcome
from routekey.quotas import MESSAGE_BYTES_MAX
from routekey.resources.snapshot import RouteSnapshot
from routekey.testing.apis import compile_api, make_api
from routekey.testing.world import FakeWorld

API = make_api({"one": "a", "two": "a"}, two_way=["two"])
(SNAPSHOT,) = compile_api(API).values()
ONE_WAY: RouteSnapshot = SNAPSHOT.routes["one"]
TWO_WAY: RouteSnapshot = SNAPSHOT.routes["two"]


WORLD = FakeWorld(API)
EVENT = WORLD.message(WORLD.open(API), b"{}")


def reply(route: RouteSnapshot, outcome: LambdaOutcome) -> bytes | None:
    return build_reply(Inputs(SNAPSHOT, route, EVENT), outcome)


def decide(outcome: LambdaOutcome) -> str | Refusal | None:
    return read_connect_outcome(Inputs(SNAPSHOT, ONE_WAY, EVENT), outcome)


def answered(value: Any, error: str | None = None) -> LambdaOutcome:
    payload = value if isinstance(value, bytes) else json.dumps(value).encode()
    return LambdaOutcome(payload=payload, function_error=error)


@pytest.mark.rule("DP-INT-10", "DP-INT-14", "DP-INT-16", "DP-INT-17", "DP-UNK-10", "DP-SUR-30")
@pytest.mark.parametrize("status", [200, 404, 503])
def test_only_a_two_way_route_replies_and_its_status_means_nothing(status: int) -> None:
    outcome = answered({"statusCode": status, "body": "x"})
    assert reply(ONE_WAY, outcome) is None
    assert reply(TWO_WAY, outcome) == b"x"


@pytest.mark.rule("DP-INT-16")
def test_a_two_way_route_without_a_body_sends_nothing() -> None:
    assert reply(TWO_WAY, answered({"statusCode": 200})) is None
    assert reply(TWO_WAY, answered({"statusCode": 200, "body": None})) is None
    assert reply(TWO_WAY, answered({"statusCode": 200, "body": ""})) == b""


@pytest.mark.rule("DP-INT-21", "DP-UNK-03")
def test_on_a_message_a_missing_or_numeric_text_status_is_fine() -> None:
    assert reply(TWO_WAY, answered({"body": "x"})) == b"x"
    assert reply(TWO_WAY, answered({"statusCode": "200", "body": "x"})) == b"x"
    assert reply(TWO_WAY, answered({"statusCode": 200.0, "body": "x"})) == b"x"


@pytest.mark.rule("DP-INT-19", "DP-UNK-11")
def test_a_base64_body_is_decoded() -> None:
    outcome = answered({"statusCode": 200, "body": "aGk=", "isBase64Encoded": True})
    assert reply(TWO_WAY, outcome) == b"hi"


def test_a_scalar_body_is_sent_as_its_json_text() -> None:
    assert reply(TWO_WAY, answered({"statusCode": 200, "body": 7})) == b"7"


@pytest.mark.rule("DP-INT-16", "DP-INT-20", "DP-INT-22", "DP-UNK-09", "LAM-PROXY-04")
@pytest.mark.parametrize("route", [ONE_WAY, TWO_WAY], ids=["one-way", "two-way"])
@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        7,
        [],
        True,
        {"statusCode": 200, "extra": 1},
        {"statusCode": "two hundred"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 1000},
        {"statusCode": 200.5},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "body": "*", "isBase64Encoded": True},
        {"statusCode": 200, "headers": []},
        {"statusCode": 200, "headers": {"a": "b\r\nc: d"}},
        {"statusCode": 200, "headers": {"": "x"}},
        b"not json",
        b"[" * 100_000,
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_malformed_answer_is_an_error_on_every_route(route: RouteSnapshot, value: Any) -> None:
    with pytest.raises(IntegrationFailure) as caught:
        reply(route, answered(value))
    assert caught.value.status == 502
    assert caught.value.message == "Internal server error"


@pytest.mark.rule("DP-INT-16")
def test_a_function_error_is_an_error_on_every_route() -> None:
    outcome = answered({"errorMessage": "bad thing", "errorType": "ValueError"}, "Unhandled")
    with pytest.raises(IntegrationFailure, match="bad thing"):
        reply(ONE_WAY, outcome)


@pytest.mark.rule("DP-UNK-33")
def test_a_reply_larger_than_a_message_is_an_error() -> None:
    fits = answered({"statusCode": 200, "body": "x" * MESSAGE_BYTES_MAX})
    assert len(reply(TWO_WAY, fits) or b"") == MESSAGE_BYTES_MAX
    with pytest.raises(IntegrationFailure):
        reply(TWO_WAY, answered({"statusCode": 200, "body": "x" * (MESSAGE_BYTES_MAX + 1)}))


@pytest.mark.rule("DP-HSK-07", "DP-HSK-12", "LAM-PROXY-02")
@pytest.mark.parametrize("status", [200, 201, 299, "200"])
def test_any_2xx_accepts_a_connection(status: Any) -> None:
    outcome = answered({"statusCode": status, "body": "ignored", "headers": {"x-a": "ignored"}})
    assert decide(outcome) is None


@pytest.mark.rule("DP-HSK-08", "DP-HSK-10")
@pytest.mark.parametrize(
    "headers",
    [
        {"headers": {"sec-WebSocket-protocol": "chat"}},
        {"multiValueHeaders": {"Sec-WebSocket-Protocol": ["other", "chat"]}},
    ],
)
def test_the_function_chooses_the_sub_protocol(headers: dict[str, Any]) -> None:
    assert decide(answered({"statusCode": 200, **headers})) == "chat"


@pytest.mark.rule("DP-HSK-12", "DP-HSK-14", "DP-UNK-29")
def test_any_other_status_refuses_with_the_function_s_own_words() -> None:
    headers = {"Content-Type": "text/plain", "X-Why": "no", "Connection": "close", "Unset": None}
    outcome = answered({"statusCode": 403, "body": "go away", "headers": headers})
    assert decide(outcome) == Refusal(status=403, headers=(("x-why", "no"),), body=b"go away")


@pytest.mark.rule("DP-HSK-12", "DP-UNK-03", "DP-SUR-04")
@pytest.mark.parametrize("value", [None, {}, {"body": "x"}, {"statusCode": 101}, "ok"])
def test_on_connect_a_missing_status_is_malformed(value: Any) -> None:
    with pytest.raises(IntegrationFailure) as caught:
        decide(answered(value))
    assert caught.value.status == 502
