"""The Lambda proxy events, byte for byte as a function receives them. Source: DP-EVT-01 to -28.

A MESSAGE event is built once a message, so it is a join of pieces: the head comes from the snapshot
(stage variables, route key), three pieces from the connection, and only the ids, the times and the
body are new (0.5 µs, against 7 µs for a dict and `json.dumps`). The other events are rare and are
plain dicts.
"""

from collections.abc import Mapping
from typing import assert_never

import msgspec
import orjson

from routekey.clock import format_clf
from routekey.gateway.handshake import (
    Handshake,
    MultiMap,
    authorizer_headers,
    event_headers,
    last_values,
    query_parameters,
)
from routekey.gateway.lifecycle import Connection
from routekey.ids import ConnectionId, Ids
from routekey.resources.api import CONNECT, DISCONNECT
from routekey.resources.snapshot import RouteSnapshot, Snapshot


class ConnectEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A client asks to connect."""

    connection: Connection
    handshake: Handshake
    request_id: str
    """Also the `extendedRequestId`, as in each event (DP-EVT-07)."""
    epoch_ms: int
    trace_id: str
    """`X-Amzn-Trace-Id`, for the headers and for the function."""
    authorizer_latency_ms: int | None = None
    """`integrationLatency`, which only this event has (DP-AUT-11)."""


class MessageEvent(msgspec.Struct, eq=False, gc=False):
    """A client sent a message.

    Its ids are made when something first names them: a route that asks no function and writes no
    log needs none. Together they cost 1.4 µs, a fifth of such a message.
    """

    connection: Connection
    ids: Ids
    """Makes them."""
    epoch_ms: int
    body: bytes
    """Valid UTF-8."""
    _request_id: str = ""
    _message_id: str = ""
    _trace_id: str = ""

    @property
    def request_id(self) -> str:
        """Also the `extendedRequestId` (DP-EVT-07)."""
        if not self._request_id:
            self._request_id = self.ids.request_id()
        return self._request_id

    @property
    def message_id(self) -> str:
        """`messageId` (DP-EVT-10)."""
        if not self._message_id:
            self._message_id = self.ids.message_id(self.connection.id)
        return self._message_id

    @property
    def trace_id(self) -> str:
        """`X-Amzn-Trace-Id`, for the function."""
        if not self._trace_id:
            self._trace_id = self.ids.trace_id(self.epoch_ms)
        return self._trace_id


class DisconnectEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A connection is over."""

    connection: Connection
    request_id: str
    epoch_ms: int
    trace_id: str
    code: int
    """`disconnectStatusCode`: the close code, 1005 where there was none, 1006 after a TCP loss."""
    reason: str


Event = ConnectEvent | MessageEvent | DisconnectEvent


def open_record(
    snapshot: Snapshot, handshake: Handshake, connection_id: ConnectionId, now_ms: int
) -> Connection:
    """Make the connection of a handshake, with the pieces that its events share.

    Args:
        snapshot: the stage that the client joins.
        handshake: its upgrade request.
        connection_id: the id that it gets, refused or not (DP-HSK-03).
        now_ms: its `connectedAt`.
    """
    user_agent = handshake.header("user-agent")
    place = b'"stage":%b,"connectedAt":%d,"requestTimeEpoch":'
    names = b'","domainName":%b,"connectionId":"%b","apiId":"%b"}'
    connection = Connection(
        id=connection_id,
        api_id=snapshot.api_id,
        stage=snapshot.stage_name,
        domain_name=snapshot.domain_name,
        source_ip=handshake.source_ip,
        user_agent=user_agent,
        connected_at_ms=now_ms,
        last_active_at_ms=now_ms,
        event_place=place % (orjson.dumps(snapshot.stage_name), now_ms),
        event_names=names
        % (orjson.dumps(snapshot.domain_name), connection_id.encode(), snapshot.api_id.encode()),
    )
    connection.event_identity = render_identity(connection)
    return connection


def render_identity(connection: Connection) -> bytes:
    """Render `identity` and the start of `requestId`. Source: DP-EVT-13, DP-EVT-14."""
    identity = dict(connection.caller or {})
    if connection.user_agent is not None:
        identity["userAgent"] = connection.user_agent
    identity["sourceIp"] = connection.source_ip
    return b'"identity":%b,"requestId":"' % orjson.dumps(identity)


def render_authorizer(authorizer: Mapping[str, str] | None, latency_ms: int | None = None) -> bytes:
    """Render the authorizer's context as events have it, or nothing. Source: DP-AUT-10, -11."""
    if authorizer is None:
        return b""
    values: dict[str, object] = dict(authorizer)
    if latency_ms is not None:
        values["integrationLatency"] = latency_ms
    return b'"authorizer":%b,' % orjson.dumps(values)


