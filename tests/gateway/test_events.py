import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.gateway.events import (
    ConnectEvent,
    DisconnectEvent,
    Event,
    MessageEvent,
    authorizer_event,
    open_record,
    proxy_event,
    render_authorizer,
    render_identity,
)
from routekey.gateway.handshake import Handshake
from routekey.gateway.lifecycle import Connection
from routekey.ids import ConnectionId
from routekey.resources.snapshot import RouteSnapshot, Snapshot
from routekey.testing.apis import compile_api, make_api
from routekey.testing.fakes import SOME_TIME_MS, CountingIds

ROUTES = {"$connect": "a", "$disconnect": "a", "$default": "a", 'say "hi"': "a"}
DOMAIN = "6behyoa40f.execute-api.eu-west-2.amazonaws.com"
TRACE = "Root=1-6ab5cd7b-7e8f74f564265b8465f098dc"


def snapshot_of(stage_variables: dict[str, str] | None = None) -> Snapshot:
    (snapshot,) = compile_api(make_api(ROUTES, stage_variables=stage_variables)).values()
    return snapshot


def handshake_of(*headers: tuple[str, str], query: str = "") -> Handshake:
    return Handshake(
        host="127.0.0.1:8080",
        path="/dev",
        query=query,
        headers=headers,
        values={name.lower(): value for name, value in headers},
        source_ip="203.0.113.7",
    )


class CapturedIds(CountingIds):
    """The ids of a capture of AWS."""

    def request_id(self) -> str:
        return "EP5roF2ooAMEP4Q="

    def message_id(self, connection_id: ConnectionId) -> str:
        assert connection_id
        return "gbiknG6wBQAYKEjiHA=="


UA = ("User-Agent", "ua")


def connection_of(snapshot: Snapshot, *headers: tuple[str, str]) -> Connection:
    return open_record(
        snapshot, handshake_of(*headers), CountingIds().connection_id(), SOME_TIME_MS
    )


def connect_event(snapshot: Snapshot, handshake: Handshake) -> ConnectEvent:
    return ConnectEvent(
        connection=open_record(snapshot, handshake, CountingIds().connection_id(), SOME_TIME_MS),
        handshake=handshake,
        request_id="EO0LYGYFoAMEIdg=",
        epoch_ms=SOME_TIME_MS + 15,
        trace_id=TRACE,
    )


def message_event(connection: Connection, body: bytes = b'{"action":"x"}') -> MessageEvent:
    return MessageEvent(connection, CapturedIds(), SOME_TIME_MS + 1500, body)


def disconnect_event(connection: Connection, code: int, reason: str) -> DisconnectEvent:
    return DisconnectEvent(
        connection=connection,
        request_id="RYG0LEicPHcFo_A=",
        epoch_ms=SOME_TIME_MS + 2500,
        trace_id=TRACE,
        code=code,
        reason=reason,
    )


def built(snapshot: Snapshot, route: RouteSnapshot | None, event: Event) -> Any:
    assert route is not None
    return json.loads(proxy_event(snapshot, route, event))


@pytest.mark.rule("DP-EVT-01", "DP-EVT-02", "DP-EVT-05", "DP-EVT-06", "DP-EVT-07", "DP-EVT-26")
def test_a_message_event_is_exactly_this() -> None:
    snapshot = snapshot_of({"k": "v"})
    connection = connection_of(snapshot, UA)
    event = built(snapshot, snapshot.routes["$default"], message_event(connection))
    assert event == {
        "stageVariables": {"k": "v"},
        "requestContext": {
            "routeKey": "$default",
            "messageId": "gbiknG6wBQAYKEjiHA==",
            "eventType": "MESSAGE",
            "extendedRequestId": "EP5roF2ooAMEP4Q=",
            "requestTime": "25/Sep/2026:01:25:17 +0000",
            "messageDirection": "IN",
            "stage": "dev",
            "connectedAt": SOME_TIME_MS,
            "requestTimeEpoch": SOME_TIME_MS + 1500,
            "identity": {"userAgent": "ua", "sourceIp": "203.0.113.7"},
            "requestId": "EP5roF2ooAMEP4Q=",
            "domainName": DOMAIN,
            "connectionId": connection.id,
            "apiId": "6behyoa40f",
        },
        "body": '{"action":"x"}',
        "isBase64Encoded": False,
    }
    assert list(event) == ["stageVariables", "requestContext", "body", "isBase64Encoded"]


@pytest.mark.rule("DP-EVT-01")
def test_a_stage_without_variables_leaves_the_key_out() -> None:
    snapshot = snapshot_of()
    event = built(snapshot, snapshot.routes["$default"], message_event(connection_of(snapshot)))
    assert "stageVariables" not in event


@pytest.mark.rule("DP-RTE-15")
def test_a_route_key_may_hold_any_character() -> None:
    snapshot = snapshot_of()
    event = built(snapshot, snapshot.routes['say "hi"'], message_event(connection_of(snapshot)))
    assert event["requestContext"]["routeKey"] == 'say "hi"'


