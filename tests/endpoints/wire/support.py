"""What the tests of the wire share: a client's frames, an application that records, a server."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from routekey.endpoints.wire import Exchange, Listener, Request, Response, Settings, WebSocket
from routekey.errors import LimitExceededException

MASK = b"\x11\x22\x33\x44"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""RFC 6455's own sample, 1.3."""
UPGRADE = (
    "GET /dev HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()
QUICK = Settings(
    tick_seconds=0.02,
    head_seconds_max=0.1,
    body_seconds_max=0.1,
    keep_alive_seconds_max=0.1,
    answer_seconds_max=0.1,
    close_seconds_max=0.1,
    stall_seconds_max=0.1,
)
"""Every deadline passes at once."""
PATIENT = replace(QUICK, head_seconds_max=10)
"""Every deadline but the first: on a busy machine what is sent at once may be read late."""


class FixedClock:
    """It is always the same time."""

    def now_ms(self) -> int:
        return 1_790_000_000_000


DATE = "Mon, 21 Sep 2026 14:13:20 GMT"


def frame(head: int, payload: bytes = b"", *, length: bytes | None = None) -> bytes:
    """Make a client's frame; `length` overrides the bytes of the length field."""
    size = len(payload)
    if length is None:
        if size < 126:
            length = bytes([0x80 | size])
        elif size < 1 << 16:
            length = b"\xfe" + size.to_bytes(2, "big")
        else:
            length = b"\xff" + size.to_bytes(8, "big")
    masked = bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))
    return bytes([head]) + length + MASK + masked


def text(payload: str | bytes) -> bytes:
    """Make a client's text message of one frame."""
    return frame(0x81, payload.encode() if isinstance(payload, str) else payload)


def close(code: int | None = None, reason: str = "") -> bytes:
    """Make a client's close frame."""
    return frame(0x88, b"" if code is None else code.to_bytes(2, "big") + reason.encode())


class Recorder:
    """A session that keeps what it is told, and can answer."""

    def __init__(self) -> None:
        self.texts: asyncio.Queue[bytes] = asyncio.Queue()
        self.binaries: asyncio.Queue[bytes] = asyncio.Queue()
        self.pings: asyncio.Queue[None] = asyncio.Queue()
        self.closed: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        self.on_message: Callable[[bytes], None] = lambda _: None
        self._websocket: WebSocket | None = None

    @property
    def websocket(self) -> WebSocket:
        assert self._websocket is not None
        return self._websocket

    @websocket.setter
    def websocket(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    def on_text(self, text: bytes) -> None:
        self.texts.put_nowait(text)
        self.on_message(text)

    def on_binary(self, payload: bytes) -> None:
        self.binaries.put_nowait(payload)

    def on_ping(self) -> None:
        self.pings.put_nowait(None)

    def on_closed(self, code: int, reason: str) -> None:
        self.closed.put_nowait((code, reason))


def answer_with_body(exchange: Exchange) -> None:
    """Answer 200 with the request's method, target and body."""
    request = exchange.request
    body = f"{request.method} {request.target} ".encode() + request.body
    exchange.respond(Response(status=200, body=body))


@dataclass
class Site:
    """An application: WebSockets are recorded, requests answered by `answer`."""

    answer: Callable[[Exchange], None] = answer_with_body
    accepts: bool = True
    """Whether an upgrade is granted at once; otherwise `answer` decides."""
    is_echo: bool = False
    session_type: type[Recorder] = Recorder
    requests: list[Request] = field(default_factory=list)
    exchanges: asyncio.Queue[Exchange] = field(default_factory=asyncio.Queue)
    sessions: asyncio.Queue[Recorder] = field(default_factory=asyncio.Queue)

    def handle_request(self, exchange: Exchange) -> None:
        self.requests.append(exchange.request)
        self.exchanges.put_nowait(exchange)
        if exchange.request.is_upgrade and self.accepts:
            self.accept(exchange)
        else:
            self.answer(exchange)

    def accept(self, exchange: Exchange, *headers: tuple[str, str]) -> Recorder:
        """Grant an upgrade."""
        session = self.session_type()
        session.websocket = exchange.upgrade(headers, session)
        if self.is_echo:
            session.on_message = session.websocket.send_text
        self.sessions.put_nowait(session)
        return session


@asynccontextmanager
async def listen(
    site: Site, settings: Settings | None = None, context: ssl.SSLContext | None = None
) -> AsyncIterator[Listener]:
    """Run a listener; at the end every connection has to be forgotten."""
    listener = await Listener.start(
        site, "127.0.0.1", 0, clock=FixedClock(), ssl_context=context, settings=settings
    )
    try:
        yield listener
    finally:
        listener.abort()
        await listener.wait_closed()


async def fill(session: Recorder) -> int:
    """Send until the buffer is full; give how many bytes will come."""
    taken = 0
    while True:
        try:
            session.websocket.send_text(b"a" * 131072)
        except LimitExceededException:
            return taken
        taken += 131072 + 4 * 4  # four frames
        await asyncio.sleep(0)


async def all_gone(listener: Listener) -> None:
    """Wait until no connection is left."""
    await listener._registry.wait_empty()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what sets no event."""
    while not condition():  # noqa: ASYNC110  # see above
        await asyncio.sleep(0)


@dataclass
class Client:
    """A raw connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def read_head(self) -> list[str]:
        """Read one response head: its lines."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        return head.decode().split("\r\n")[:-2]

    async def read_response(self) -> tuple[int, bytes]:
        """Read one response with a `Content-Length`: status and body."""
        lines = await self.read_head()
        lengths = [line.split(": ")[1] for line in lines if line.lower().startswith("content-le")]
        body = await self.reader.readexactly(int(lengths[0]) if lengths else 0)
        return int(lines[0].split(" ")[1]), body

    async def read_all(self) -> bytes:
        """Read until the server closes its half; a reset counts as the end."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""


@asynccontextmanager
async def connect(listener: Listener, data: bytes = b"") -> AsyncIterator[Client]:
    """Open a raw connection and send something."""
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    try:
        if data:
            writer.write(data)
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def open_websocket(
    site: Site, listener: Listener, behind: bytes = b""
) -> AsyncIterator[tuple[Client, Recorder]]:
    """Open a raw WebSocket; `behind` follows the handshake in the same write."""
    async with connect(listener, UPGRADE + behind) as client:
        assert (await client.read_head())[0] == "HTTP/1.1 101 Switching Protocols"
        yield client, await site.sessions.get()
