"""`$context`: what templates, parameter mappings and access logs may ask of an event.

Source: DP-VTL-01 to DP-VTL-03, DP-MON-12.
"""

from collections.abc import Mapping
from typing import assert_never

import orjson

from routekey.clock import format_clf
from routekey.errors import AwsException, BadRequestBody, GatewayResponse
from routekey.gateway.events import ConnectEvent, DisconnectEvent, Event, MessageEvent

Context = dict[str, object]
"""Names to values: texts, whole numbers, and one level of names below `identity` and the like."""


def build_context(event: Event, route_key: str | None) -> Context:
    """Collect what `$context` knows of an event; what is not there renders as nothing."""
    connection = event.connection
    identity: dict[str, object] = dict(connection.caller or {})
    identity["sourceIp"] = connection.source_ip
    if connection.user_agent is not None:
        identity["userAgent"] = connection.user_agent
    context: Context = {
        "apiId": connection.api_id,
        "connectedAt": connection.connected_at_ms,
        "connectionId": connection.id,
        "domainName": connection.domain_name,
        "eventType": _event_type(event),
        "extendedRequestId": event.request_id,
        "identity": identity,
        "isBase64Encoded": False,
        "messageDirection": "IN",
        "requestId": event.request_id,
        "requestTime": format_clf(event.epoch_ms),
        "requestTimeEpoch": event.epoch_ms,
        "stage": connection.stage,
    }
    if route_key is not None:
        context["routeKey"] = route_key
    if connection.authorizer is not None:
        authorizer: dict[str, object] = dict(connection.authorizer)
        if isinstance(event, ConnectEvent) and event.authorizer_latency_ms is not None:
            authorizer["integrationLatency"] = event.authorizer_latency_ms  # DP-AUT-11
        context["authorizer"] = authorizer
    if isinstance(event, MessageEvent):
        context["messageId"] = event.message_id
    return context


def add_error(context: Context, error: GatewayResponse | AwsException) -> None:
    """Add what `$context.error` knows. Source: DP-VTL-01, DP-MON-12."""
    context["status"] = str(error.status)
    context["error"] = {
        "message": error.message,
        "messageString": orjson.dumps(error.message).decode(),
        "responseType": error.response_type,
        "validationErrorString": error.reason if isinstance(error, BadRequestBody) else "",
    }


def find_in_context(context: Mapping[str, object], path: str) -> str | None:
    """Look a dotted name up, as `context.authorizer.role` has it; None where there is nothing."""
    value: object = context
    rest = path
    while rest:
        if not isinstance(value, Mapping):
            return None
        if rest in value:  # an authorizer's key may hold a dot itself
            value = value[rest]
            break
        name, _, rest = rest.partition(".")
        value = value.get(name)
    if value is None or isinstance(value, Mapping):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _event_type(event: Event) -> str:
    match event:
        case MessageEvent():
            return "MESSAGE"
        case ConnectEvent():
            return "CONNECT"
        case DisconnectEvent():
            return "DISCONNECT"
        case _:
            assert_never(event)
