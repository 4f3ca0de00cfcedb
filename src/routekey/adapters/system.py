"""The real clock and the real identifiers."""

import itertools
import os
import time
import uuid

from routekey.ids import (
    ConnectionId,
    NodeId,
    encode_connection_id,
    encode_message_id,
    encode_url_safe,
)

_UNIQUE_BITS = 56
_MESSAGE_BITS = 48
_REQUEST_BITS = 88
_TRACE_BITS = 96


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Tell the time in milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000


class SystemIds:
    """Identifiers that do not repeat: connection ids random, the others counted.

    Nobody may guess a connection id, so each is drawn. Requests, messages and traces need only be
    different: they count up from a random start, at a third of the price.
    """

    def __init__(self, node: NodeId = NodeId(0)) -> None:  # noqa: B008  # an int
        self._node = node
        self._messages = itertools.count(_random(_MESSAGE_BITS))
        self._requests = itertools.count(_random(_REQUEST_BITS))
        self._traces = itertools.count(_random(_TRACE_BITS))

    def connection_id(self) -> ConnectionId:
        """Make an id for a connection held by this node."""
        return encode_connection_id(os.urandom(_UNIQUE_BITS // 8), self._node)

    def message_id(self, connection_id: ConnectionId) -> str:
        """Make an id for a message: 20 characters, the connection's suffix (DP-EVT-10)."""
        return encode_message_id(_next(self._messages, _MESSAGE_BITS), connection_id)

    def request_id(self) -> str:
        """Make an id for an event: 16 characters, `=` at the end (DP-EVT-08)."""
        return encode_url_safe(_next(self._requests, _REQUEST_BITS))

    def uuid(self) -> str:
        """Make a random UUID."""
        return str(uuid.UUID(bytes=os.urandom(16), version=4))

    def trace_id(self, now_ms: int) -> str:
        """Make an X-Ray trace header (DP-EVT-16)."""
        return f"Root=1-{now_ms // 1000:08x}-{_next(self._traces, _TRACE_BITS).hex()}"


def _random(bits: int) -> int:
    return int.from_bytes(os.urandom(bits // 8), "big")


def _next(counter: "itertools.count[int]", bits: int) -> bytes:
    return (next(counter) & ((1 << bits) - 1)).to_bytes(bits // 8, "big")
