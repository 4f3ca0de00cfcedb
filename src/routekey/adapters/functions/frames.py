"""The Unix socket between the gateway and one function process, for bootstraps of our own.

The form of the frames is written down in `bootstraps/python/function_process.py`. A round trip
costs a fifth of one over the HTTP Runtime API.
"""

import asyncio
import struct
from collections.abc import Callable
from enum import Enum
from typing import cast

from routekey.quotas import FUNCTION_RESPONSE_BYTES_MAX

_HEAD = struct.Struct(">II")
_REPLY = struct.Struct(">cII")


class Kind(Enum):
    """What a function process has to say."""

    READY = b"N"
    RESULT = b"R"
    ERROR = b"E"
    FATAL = b"X"
    """A handler error after which the process ends."""
    INIT_ERROR = b"I"
    TOO_LARGE = b"L"


class Frames(asyncio.Protocol):
    """The gateway's end of the socket."""

    def __init__(
        self,
        on_reply: Callable[[Kind, int, bytes], None],
        on_broken: Callable[[], None],
    ) -> None:
        """Take whom to tell.

        Args:
            on_reply: gets the kind, the process's peak memory in KB, and the payload.
            on_broken: the other end closed the socket, or sent what no bootstrap of ours sends.
        """
        self._on_reply = on_reply
        self._on_broken = on_broken
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Whether the other end may still say something."""
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, head: str, payload: bytes) -> None:
        """Hand the process an event; it waits for one, so it reads at once."""
        if self._transport is not None:
            encoded = head.encode()
            self._transport.write(_HEAD.pack(len(encoded), len(payload)) + encoded + payload)

    def close(self) -> None:
        """Let go of the socket; nothing is told any more."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def data_received(self, data: bytes) -> None:
        """Put replies together; what waits for its rest is bounded by the largest response."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= _REPLY.size and self._transport is not None:
            kind, peak_kb, length = _REPLY.unpack_from(buffer)
            if length > FUNCTION_RESPONSE_BYTES_MAX or kind not in _KINDS:
                self._break()
                return
            end = _REPLY.size + length
            if len(buffer) < end:
                return
            payload = bytes(memoryview(buffer)[_REPLY.size : end])
            del buffer[:end]
            self._on_reply(_KINDS[kind], peak_kb, payload)

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell that the process closed its end, which it only does when it ends."""
        if self._transport is not None:
            self._break()

    def _break(self) -> None:
        self.close()
        self._on_broken()


_KINDS = {kind.value: kind for kind in Kind}
