"""What a span says of an event, a command or a call, in OpenTelemetry's words where it has them.

Ours begin with `routekey.`. Nothing of a body, and nothing of a query: those can hold secrets.
Source: OpenTelemetry semantic conventions for HTTP, messaging, function-as-a-service and AWS.
"""

from collections.abc import Mapping
from typing import Final, assert_never
from urllib.parse import urlsplit

from routekey.arn import Arn
from routekey.errors import AwsException, GatewayResponse
from routekey.gateway.events import ConnectEvent, DisconnectEvent, MessageEvent
from routekey.gateway.journal import CommandJournal, EventJournal, Journal
from routekey.gateway.ports import (
    AwsServiceCall,
    HttpCall,
    HttpOutcome,
    IntegrationCall,
    IntegrationOutcome,
    LambdaCall,
    LambdaOutcome,
)
from routekey.resources.snapshot import Snapshot

Attributes = Mapping[str, str | int]

_SWITCHED: Final = 101
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500
_ACCEPTED: Final = 200


def name_span(journal: Journal) -> str:
    """Name the span of an event or a command: by its route, of which there are few."""
    if isinstance(journal, CommandJournal):
        return journal.route_key
    return journal.route_key or journal.event_type


def describe_journal(journal: Journal) -> Attributes:
    """Tell what came, and what became of it."""
    if isinstance(journal, CommandJournal):
        return _describe_command(journal)
    return _describe_event(journal)


def find_failure(journal: Journal) -> str | None:
    """Name what failed on our side (5xx); None where nothing did. A refusal is no failure."""
    error = journal.error
    if error is None or error.status < _SERVER_ERROR:
        return None
    return _name_error(error)


def name_call(call: IntegrationCall) -> str:
    """Name the span of an integration."""
    match call:
        case LambdaCall():
            return _function_name(call)
        case HttpCall():
            return call.method
        case AwsServiceCall():
            return f"{call.service}/{call.action or call.method}"
        case _:
            return "MOCK"


def describe_call(call: IntegrationCall, outcome: IntegrationOutcome | None) -> Attributes:
    """Tell who was asked, and what he answered."""
    attributes: dict[str, str | int] = {}
    match call:
        case LambdaCall():
            arn = Arn.parse(call.function_arn)
            attributes["faas.invoked_name"] = _function_name(call)
            attributes["faas.invoked_provider"] = "aws"
            attributes["faas.invoked_region"] = "" if arn is None else arn.region
        case HttpCall():
            url = urlsplit(call.url)
            attributes["http.request.method"] = call.method
            attributes["server.address"] = url.hostname or ""
            attributes["url.full"] = f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
        case AwsServiceCall():
            attributes["rpc.system"] = "aws-api"
            attributes["rpc.service"] = call.service
            attributes["rpc.method"] = call.action or f"{call.method} /{call.path}"
            attributes["cloud.region"] = call.region
        case _:
            pass
    if isinstance(outcome, HttpOutcome):
        attributes["http.response.status_code"] = outcome.status
    elif isinstance(outcome, LambdaOutcome):
        attributes["aws.request_id"] = outcome.request_id
    return attributes


def find_call_failure(journal: EventJournal) -> str | None:
    """Name how an integration failed; None where it did not."""
    match journal.outcome:
        case None:
            return "cancelled" if journal.error is None else _name_error(journal.error)
        case LambdaOutcome(function_error=str(error)):
            return error
        case HttpOutcome(status=status) if status >= _CLIENT_ERROR:
            return str(status)
        case _:
            return None


def _describe_event(journal: EventJournal) -> Attributes:
    event, connection = journal.event, journal.event.connection
    attributes: dict[str, str | int] = {
        "aws.request_id": event.request_id,
        "client.address": connection.source_ip,
        "network.protocol.name": "websocket",
        "routekey.api_id": connection.api_id,
        "routekey.connection_id": connection.id,
        "routekey.event_type": journal.event_type,
        "routekey.route_key": journal.route_key or "",
        "routekey.stage": connection.stage,
        "server.address": connection.domain_name,
    }
    match event:
        case ConnectEvent():
            status = journal.status
            attributes["http.request.method"] = "GET"
            attributes["http.response.status_code"] = _SWITCHED if status == _ACCEPTED else status
            attributes["url.path"] = event.handshake.path
            attributes["user_agent.original"] = connection.user_agent or ""
        case MessageEvent():
            attributes["messaging.message.body.size"] = len(event.body)
            attributes["messaging.message.id"] = event.message_id
        case DisconnectEvent():
            attributes["routekey.close_code"] = event.code
        case _:
            assert_never(event)
    return attributes


def _describe_command(journal: CommandJournal) -> Attributes:
    snapshot: Snapshot = journal.snapshot
    return {
        "aws.request_id": str(journal.context["requestId"]),
        "http.request.method": journal.method,
        "http.response.status_code": journal.status,
        "http.route": "/@connections/{connectionId}",
        "network.protocol.name": "http",
        "routekey.api_id": snapshot.api_id,
        "routekey.connection_id": str(journal.context["connectionId"]),
        "routekey.stage": snapshot.stage_name,
        "server.address": snapshot.domain_name,
    }


def _function_name(call: LambdaCall) -> str:
    arn = Arn.parse(call.function_arn)
    return call.function_arn if arn is None else arn.resource.removeprefix("function:")


def _name_error(error: GatewayResponse | AwsException) -> str:
    return error.response_type if isinstance(error, GatewayResponse) else error.code
