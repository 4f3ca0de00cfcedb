"""What a listener's connections write in one turn of the event loop, sent together at its end.

A write wakes whoever waits for it, and waking a core that has gone idle costs more than all the
rest of a message. Of many writes in a row only the first finds the other side asleep, and what goes
to the same client leaves in one piece. Measured beside a `write` at once: an echo 7.5 instead of
8.8 µs of CPU, a signed post 57 instead of 86, a handshake or a lone message the same.
"""

import asyncio
from typing import Final

_BYTES_MAX: Final = 256 * 1024
"""Above it all is sent at once: a client that does not read shows in its transport alone."""


class Outbox:
    """The bytes that wait for the end of the turn, by transport.

    Whoever writes to a transport through it has to close it through it too, or `send` first.
    """

    __slots__ = ("_bytes", "_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[asyncio.Transport, bytes | bytearray] = {}
        self._bytes = 0

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        """Send it at the end of this turn, behind what the transport has been given before."""
        waiting = self._waiting
        before = waiting.get(transport)
        if before is None:
            if not waiting:
                self._loop.call_soon(self._send_all)
            waiting[transport] = data
        elif isinstance(before, bytearray):
            before += data
        else:
            waiting[transport] = bytearray(before) + data  # which grows without being copied
        self._bytes += len(data)
        if self._bytes > _BYTES_MAX:
            self._send_all()

    def send(self, transport: asyncio.Transport) -> None:
        """Send what waits for one transport now."""
        data = self._waiting.pop(transport, None)
        if data is not None:
            self._bytes -= len(data)
            transport.write(data)

    def close(self, transport: asyncio.Transport) -> None:
        """Close a transport behind what waits for it."""
        self.send(transport)
        transport.close()

    def _send_all(self) -> None:
        waiting, self._waiting = self._waiting, {}
        self._bytes = 0
        for transport, data in waiting.items():
            if not transport.is_closing():  # its client may have left meanwhile
                transport.write(data)
