"""The real clock and the real identifiers."""

import itertools
import os
import time
from typing import Final

from routekey.ids import (
    ConnectionId,
    NodeId,
    encode_connection_id,
    encode_message_id,
    encode_url_safe,
)

_UNIQUE_BYTES: Final = 7
_HYPHEN: Final = 62
"""The six bits that URL-safe base64 writes as `-`."""
_MESSAGE_BYTES: Final = 6
_MESSAGE_MASK: Final = (1 << 8 * _MESSAGE_BYTES) - 1
_REQUEST_BYTES: Final = 11
_REQUEST_MASK: Final = (1 << 8 * _REQUEST_BYTES) - 1
_TRACE_BYTES: Final = 12
_TRACE_MASK: Final = (1 << 8 * _TRACE_BYTES) - 1
_TRACE_SPREAD: Final = 0x9E37_79B9_7F4A_7C15
"""2**64 by the golden ratio: samplers of traces go by the last 64 bits, so these have to be spread
evenly. Odd, so that no two numbers give the same."""
_UUID_BYTES: Final = 16
_UUID_SPREAD: Final = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835
"""2**128 by the golden ratio, so that no two look alike."""
_UUID_CLEAR: Final = (1 << 8 * _UUID_BYTES) - 1 & ~(0xF << 76 | 0x3 << 62)
_UUID_SET: Final = 0x4 << 76 | 0x2 << 62
"""The bits of version and variant (RFC 9562, 5.4); the `uuid` module takes four times as long."""


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Tell the time in milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000


class SystemIds:
    """Identifiers that do not repeat: connection ids random, the others counted.

    Nobody may guess a connection id, so each is drawn. All others need only be different: they
    count up from a random start, at a third of the price. (`& mask` keeps a count within its bytes
    when it runs over.)
    """

    def __init__(self, node: NodeId = NodeId(0)) -> None:  # noqa: B008  # an int
        self._node = node
        self._messages = itertools.count(_random(_MESSAGE_BYTES))
        self._requests = itertools.count(_random(_REQUEST_BYTES))
        self._traces = itertools.count(_random(_TRACE_BYTES))
        self._uuids = itertools.count(_random(_UUID_BYTES))

    def connection_id(self) -> ConnectionId:
        """Make an id for a connection held by this node.

        None begins with a hyphen: `aws … post-to-connection --connection-id -…` takes it for an
        option, in one of 64 connections.
        """
        unique = os.urandom(_UNIQUE_BYTES)
        while unique[0] >> 2 == _HYPHEN:
            unique = os.urandom(_UNIQUE_BYTES)
        return encode_connection_id(unique, self._node)

    def message_id(self, connection_id: ConnectionId) -> str:
        """Make an id for a message: 20 characters, the connection's suffix (DP-EVT-10)."""
        number = next(self._messages) & _MESSAGE_MASK
        return encode_message_id(number.to_bytes(_MESSAGE_BYTES, "big"), connection_id)

    def request_id(self) -> str:
        """Make an id for an event: 16 characters, `=` at the end (DP-EVT-08)."""
        number = next(self._requests) & _REQUEST_MASK
        return encode_url_safe(number.to_bytes(_REQUEST_BYTES, "big"))

    def uuid(self) -> str:
        """Make a UUID in the form of a random one, version 4."""
        number = next(self._uuids) * _UUID_SPREAD & _UUID_CLEAR | _UUID_SET
        digits = f"{number:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def trace_id(self, now_ms: int) -> str:
        """Make an X-Ray trace header (DP-EVT-16)."""
        number = next(self._traces) * _TRACE_SPREAD & _TRACE_MASK
        return f"Root=1-{now_ms // 1000:08x}-{number:024x}"


def _random(size: int) -> int:
    return int.from_bytes(os.urandom(size), "big")
