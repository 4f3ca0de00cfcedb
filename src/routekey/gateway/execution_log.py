"""The execution log: what the gateway did for one event, in AWS's own lines.

Each line is `({requestId}) text`. At ERROR only failures are written; at INFO every step, with
headers and bodies where the stage traces data. Source: DP-MON-15 to DP-MON-18.
"""

import re
from collections.abc import Iterator

from routekey.arn import Arn
from routekey.errors import (
    ApiConfigurationError,
    GatewayResponse,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
)
from routekey.gateway.events import ConnectEvent, DisconnectEvent, MessageEvent
from routekey.gateway.inputs import outcome_body
from routekey.gateway.journal import CommandJournal, EventJournal, Journal
from routekey.gateway.ports import (
    AwsServiceCall,
    HttpCall,
    HttpOutcome,
    IntegrationCall,
    IntegrationOutcome,
    LambdaCall,
    LambdaOutcome,
    MockCall,
)
from routekey.gateway.proxy_answer import describe_failure
from routekey.resources.api import LoggingLevel, RouteSettings

_KEY_CHARACTERS_SHOWN = 6
"""Of an API key, which has 20 at least: enough to tell which it was."""
_SECRETS = (
    *("authorization", "cookie", "proxy-authorization", "x-amz-security-token", "x-api-key"),
    *("apiKey", "X-Amz-Signature"),
)
"""Headers, query parameters and members of an identity, with which a reader could act in somebody
else's name. AWS leaves out "authorization headers, API key values, and similar sensitive request
parameters", and gives no list."""
_SECRET_HEADERS = frozenset(name.lower() for name in _SECRETS)
_TEXT = r'"(?:[^"\\]|\\.)*"'
_SECRET_MEMBER = re.compile(
    rf'("(?:{"|".join(_SECRETS)})"\s*:\s*)(?:{_TEXT}|\[\s*(?:{_TEXT}\s*(?:,\s*)?)*\])',
    re.IGNORECASE,
)
_HIDDEN = "******"
LINE_CHARACTERS_MAX = 1024
"""A longer line is cut, as AWS cuts it. Source: DP-LIM-02."""


def write_lines(journal: Journal) -> list[str]:
    """Write what the stage's level asks for; nothing at OFF."""
    settings = _settings(journal)
    if settings.logging_level is LoggingLevel.OFF:
        return []
    context = journal.build_context()
    request_id = context["requestId"]
    if isinstance(journal, CommandJournal):
        texts = list(_command_lines(journal, settings))
    else:
        texts = list(_event_lines(journal, settings))
    return [_cut(f"({request_id}) {text}") for text in texts]


def _settings(journal: Journal) -> RouteSettings:
    if isinstance(journal, EventJournal) and journal.route is not None:
        return journal.route.settings
    snapshot = journal.snapshot
    return RouteSettings() if snapshot is None else snapshot.stage.default_route_settings


def _event_lines(journal: EventJournal, settings: RouteSettings) -> Iterator[str]:
    if settings.logging_level is LoggingLevel.INFO:
        yield from _start_lines(journal)
        yield from _integration_lines(journal, has_data=settings.data_trace_enabled)
    yield from _failure_lines(journal)
    if settings.logging_level is LoggingLevel.INFO:
        yield from _end_lines(journal)


def _start_lines(journal: EventJournal) -> Iterator[str]:
    event, api_id = journal.event, journal.event.connection.api_id
    stage = f"{api_id}/{event.connection.stage}"
    yield f"Extended Request Id: {event.request_id}"
    if isinstance(event, ConnectEvent):
        yield from _usage_plan_lines(journal, stage)
    yield f"Starting execution for request: {event.request_id}"
    if journal.route_key is not None:
        yield f"WebSocket Request Route: [{journal.route_key}]"
    if isinstance(event, ConnectEvent):
        connection = event.connection
        yield (
            f"Client [UserAgent: {connection.user_agent}, SourceIp: {connection.source_ip}] "
            f"is connecting to WebSocket API [{api_id}]."
        )
    elif isinstance(event, MessageEvent):
        yield (
            f"WebSocket API [{api_id}] received message from client "
            f"[Connection Id: {event.connection.id}]."
        )


def _usage_plan_lines(journal: EventJournal, stage: str) -> Iterator[str]:
    """Tell of the API key, masked; a route without one has AWS's blank in its place."""
    key = _mask((journal.event.connection.caller or {}).get("apiKey", ""))
    yield (
        f"Verifying Usage Plan for request: {journal.event.request_id}. "
        f"API Key: {key} API Stage: {stage}"
    )
    if isinstance(journal.error, InvalidApiKey):
        return
    if journal.route is None or not journal.route.route.api_key_required:
        yield (
            f"API Key {key} authorized because route '{journal.route_key}' does not require API "
            "Key. Request will not contribute to throttle or quota limits"
        )
    yield f"Usage Plan check succeeded for API Key {key} and API Stage {stage}"


