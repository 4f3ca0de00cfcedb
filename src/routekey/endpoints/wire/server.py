"""The listener: one port for HTTP/1.1 and WebSocket, each plain or in TLS.

socket → Doorway ─┬─ first byte 0x16 → TlsTransport ─┬─→ HttpConnection → WebSocket
                  └──────────── else ────────────────┘
"""

import asyncio
import ssl
from typing import Self, cast

from routekey.clock import Clock
from routekey.endpoints.wire.exchange import Application, HttpConnection
from routekey.endpoints.wire.registry import Registry
from routekey.endpoints.wire.settings import Settings
from routekey.endpoints.wire.tls import HANDSHAKE_RECORD, TlsTransport
from routekey.endpoints.wire.websocket import CloseCode

_BACKLOG = 4096
"""Connections that wait to be accepted: a reconnecting crowd comes at once. The kernel's own
bound (`net.core.somaxconn`, 4096 by default) cuts it where it is lower."""


class Listener:
    """A port that is listened on, and all its connections."""

    def __init__(self, server: asyncio.Server, registry: Registry) -> None:
        self._server = server
        self._registry = registry
        self.port: int = server.sockets[0].getsockname()[1]
        """The port, also where 0 was asked for."""

    @classmethod
    async def start(
        cls,
        application: Application,
        host: str,
        port: int,
        *,
        clock: Clock,
        ssl_context: ssl.SSLContext | None = None,
        settings: Settings | None = None,
        reuse_port: bool = False,
    ) -> Self:
        """Listen.

        Args:
            application: who answers.
            host: an address of this machine, or a name of one.
            port: 0 takes a free one; see `port`.
            clock: for the `Date` header.
            ssl_context: chooses the certificate; with None, TLS is refused by closing.
            settings: sizes and times; AWS's by default.
            reuse_port: whether several processes share the port, and the kernel spreads clients.

        Raises:
            OSError: the address cannot be had.
        """
        registry = Registry(settings or Settings(), clock)
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: Doorway(application, registry, ssl_context),
                host,
                port,
                backlog=_BACKLOG,
                reuse_port=reuse_port,
            )
        except BaseException:
            registry.stop()
            raise
        return cls(server, registry)

    @property
    def connection_count(self) -> int:
        """How many connections are open, of every kind."""
        return len(self._registry.connections)

    def stop_accepting(self) -> None:
        """Take no new connections; those that are open stay."""
        self._server.close()

    def close(self, code: int = CloseCode.GOING_AWAY, reason: str = "Going away") -> None:
        """Take no new connections and end the open ones kindly.

        WebSockets get this close frame, requests still get their answers. `wait_closed` waits for
        the last one; all that take their time have deadlines.
        """
        self.stop_accepting()
        for connection in list(self._registry.connections):
            connection.close(code, reason)

    def abort(self) -> None:
        """Take no new connections and drop the open ones."""
        self.stop_accepting()
        for connection in list(self._registry.connections):
            connection.abort()

    async def wait_closed(self) -> None:
        """Wait, after `close` or `abort`, until the last connection is gone."""
        await self._registry.wait_empty()
        self._registry.stop()


class Doorway(asyncio.Protocol):
    """A connection that has not said anything yet; its first byte tells TLS from plain."""

    __slots__ = ("_application", "_context", "_registry", "_transport", "deadline")

    def __init__(
        self, application: Application, registry: Registry, context: ssl.SSLContext | None
    ) -> None:
        self._application = application
        self._registry = registry
        self._context = context
        self.deadline = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first byte."""
        self._transport = cast("asyncio.Transport", transport)
        self._registry.add(self)
        self._registry.watch(self, self._registry.settings.head_seconds_max)

    def data_received(self, data: bytes) -> None:
        """Hand over to whoever understands this."""
        transport = self._transport
        self._leave()
        if data[0] != HANDSHAKE_RECORD:
            connection: asyncio.Protocol = self._open_http(transport, is_tls=False)
        elif self._context is None:
            transport.abort()
            return
        else:
            connection = TlsTransport(transport, self._registry, self._context, self._open_https)
        transport.set_protocol(connection)
        connection.data_received(data)

    def _open_http(self, transport: asyncio.Transport, *, is_tls: bool) -> HttpConnection:
        return HttpConnection(transport, self._registry, self._application, is_tls=is_tls)

    def _open_https(self, transport: asyncio.Transport) -> HttpConnection:
        return self._open_http(transport, is_tls=True)

    def _leave(self) -> None:
        self._registry.unwatch(self)
        self._registry.discard(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's name
        """Learn that nothing ever came."""
        self._leave()

    def close(self, code: int, reason: str) -> None:  # noqa: ARG002  # these are a WebSocket's
        """Close: nothing is going on."""
        self._transport.abort()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def expire(self) -> None:
        """Close on a client that says nothing."""
        self._transport.abort()
