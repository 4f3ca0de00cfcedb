"""How the gateway speaks with one function process, whatever carries it.

There are two ways: `frames.py`, a Unix socket for bootstraps of ours, and `runtime_api.py`, the
HTTP Runtime API for everybody else's.
"""

from enum import Enum
from typing import Protocol

import msgspec


class Kind(Enum):
    """What a function process has to say."""

    READY = b"N"
    """It waits for an event. The first time, its init phase is over."""
    RESULT = b"R"
    ERROR = b"E"
    """The handler failed."""
    FATAL = b"X"
    """The handler failed, and the process ends."""
    INIT_ERROR = b"I"
    """The handler cannot be loaded, and the process ends."""
    TOO_LARGE = b"L"
    """The result is over the limit."""


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event for a function process."""

    request_id: str
    deadline_ms: int
    """Milliseconds since 1970."""
    trace_id: str
    """In one line; may be empty."""
    function_arn: str
    client_context: str = ""
    """JSON in one line; may be empty."""
    payload: bytes


class Listener(Protocol):
    """Who is told what comes over a channel."""

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, request_id: str) -> None:
        """Take a reply.

        Args:
            kind: what it is.
            peak_kb: the most memory that the process has had; 0 where it does not tell.
            payload: what it says.
            request_id: what it answers; empty where there is one event at a time.
        """
        ...

    def take_broken(self) -> None:
        """Take the end of the channel: the other side is gone, or spoke nonsense."""
        ...

    def take_quiet(self) -> None:
        """Take note that nothing is open any more over which the process could speak."""
        ...


class Channel(Protocol):
    """The gateway's end."""

    is_polled: bool
    """Whether the process says READY after each reply; otherwise the reply itself says so."""

    @property
    def is_open(self) -> bool:
        """Whether the other end may still say something."""
        ...

    def send(self, event: Event) -> None:
        """Hand the process an event."""
        ...

    def close(self) -> None:
        """Let go; nothing is told any more."""
        ...
