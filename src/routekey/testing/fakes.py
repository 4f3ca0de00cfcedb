"""The world in memory: a clock that is moved by hand, ids that count, functions in Python.

They implement the ports of `gateway/ports.py`, and they can refuse as the real ones do.
"""

import itertools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from routekey.errors import FunctionNotFoundError, LimitExceededException
from routekey.gateway.journal import EventJournal, Journal
from routekey.gateway.ports import FunctionCall, FunctionResult, IntegrationCall
from routekey.ids import (
    ConnectionId,
    NodeId,
    encode_connection_id,
    encode_message_id,
    encode_url_safe,
)

SOME_TIME_MS = 1_790_299_515_537
"""25 September 2026, 01:25:15.537 UTC."""


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_ms: int = SOME_TIME_MS) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Tell the time in milliseconds since 1970, UTC."""
        return self._now_ms

    def advance(self, seconds: float) -> None:
        """Move the clock; two hours take no longer than a second."""
        self._now_ms += round(seconds * 1000)


class CountingIds:
    """Identifiers that count from 1, in the real form."""

    def __init__(self) -> None:
        self._counter = itertools.count(1)

    def connection_id(self) -> ConnectionId:
        """Make an id for a connection held by node 0."""
        return encode_connection_id(self._next(7), NodeId(0))

    def message_id(self, connection_id: ConnectionId) -> str:
        """Make an id for a message."""
        return encode_message_id(self._next(6), connection_id)

    def request_id(self) -> str:
        """Make an id for an event."""
        return encode_url_safe(self._next(11))

    def uuid(self) -> str:
        """Make a UUID."""
        return f"00000000-0000-4000-8000-{next(self._counter):012x}"

    def trace_id(self, now_ms: int) -> str:
        """Make an X-Ray trace header."""
        return f"Root=1-{now_ms // 1000:08x}-{next(self._counter):024x}"

    def _next(self, size: int) -> bytes:
        return next(self._counter).to_bytes(size, "big")


Handler = Callable[[Mapping[str, object]], Awaitable[object] | object]
"""A function's code: the decoded event in; out a JSON value, or an exception."""


class FakeFunctions:
    """Lambda without processes: handlers are Python callables, named as functions are.

    A handler that raises gives what a Python function gives: an `Unhandled` error with the
    exception's type and text (LAM-ERR-06).
    """

    def __init__(self, handlers: Mapping[str, Handler] | None = None) -> None:
        self.handlers: dict[str, Handler] = dict(handlers or {})
        self.calls: list[FunctionCall] = []
        """Every call, in order."""

    async def invoke(self, call: FunctionCall) -> FunctionResult:
        """Run the handler whose name ends the ARN."""
        self.calls.append(call)
        handler = self.handlers.get(call.function.rpartition(":")[2])
        if handler is None:
            raise FunctionNotFoundError(call.function, "there is no such function")
        try:
            result = handler(msgspec.json.decode(call.payload))
            if isinstance(result, Awaitable):
                result = await result
        except Exception as error:  # noqa: BLE001  # whatever user code raises
            failure = {"errorMessage": str(error), "errorType": type(error).__name__}
            payload = msgspec.json.encode(failure)
            return FunctionResult(payload=payload, function_error="Unhandled")
        return FunctionResult(payload=msgspec.json.encode(result))


@dataclass(slots=True)
class RecordingChannel:
    """A client's end that keeps what it is sent, and can be made full."""

    frames: list[bytes] = field(default_factory=list)
    closed: tuple[int, str] | None = None
    is_full: bool = False

    def send_text(self, payload: bytes, *, is_fragmented: bool = True) -> None:  # noqa: ARG002  # a port
        """Keep a message; refuse it as a client does that no longer reads."""
        if self.is_full:
            raise LimitExceededException
        self.frames.append(payload)

    def close(self, code: int, reason: str) -> None:
        """Keep how it was closed first."""
        self.closed = self.closed or (code, reason)


class RecordingTelemetry:
    """Keeps what the heart wrote down."""

    def __init__(self) -> None:
        self.is_open = True
        self.journals: list[Journal] = []
        self.complaints: list[str] = []

    def link(self, journal: EventJournal, call: IntegrationCall) -> IntegrationCall:  # noqa: ARG002  # the port's
        """Leave a call as it is: nobody traces."""
        return call

    def keep(self, journal: Journal) -> None:
        """Keep a journal."""
        self.journals.append(journal)

    def complain(self, text: str) -> None:
        """Keep a complaint."""
        self.complaints.append(text)
