"""The Unix socket between the gateway and one function process, for bootstraps of our own.

The form of the frames is written down in `bootstraps/python/function_process.py`. A round trip
costs a fifth of one over the HTTP Runtime API.
"""

import asyncio
import struct
from typing import cast

from routekey.adapters.functions.channel import Event, Kind, Listener
from routekey.quotas import FUNCTION_RESPONSE_BYTES_MAX

_HEAD = struct.Struct(">II")
_REPLY = struct.Struct(">cIII")
_KINDS = {kind.value: kind for kind in Kind}
_BEFORE_EVENTS = (Kind.READY, Kind.INIT_ERROR)


class Frames(asyncio.Protocol):
    """The gateway's end of the socket; a `Channel`."""

    is_polled = False

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._buffer = bytearray()
        self._number = 0
        """Of the last event."""
        self._transport: asyncio.Transport | None = None

    @property
    def is_open(self) -> bool:
        """Whether the other end may still say something."""
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, event: Event) -> None:
        """Hand the process an event; it waits for one, so it reads at once."""
        if self._transport is not None:
            self._number += 1
            lines = (event.request_id, str(event.deadline_ms), event.trace_id, event.function_arn)
            head = "\n".join((*lines, str(self._number), event.client_context)).encode()
            self._transport.write(_HEAD.pack(len(head), len(event.payload)) + head + event.payload)

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
            kind, peak_kb, number, length = _REPLY.unpack_from(buffer)
            if length > FUNCTION_RESPONSE_BYTES_MAX or kind not in _KINDS:
                self._break()
                return
            end = _REPLY.size + length
            if len(buffer) < end:
                return
            payload = bytes(memoryview(buffer)[_REPLY.size : end])
            del buffer[:end]
            self._take(_KINDS[kind], peak_kb, number, payload)

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell that the process closed its end, which it only does when it ends."""
        if self._transport is not None:
            self._break()

    def _take(self, kind: Kind, peak_kb: int, number: int, payload: bytes) -> None:
        """Pass on what answers the last event.

        A handler may have forked, and its child answer an earlier one while the next has begun.
        """
        if kind in _BEFORE_EVENTS or number == self._number:
            self._listener.take_reply(kind, peak_kb, payload, "")

    def _break(self) -> None:
        self.close()
        self._listener.take_broken()