def proxy_event(snapshot: Snapshot, route: RouteSnapshot, event: Event) -> bytes:
    """Build the JSON text that a proxy function receives. Source: DP-EVT-01."""
    match event:
        case MessageEvent():
            return _message_event(route, event)
        case ConnectEvent():
            return _connect_event(snapshot, event)
        case DisconnectEvent():
            return _disconnect_event(snapshot, event)
        case _:
            assert_never(event)


def authorizer_event(snapshot: Snapshot, route: RouteSnapshot, event: ConnectEvent) -> bytes:
    """Build the event of a REQUEST authorizer. Source: DP-EVT-28."""
    headers = event_headers(event.handshake, snapshot.domain_name, event.trace_id)
    built: dict[str, object] = {"type": "REQUEST", "methodArn": route.arn}
    built |= _multi("headers", "multiValueHeaders", authorizer_headers(headers))
    built |= _multi(
        "queryStringParameters",
        "multiValueQueryStringParameters",
        query_parameters(event.handshake.query),
    )
    built["stageVariables"] = dict(snapshot.stage.stage_variables)
    built["requestContext"] = _context(event, CONNECT, "CONNECT", b"")
    return orjson.dumps(built)


def _message_event(route: RouteSnapshot, event: MessageEvent) -> bytes:
    """Build the event of a message. Source: DP-EVT-22, DP-EVT-26."""
    connection = event.connection
    request_id = event.request_id.encode()
    return b"".join(
        (
            route.event_head,
            connection.event_authorizer,
            b'"messageId":"',
            event.message_id.encode(),
            b'","eventType":"MESSAGE","extendedRequestId":"',
            request_id,
            b'","requestTime":"',
            format_clf(event.epoch_ms).encode(),
            b'","messageDirection":"IN",',
            connection.event_place,
            b"%d," % event.epoch_ms,
            connection.event_identity,
            request_id,
            connection.event_names,
            b',"body":',
            orjson.dumps(event.body.decode()),
            b',"isBase64Encoded":false}',
        )
    )


def _connect_event(snapshot: Snapshot, event: ConnectEvent) -> bytes:
    """Build the event of a handshake. Source: DP-EVT-25."""
    handshake, connection = event.handshake, event.connection
    headers = event_headers(handshake, snapshot.domain_name, event.trace_id)
    query = dict(sorted(query_parameters(handshake.query).items()))
    built: dict[str, object] = _multi("headers", "multiValueHeaders", headers)
    if query:
        built |= _multi("queryStringParameters", "multiValueQueryStringParameters", query)
    if snapshot.stage.stage_variables:
        built["stageVariables"] = dict(snapshot.stage.stage_variables)
    authorizer = render_authorizer(connection.authorizer, event.authorizer_latency_ms)
    built["requestContext"] = _context(event, CONNECT, "CONNECT", authorizer)
    built["isBase64Encoded"] = False
    return orjson.dumps(built)


def _disconnect_event(snapshot: Snapshot, event: DisconnectEvent) -> bytes:
    """Build the event of a goodbye; its headers are not the client's. Source: DP-EVT-20, -27."""
    connection = event.connection
    headers: MultiMap = {
        "Host": [connection.domain_name],
        "x-api-key": [""],
        "X-Forwarded-For": [""],
        "x-restapi": [""],
    }
    if snapshot.choices.goodbye_forwarded_for == "absent":  # DP-UNK-31
        del headers["X-Forwarded-For"]
    built: dict[str, object] = _multi("headers", "multiValueHeaders", headers)
    if snapshot.stage.stage_variables:
        built["stageVariables"] = dict(snapshot.stage.stage_variables)
    built["requestContext"] = _context(event, DISCONNECT, "DISCONNECT", connection.event_authorizer)
    built["isBase64Encoded"] = False
    return orjson.dumps(built)


def _multi(single: str, multi: str, values: MultiMap) -> dict[str, object]:
    return {single: last_values(values), multi: values}


def _context(
    event: ConnectEvent | DisconnectEvent, route_key: str, event_type: str, authorizer: bytes
) -> orjson.Fragment:
    """Build `requestContext` with the keys in AWS's order. Source: DP-EVT-02."""
    connection = event.connection
    request_id = event.request_id.encode()
    code = reason = b""
    if isinstance(event, DisconnectEvent):
        code = b'"disconnectStatusCode":%d,' % event.code
        reason = b'"disconnectReason":%b,' % orjson.dumps(event.reason)
    return orjson.Fragment(
        b"".join(
            (
                b'{"routeKey":"%b",' % route_key.encode(),
                code,
                authorizer,
                b'"eventType":"%b","extendedRequestId":"' % event_type.encode(),
                request_id,
                b'","requestTime":"',
                format_clf(event.epoch_ms).encode(),
                b'","messageDirection":"IN",',
                reason,
                connection.event_place,
                b"%d," % event.epoch_ms,
                connection.event_identity,
                request_id,
                connection.event_names,
            )
        )
    )