@pytest.mark.rule("DP-EVT-13")
def test_a_client_without_user_agent_has_none_in_its_identity() -> None:
    snapshot = snapshot_of()
    event = built(snapshot, snapshot.routes["$default"], message_event(connection_of(snapshot)))
    assert event["requestContext"]["identity"] == {"sourceIp": "203.0.113.7"}


@pytest.mark.rule("DP-EVT-14", "SEC-KEY-05")
def test_a_caller_s_key_or_signature_is_in_the_identity() -> None:
    snapshot = snapshot_of()
    connection = connection_of(snapshot, UA)
    connection.caller = {"apiKey": "secret", "apiKeyId": "id"}
    connection.event_identity = render_identity(connection)
    event = built(snapshot, snapshot.routes["$default"], message_event(connection))
    assert event["requestContext"]["identity"]["apiKeyId"] == "id"


@pytest.mark.rule("DP-EVT-22", "DP-EVT-24")
@given(st.text())
def test_the_body_is_the_message_verbatim(text: str) -> None:
    snapshot = snapshot_of()
    event = message_event(connection_of(snapshot), text.encode())
    assert built(snapshot, snapshot.routes["$default"], event)["body"] == text


@pytest.mark.rule("DP-AUT-10", "DP-AUT-11", "SEC-AUTH-11")
def test_the_authorizer_s_context_is_in_every_event_and_its_latency_in_connect_alone() -> None:
    snapshot = snapshot_of()
    connect = connect_event(snapshot, handshake_of(UA))
    connection = connect.connection
    connection.authorizer = {"principalId": "p", "numberValue": "7"}
    connection.event_authorizer = render_authorizer(connection.authorizer)
    timed = ConnectEvent(
        connection=connection,
        handshake=connect.handshake,
        request_id=connect.request_id,
        epoch_ms=connect.epoch_ms,
        trace_id=TRACE,
        authorizer_latency_ms=18,
    )
    opened = built(snapshot, snapshot.connect, timed)["requestContext"]
    assert opened["authorizer"] == {
        "principalId": "p",
        "numberValue": "7",
        "integrationLatency": 18,
    }
    message = built(snapshot, snapshot.routes["$default"], message_event(connection))
    closed = built(snapshot, snapshot.disconnect, disconnect_event(connection, 1000, ""))
    for event in (message, closed):
        assert event["requestContext"]["authorizer"] == {"principalId": "p", "numberValue": "7"}


@pytest.mark.rule("DP-EVT-16", "DP-EVT-18", "DP-EVT-25")
def test_a_connect_event_is_exactly_this() -> None:
    snapshot = snapshot_of({"k": "v"})
    handshake = handshake_of(
        ("Host", "127.0.0.1:8080"),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("X-Forwarded-Proto", "http"),
        ("aUtHoRiZaTiOn", "secret"),
        UA,
        query="repeat=one&repeat=two&a%2Bb+space=a%2Bb+space&bare",
    )
    event = connect_event(snapshot, handshake)
    assert built(snapshot, snapshot.connect, event) == {
        "headers": {
            "aUtHoRiZaTiOn": "secret",
            "Host": DOMAIN,
            "Sec-WebSocket-Version": "13",
            "User-Agent": "ua",
            "X-Amzn-Trace-Id": TRACE,
            "X-Forwarded-For": "203.0.113.7",
            "X-Forwarded-Port": "443",
            "X-Forwarded-Proto": "https",
        },
        "multiValueHeaders": {
            "aUtHoRiZaTiOn": ["secret"],
            "Host": [DOMAIN],
            "Sec-WebSocket-Version": ["13"],
            "User-Agent": ["ua"],
            "X-Amzn-Trace-Id": [TRACE],
            "X-Forwarded-For": ["203.0.113.7"],
            "X-Forwarded-Port": ["443"],
            "X-Forwarded-Proto": ["https"],
        },
        "queryStringParameters": {"a+b space": "a+b space", "bare": "", "repeat": "two"},
        "multiValueQueryStringParameters": {
            "a+b space": ["a+b space"],
            "bare": [""],
            "repeat": ["one", "two"],
        },
        "stageVariables": {"k": "v"},
        "requestContext": {
            "routeKey": "$connect",
            "eventType": "CONNECT",
            "extendedRequestId": "EO0LYGYFoAMEIdg=",
            "requestTime": "25/Sep/2026:01:25:15 +0000",
            "messageDirection": "IN",
            "stage": "dev",
            "connectedAt": SOME_TIME_MS,
            "requestTimeEpoch": SOME_TIME_MS + 15,
            "identity": {"userAgent": "ua", "sourceIp": "203.0.113.7"},
            "requestId": "EO0LYGYFoAMEIdg=",
            "domainName": DOMAIN,
            "connectionId": event.connection.id,
            "apiId": "6behyoa40f",
        },
        "isBase64Encoded": False,
    }


