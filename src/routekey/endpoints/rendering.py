"""The only place where an error becomes AWS's answer: an HTTP body, or an error frame.

Source: DP-WIRE-01 to -04, DP-HSK-13 to -15, DP-MGM-09, DP-MGM-11.
"""

from http import HTTPStatus
from typing import Final

import orjson

from routekey.choices import Choices
from routekey.endpoints.wire import Response
from routekey.errors import AwsException, BadRequestBody, GatewayResponse, PayloadTooLargeException
from routekey.gateway.commands import CommandAnswer
from routekey.gateway.events import MessageEvent
from routekey.gateway.responses import Refusal
from routekey.ids import ConnectionId

_JSON: Final = ("Content-Type", "application/json")
_JSON_LOWER: Final = ("content-type", "application/json")
_JSON_UTF8: Final = ("content-type", "application/json; charset=UTF-8")


def render_frame(
    error: GatewayResponse,
    event: MessageEvent,
    choices: Choices,
) -> bytes:
    """Render the frame that a client gets instead of a reply; the spacing is AWS's (DP-WIRE-04)."""
    connection_id, message = event.connection.id, orjson.dumps(error.message)
    if isinstance(error, BadRequestBody):
        if choices.invalid_body_frame == "Forbidden":  # DP-UNK-06
            return _with_ids(b'"Forbidden"', connection_id, event.request_id)
        # names the message, and is spaced in its own way
        template = b'{"message": %b, "connectionId":"%b", "messageId":"%b"}'
        return template % (message, connection_id.encode(), event.message_id.encode())
    return _with_ids(message, connection_id, event.request_id)


def render_refused_handshake(
    error: GatewayResponse, connection_id: ConnectionId, request_id: str
) -> Response:
    """Render the gateway's own refusal of a handshake. Source: DP-HSK-15."""
    return Response(
        status=error.status,
        headers=(_JSON_UTF8, ("x-amz-apigw-id", request_id)),
        is_lower_case=True,
        body=_with_ids(orjson.dumps(error.message), connection_id, request_id),
    )


def render_refusal(refusal: Refusal, request_id: str) -> Response:
    """Render the refusal of a `$connect` integration: its status, its body. Source: DP-HSK-14."""
    return Response(
        status=refusal.status,
        headers=(*refusal.headers, _JSON_UTF8, ("x-amz-apigw-id", request_id)),
        is_lower_case=True,
        body=refusal.body,
    )


def render_aws_exception(error: AwsException, uuid: str, request_id: str) -> Response:
    """Render an error of an AWS API. Source: DP-MGM-09, DP-MGM-11.

    A message of None leaves the body empty, as with 410; a 413 comes from the edge, which knows
    neither type nor ids.
    """
    if isinstance(error, PayloadTooLargeException):
        return Response(status=error.status, headers=(), body=b"")
    body = b"" if error.message is None else orjson.dumps({error.message_key: error.message})
    return Response(
        status=error.status,
        headers=(
            _JSON,
            ("x-amzn-RequestId", uuid),
            ("x-amzn-ErrorType", error.code),
            ("x-amz-apigw-id", request_id),
        ),
        body=body,
    )


def render_success(answer: CommandAnswer, *, uuid: str, request_id: str, trace_id: str) -> Response:
    """Render the answer to a command that was carried out. Source: DP-MGM-07."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return Response(status=answer.status, headers=(_JSON_LOWER, *_ids(uuid, request_id)))
    headers = (_JSON, *_ids(uuid, request_id), ("X-Amzn-Trace-Id", trace_id))
    return Response(status=answer.status, headers=headers, body=answer.body)


def _ids(uuid: str, request_id: str) -> tuple[tuple[str, str], ...]:
    return ("x-amzn-RequestId", uuid), ("x-amz-apigw-id", request_id)


def _with_ids(message: bytes, connection_id: ConnectionId, request_id: str) -> bytes:
    template = b'{"message": %b, "connectionId":"%b", "requestId":"%b"}'
    return template % (message, connection_id.encode(), request_id.encode())
