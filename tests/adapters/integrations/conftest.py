"""A backend on a real socket that behaves as a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

Behaviour = Callable[
    ["Backend", bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]
]
"""Takes the head of a request, and its connection, whose body is still unread."""


class Backend:
    """An HTTP server that misbehaves on purpose."""

    def __init__(self) -> None:
        self.behave: Behaviour = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        self.requests: list[tuple[bytes, bytes]] = []
        """Heads and bodies, in the order in which they came."""
        self.connections = 0
        self.open_connections = 0
        self.port = 0
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def wait_closed(self) -> None:
        """Wait until no client holds a connection."""
        while self.open_connections:
            self._changed.clear()
            await self._changed.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self.behave(self, head, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_connections -= 1
            self._changed.set()
            writer.close()

    async def read_body(self, head: bytes, reader: asyncio.StreamReader) -> None:
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if line.startswith(b"content-length")
        )
        self.requests.append((head, await reader.readexactly(length)))


def answer(*parts: bytes, then_close: bool = False) -> Behaviour:
    """Read the request and send the parts, each in a segment of its own."""

    async def behave(
        backend: Backend, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await backend.read_body(head, reader)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        if then_close:
            raise ConnectionResetError

    return behave


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    backend = Backend()
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0)
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        server.close()


@pytest.fixture
def no_tls() -> Callable[[str | None], ssl.SSLContext | None]:
    """A stage without client certificates, and backends without TLS."""
    return lambda _: None