@pytest.mark.rule("DP-EVT-18")
def test_headers_are_sorted_without_case() -> None:
    snapshot = snapshot_of()
    handshake = handshake_of(("zeta", "1"), ("Alpha", "2"), ("beta", "3"))
    headers = built(snapshot, snapshot.connect, connect_event(snapshot, handshake))["headers"]
    assert list(headers) == sorted(headers, key=str.lower)


@pytest.mark.rule("DP-EVT-01", "DP-UNK-26")
@pytest.mark.parametrize("query", ["", "&", "&&"])
def test_no_query_leaves_the_keys_out(query: str) -> None:
    snapshot = snapshot_of()
    event = built(snapshot, snapshot.connect, connect_event(snapshot, handshake_of(query=query)))
    assert "queryStringParameters" not in event
    assert "multiValueQueryStringParameters" not in event


@pytest.mark.rule("DP-EVT-16")
def test_an_earlier_forwarded_for_is_kept_before_the_peer() -> None:
    snapshot = snapshot_of()
    handshake = handshake_of(
        ("X-Forwarded-For", "198.51.100.1"), ("x-cookie", "a"), ("X-Cookie", "b")
    )
    headers = built(snapshot, snapshot.connect, connect_event(snapshot, handshake))
    assert headers["headers"]["X-Forwarded-For"] == "198.51.100.1, 203.0.113.7"
    assert headers["multiValueHeaders"]["x-cookie"] == ["a", "b"]


@pytest.mark.rule("DP-EVT-16")
def test_a_header_whose_name_only_begins_like_the_gateway_s_own_is_passed() -> None:
    snapshot = snapshot_of()
    handshake = handshake_of(("x-forwarded-port", "8080"), ("X-Forwarded-Prefix", "/chat"))
    headers = built(snapshot, snapshot.connect, connect_event(snapshot, handshake))["headers"]
    assert headers["X-Forwarded-Port"] == "443"
    assert headers["X-Forwarded-Prefix"] == "/chat"


@pytest.mark.rule("DP-EVT-17", "DP-EVT-28", "SEC-AUTH-04", "SEC-AUTH-05", "DP-AUT-02")
def test_an_authorizer_s_event_has_more_headers_and_empty_maps() -> None:
    snapshot = snapshot_of()
    assert snapshot.connect is not None
    event = connect_event(snapshot, handshake_of(UA, query="b=1&a=2"))
    authorizer = json.loads(authorizer_event(snapshot, snapshot.connect, event))
    assert list(authorizer)[:2] == ["type", "methodArn"]
    assert authorizer["type"] == "REQUEST"
    assert authorizer["methodArn"].endswith(":6behyoa40f/dev/$connect")
    assert authorizer["headers"]["Connection"] == "upgrade"
    assert authorizer["headers"]["Upgrade"] == "websocket"
    assert authorizer["headers"]["content-length"] == "0"
    assert list(authorizer["queryStringParameters"]) == ["b", "a"]
    assert authorizer["stageVariables"] == {}
    assert "isBase64Encoded" not in authorizer
    assert "authorizer" not in authorizer["requestContext"]


@pytest.mark.rule("DP-EVT-20", "DP-EVT-27", "DP-UNK-31")
def test_a_disconnect_event_is_exactly_this() -> None:
    snapshot = snapshot_of()
    connection = connection_of(snapshot, UA)
    event = disconnect_event(connection, 1005, "Client-side close frame status not set")
    headers = {"Host": DOMAIN, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    assert built(snapshot, snapshot.disconnect, event) == {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": {
            "routeKey": "$disconnect",
            "disconnectStatusCode": 1005,
            "eventType": "DISCONNECT",
            "extendedRequestId": "RYG0LEicPHcFo_A=",
            "requestTime": "25/Sep/2026:01:25:18 +0000",
            "messageDirection": "IN",
            "disconnectReason": "Client-side close frame status not set",
            "stage": "dev",
            "connectedAt": SOME_TIME_MS,
            "requestTimeEpoch": SOME_TIME_MS + 2500,
            "identity": {"userAgent": "ua", "sourceIp": "203.0.113.7"},
            "requestId": "RYG0LEicPHcFo_A=",
            "domainName": DOMAIN,
            "connectionId": connection.id,
            "apiId": "6behyoa40f",
        },
        "isBase64Encoded": False,
    }


def test_a_disconnect_event_carries_the_stage_s_variables() -> None:
    snapshot = snapshot_of({"k": "v"})
    event = disconnect_event(connection_of(snapshot), 1000, "")
    assert built(snapshot, snapshot.disconnect, event)["stageVariables"] == {"k": "v"}


def test_the_ids_of_a_message_are_made_once() -> None:
    event = MessageEvent(connection_of(snapshot_of()), CountingIds(), SOME_TIME_MS, b"{}")
    assert (event.request_id, event.message_id, event.trace_id) == (
        event.request_id,
        event.message_id,
        event.trace_id,
    )
