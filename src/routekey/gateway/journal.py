"""What one event or command did, as far as it came: for logs, metrics and traces, if wanted.

A story notes each step as it takes it; the adapter that keeps logs, metrics and traces reads the
journal when the event is over. Without a reader there is no journal, and a message pays nothing.

Source: DP-MON-01 to DP-MON-18.
"""

from typing import Protocol, assert_never

from routekey.errors import AwsException, GatewayResponse
from routekey.gateway.context import Context, add_error, build_context
from routekey.gateway.events import ConnectEvent, DisconnectEvent, Event, MessageEvent
from routekey.gateway.ports import IntegrationCall, IntegrationOutcome, LambdaCall
from routekey.resources.api import CONNECT, DISCONNECT
from routekey.resources.snapshot import RouteSnapshot, Snapshot

COMMAND_EVENT = "CONNECTION_API"
"""The event type of `@connections` calls. Source: DP-MON-14."""


class EventJournal:
    """The journal of a handshake, a message or a goodbye."""

    __slots__ = (
        "asked_ms",
        "call",
        "error",
        "event",
        "integration_latency_ms",
        "is_replied",
        "outcome",
        "refused_status",
        "route",
        "snapshot",
        "spans",
    )

    def __init__(self, event: Event) -> None:
        self.event = event
        self.snapshot: Snapshot | None = None
        """None where the stage is gone."""
        self.route: RouteSnapshot | None = None
        """None where none matched, and for a handshake or goodbye without one."""
        self.call: IntegrationCall | None = None
        self.outcome: IntegrationOutcome | None = None
        self.asked_ms: int | None = None
        """When the integration was asked."""
        self.integration_latency_ms: int | None = None
        self.is_replied = False
        self.refused_status: int | None = None
        """With which a `$connect` integration refused."""
        self.error: GatewayResponse | AwsException | None = None
        self.spans: object = None
        """What whoever traces keeps here until the event is over."""

    @property
    def event_type(self) -> str:
        """`CONNECT`, `MESSAGE` or `DISCONNECT`."""
        match self.event:
            case ConnectEvent():
                return "CONNECT"
            case MessageEvent():
                return "MESSAGE"
            case DisconnectEvent():
                return "DISCONNECT"
            case _:
                assert_never(self.event)

    @property
    def route_key(self) -> str | None:
        """The route's key; a handshake and a goodbye have theirs without a route, too."""
        if self.route is not None:
            return self.route.route.route_key
        match self.event:
            case ConnectEvent():
                return CONNECT
            case DisconnectEvent():
                return DISCONNECT
            case MessageEvent():
                return None
            case _:
                assert_never(self.event)

    @property
    def status(self) -> int:
        """The status as logs have it: 200 unless something failed or refused."""
        if self.error is not None:
            return self.error.status
        return self.refused_status or 200

    def build_context(self) -> Context:
        """Collect `$context` as access logs know it. Source: DP-MON-12, DP-MON-13."""
        context = build_context(self.event, self.route_key)
        context["status"] = str(self.status)
        if self.error is not None and self.error.response_type:
            add_error(context, self.error)
        if self.integration_latency_ms is not None and isinstance(self.call, LambdaCall):
            context["integrationLatency"] = str(self.integration_latency_ms)
        return context


class CommandJournal:
    """The journal of a call of `@connections`. Source: DP-MON-07, DP-MON-14."""

    __slots__ = ("body", "context", "error", "method", "snapshot", "status", "trace_id")

    def __init__(
        self, snapshot: Snapshot, method: str, context: Context, body: bytes, trace_id: str
    ) -> None:
        self.snapshot = snapshot
        self.method = method
        self.context = context
        self.body = body
        self.trace_id = trace_id
        self.status = 200
        self.error: AwsException | None = None

    @property
    def route_key(self) -> str:
        """`POST /@connections/{connectionId}`, with those braces."""
        return f"{self.method} /@connections/{{connectionId}}"

    def build_context(self) -> Context:
        """Collect `$context`; a refusal is a status without error context (DP-MON-14)."""
        return self.context | {
            "eventType": COMMAND_EVENT,
            "routeKey": self.route_key,
            "status": str(self.status),
        }


Journal = EventJournal | CommandJournal


class Journals(Protocol):
    """Who reads journals: logs, metrics and traces."""

    is_open: bool
    """Whether anybody reads them; False leaves them unwritten."""

    def link(self, journal: EventJournal, call: IntegrationCall) -> IntegrationCall:
        """Make what is asked of an integration a part of the event's trace, where one is kept.

        Never waits, never raises.
        """
        ...

    def keep(self, journal: Journal) -> None:
        """Take a journal whose event is over. Never waits, never raises."""
        ...
