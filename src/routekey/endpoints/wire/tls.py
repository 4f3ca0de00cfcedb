"""TLS on a socket: a transport for the protocol above, a protocol for the transport below.

asyncio chooses TLS before the first byte arrives; we choose by it, so that TLS and plain share a
port. It also keeps memory small: plain asyncio takes 278 KB for each of its TLS connections, this
layer takes the same on every loop.

OpenSSL works on two memory buffers and never sees the socket. Buffers are emptied in the same call
that fills them, so flow control is the lower transport's alone.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from routekey.endpoints.wire.registry import Registry

HANDSHAKE_RECORD: Final = 0x16
"""The first byte of every TLS connection, and of no HTTP request (RFC 8446, 5.1)."""
_RECORD_BYTES: Final = 16 * 1024
"""The largest record's content: one `read` never gives more."""
_NOBODY: Final = asyncio.Protocol()
"""Who is above during the handshake: its callbacks do nothing."""


class TlsTransport(asyncio.Transport, asyncio.Protocol):
    """The TLS half-way house of one connection."""

    __slots__ = (
        "_incoming",
        "_is_closing",
        "_is_reading",
        "_lower",
        "_open_upper",
        "_outgoing",
        "_registry",
        "_tls",
        "_upper",
        "deadline",
    )

    def __init__(
        self,
        lower: asyncio.Transport,
        registry: Registry,
        context: ssl.SSLContext,
        open_upper: Callable[[asyncio.Transport], asyncio.Protocol],
    ) -> None:
        """Wait for the handshake; `open_upper` makes the protocol that comes after it."""
        self._lower = lower
        self._registry = registry
        self._open_upper = open_upper
        self._upper = _NOBODY
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._is_reading = True
        self._is_closing = False
        self.deadline = 0.0
        registry.add(self)
        registry.watch(self, registry.settings.head_seconds_max)

    # Below: what the socket tells.

    def data_received(self, data: bytes) -> None:
        """Take ciphertext."""
        if self._is_closing:
            return
        self._incoming.write(data)
        try:
            if self._upper is _NOBODY:
                self._shake_hands()
            self._deliver()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:
            self._flush()  # the alert says what was wrong
            self._is_closing = True
            self._close_lower()

    def _shake_hands(self) -> None:
        self._tls.do_handshake()
        self._flush()
        self._registry.unwatch(self)
        self._registry.discard(self)
        self._upper = self._open_upper(self)

    def _deliver(self) -> None:
        """Hand up what can be read; SSLWantReadError says that a record is not whole."""
        while self._is_reading and not self._is_closing:
            self._registry.outbox.send(self)  # behind a broken record nothing can be written
            data = self._tls.read(_RECORD_BYTES)
            if not data:  # close_notify
                self.close()
                return
            self._upper.data_received(data)
            if not self._incoming.pending and not self._tls.pending():
                return  # asking OpenSSL once more would only raise: 2 of 11 µs a message

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._lower.write(self._outgoing.read())

    def eof_received(self) -> None:
        """Learn of the client's FIN: both halves end."""
        self._registry.outbox.send(self)
        self._is_closing = True
        self._close_lower()

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that TCP is gone."""
        self._is_closing = True
        self._registry.unwatch(self)
        self._registry.discard(self)
        self._upper.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._upper.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._upper.resume_writing()

    def expire(self) -> None:
        """Drop a client that did not finish its handshake or its end in time."""
        self._lower.abort()

    # Above: what the protocol asks.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if self._is_closing or not data:
            return
        try:
            self._tls.write(data)
        except ssl.SSLError:
            self.abort()
            return
        self._lower.write(self._outgoing.read())

    def write_eof(self) -> None:
        """Say close_notify and close our half of TCP; what still comes is dropped."""
        self._say_goodbye()
        self._lower.write_eof()

    def can_write_eof(self) -> bool:
        """Tell that `write_eof` works."""
        return True

    def close(self, code: int = 0, reason: str = "") -> None:  # noqa: ARG002  # a Connection's
        """Say close_notify, send what is left, close."""
        self._say_goodbye()
        self._close_lower()

    def _close_lower(self) -> None:
        """Close TCP; what the client has not read by then has little time."""
        self._lower.close()
        self._registry.watch(self, self._registry.settings.close_seconds_max)

    def _say_goodbye(self) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        with suppress(ssl.SSLError):  # it wants the client's close_notify; nobody waits for that
            self._tls.unwrap()
        self._flush()

    def abort(self) -> None:
        """Drop the connection."""
        self._is_closing = True
        self._lower.abort()

    def is_closing(self) -> bool:
        """Tell whether nothing can be written any more."""
        return self._is_closing

    def pause_reading(self) -> None:
        """Read no more."""
        self._is_reading = False
        self._lower.pause_reading()

    def resume_reading(self) -> None:
        """Read again, first what is decrypted or can be."""
        if self._is_reading or self._is_closing:
            return
        self._is_reading = True
        self._lower.resume_reading()
        asyncio.get_running_loop().call_soon(self.data_received, b"")

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Change who is above."""
        self._upper = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Tell who is above."""
        return self._upper

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Pass it on: the lower transport's buffer is the only one."""
        self._lower.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Tell how much waits in the lower transport."""
        return self._lower.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Tell about TLS (`ssl_object`) or about the socket."""
        if name == "ssl_object":
            return self._tls
        return self._lower.get_extra_info(name, default)