def _mask(key: str) -> str:
    return f"{'*' * (len(key) - _KEY_CHARACTERS_SHOWN)}{key[-_KEY_CHARACTERS_SHOWN:]}"


def _integration_lines(journal: EventJournal, *, has_data: bool) -> Iterator[str]:
    call, outcome = journal.call, journal.outcome
    if call is None:
        return
    yield f"Endpoint request URI: {_describe_target(call)}"
    if has_data:
        yield from _request_lines(call)
    if outcome is None:
        return
    status = _outcome_status(outcome)
    yield (
        f"Received response. Status: {status}, Integration latency: "
        f"{journal.integration_latency_ms} ms"
    )
    if has_data:
        body = outcome_body(outcome)
        yield f"Endpoint response body before transformations: {body.decode(errors='replace')}"
    if isinstance(outcome, LambdaOutcome):
        yield f"AWS Integration Endpoint RequestId : {outcome.request_id}"


def _request_lines(call: IntegrationCall) -> Iterator[str]:
    if isinstance(call, MockCall):
        return
    if isinstance(call, LambdaCall):
        body = call.payload
    else:
        yield f"Endpoint request headers: {_describe_headers(call.headers)}"
        body = call.body
    shown = _SECRET_MEMBER.sub(rf'\1"{_HIDDEN}"', body.decode(errors="replace"))
    yield f"Endpoint request body after transformations: {shown}"


def _failure_lines(journal: EventJournal) -> Iterator[str]:
    outcome = journal.outcome
    if isinstance(outcome, LambdaOutcome) and outcome.function_error is not None:
        yield (
            "Lambda execution failed due to customer function error: "
            f"{describe_failure(outcome.payload)}. Lambda request id: {outcome.request_id}"
        )
    if isinstance(journal.error, GatewayResponse):
        yield f"Execution failed{_kind_of(journal.error)}: {_reason_of(journal.error)}"
    elif journal.error is not None:
        yield f"Execution failed: {journal.error.code}: {journal.error.message}"
    if journal.refused_status is not None:
        yield f"Integration returned status: {journal.refused_status}"


def _kind_of(error: GatewayResponse) -> str:
    """Say what AWS's line says of the kind of a failure. Source: DP-INT-16, DP-MON-16."""
    match error:
        case ApiConfigurationError() | IntegrationFailure(is_malformed=True):
            return " due to configuration error"
        case IntegrationTimeout():
            return " due to a timeout error"
    return ""


def _reason_of(error: GatewayResponse) -> str:
    return error.reason or error.message


def _end_lines(journal: EventJournal) -> Iterator[str]:
    event, connection = journal.event, journal.event.connection
    if isinstance(event, DisconnectEvent):
        yield (
            f"Client [Connection Id: {connection.id}] disconnected from API "
            f"[{connection.api_id}] with integration response status code [{journal.status}]. "
            f"Close reason: [{event.code}: {event.reason}]"
        )
    elif isinstance(event, MessageEvent):
        yield (
            f"Message from client [Connection Id: {connection.id}] sent to API "
            f"[{connection.api_id}] with response status code [{journal.status}]."
        )
    elif journal.error is None and journal.refused_status is None:
        yield (
            f"Client [Connection Id: {connection.id}] connected to API "
            f"[{connection.api_id}] successfully."
        )


def _command_lines(journal: CommandJournal, settings: RouteSettings) -> Iterator[str]:
    if settings.logging_level is LoggingLevel.INFO and settings.data_trace_enabled:
        yield f"Connection API request body: {journal.body.decode(errors='replace')}"
    if journal.error is not None:
        yield f"Connection API request failed: {journal.error.code}"
    elif settings.logging_level is LoggingLevel.INFO:
        yield f"Connection API request completed with status: {journal.status}"


def _describe_target(call: IntegrationCall) -> str:
    match call:
        case LambdaCall():
            return _describe_function(call.function_arn)
        case HttpCall():
            return call.url
        case AwsServiceCall():
            return f"{call.service}:{call.action or call.path}"
        case _:
            return "MOCK"


def _describe_function(function_arn: str) -> str:
    """Name Lambda's Invoke operation, which AWS's gateway asks over HTTPS."""
    arn = Arn.parse(function_arn)
    region = "" if arn is None else arn.region
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://lambda.{region}.{suffix}/2015-03-31/functions/{function_arn}/invocations"


def _describe_headers(headers: tuple[tuple[str, str], ...]) -> str:
    """Write headers as a Java map, without what would let a reader act in our name."""
    shown = (
        f"{name}={_HIDDEN if name.lower() in _SECRET_HEADERS else value}" for name, value in headers
    )
    return f"{{{', '.join(shown)}}}"


def _outcome_status(outcome: IntegrationOutcome) -> int:
    return outcome.status if isinstance(outcome, HttpOutcome) else 200


def _cut(line: str) -> str:
    flat = line.replace("\n", "\\n").replace("\r", "\\r")
    return flat if len(flat) <= LINE_CHARACTERS_MAX else f"{flat[:LINE_CHARACTERS_MAX]}[TRUNCATED]"
