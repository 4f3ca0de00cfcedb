"""TLS on the same port, layered by us, with clients of their own."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect as connect_websocket

from endpoints.wire.support import (
    PATIENT,
    QUICK,
    UPGRADE,
    Client,
    Recorder,
    Site,
    all_gone,
    close,
    connect,
    fill,
    listen,
    text,
    until,
)
from routekey.endpoints.wire import Exchange, Listener, Response
from routekey.endpoints.wire.tls import TlsTransport

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
TAMPERED = b"\x17\x03\x03\x00\x20" + b"\x00" * 32
"""A record that nobody encrypted."""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a self-signed certificate for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36500))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def client_context(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


@asynccontextmanager
async def connect_tls(
    listener: Listener, context: ssl.SSLContext, data: bytes = b""
) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, ssl=context)
    try:
        writer.write(data)
        yield Client(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def open_websocket(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> AsyncIterator[tuple[Client, Recorder]]:
    """Give a client whose WebSocket is open, and the server's side of it."""
    site = Site()
    async with (
        listen(site, context=server_context) as listener,
        connect_tls(listener, client_context, UPGRADE) as client,
    ):
        await client.read_head()
        yield client, await site.sessions.get()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.rule("DP-URL-08")
async def test_a_websocket_in_tls(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext, version: ssl.TLSVersion
) -> None:
    client_context.maximum_version = version
    site = Site(is_echo=True)
    async with (
        listen(site, context=server_context) as listener,
        connect_websocket(
            f"wss://127.0.0.1:{listener.port}/dev", ssl=client_context, max_size=None
        ) as client,
    ):
        for size in (1, 20_000, 131_072):
            message = ["é" * (part // 2) for part in _parts(size)]
            await client.send(message)
            assert await client.recv() == "".join(message)
        assert site.requests[0].is_tls
        assert site.requests[0].source_ip == "127.0.0.1"


def _parts(size: int) -> list[int]:
    return [min(32_768, size - start) for start in range(0, size, 32_768)]


async def test_tls_and_plain_share_a_port(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    site = Site()
    async with listen(site, context=server_context) as listener:
        for _ in range(2):
            async with connect(listener, GET) as plain:
                assert (await plain.read_response())[0] == 200
            async with connect_tls(listener, client_context, GET + GET) as secret:
                assert (await secret.read_response())[0] == 200
                assert (await secret.read_response())[0] == 200
    assert [request.is_tls for request in site.requests] == [False, True, True] * 2


async def test_the_certificate_is_chosen_by_name(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    names: list[str | None] = []
    server_context.sni_callback = lambda _, name, __: names.append(name)
    client_context.check_hostname = False
    async with listen(Site(), context=server_context) as listener:
        _, writer = await asyncio.open_connection(
            "127.0.0.1", listener.port, ssl=client_context, server_hostname="api.example"
        )
        writer.transport.abort()
    assert names == ["api.example"]


async def test_the_tls_of_a_connection_can_be_asked_for(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with open_websocket(server_context, client_context) as (_, session):
        transport = session.websocket._transport
        assert transport.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert transport.get_extra_info("no such thing", "default") == "default"
        assert transport.can_write_eof()
        assert not transport.is_closing()


async def test_a_server_that_ends_says_close_notify(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    """Without it, a client cannot tell the end from an attack (RFC 8446, 6.1)."""
    data = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with (
        listen(Site(), context=server_context) as listener,
        connect_by_hand(listener, client_context, data) as client,
    ):
        assert (await client.read_until_close_notify()).startswith(b"HTTP/1.1 200 ")


async def test_a_broken_rule_ends_with_close_notify_too(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    data = UPGRADE + b"\xff\xff" + b"more" * 1000
    async with (
        listen(Site(), context=server_context) as listener,
        connect_by_hand(listener, client_context, data) as client,
    ):
        received = await client.read_until_close_notify()
        assert received.endswith(b"\x88\x19\x03\xeaReserved bits must be 0")


class HandMadeTls:
    """A TLS client without a loop's help: its end can be looked at, and its bytes broken."""

    def __init__(self, client: Client, context: ssl.SSLContext) -> None:
        self.client = client
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="127.0.0.1")

    async def shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._step()
            else:
                return

    async def _step(self) -> None:
        if self._outgoing.pending:
            self.client.send(self._outgoing.read())
        data = await self.client.reader.read(65536)
        assert data, "TCP ended without a close_notify"
        self._incoming.write(data)

    def send(self, data: bytes, *, behind: bytes = b"", is_last: bool = False) -> None:
        """Send data, a close_notify if it is the last, and some bytes that are no ciphertext."""
        self._tls.write(data)
        if is_last:
            with suppress(ssl.SSLWantReadError):
                self._tls.unwrap()
        self.client.send(self._outgoing.read() + behind)

    async def read_until(self, wanted: bytes) -> None:
        received = b""
        while wanted not in received:
            try:
                part = self._tls.read(65536)
            except ssl.SSLWantReadError:
                await self._step()
                continue
            assert part, "close_notify came first"
            received += part

    async def read_until_close_notify(self) -> bytes:
        received = b""
        while True:
            try:
                part = self._tls.read(65536)
            except ssl.SSLWantReadError:
                await self._step()
                continue
            if not part:
                return received
            received += part


@asynccontextmanager
async def connect_by_hand(
    listener: Listener, context: ssl.SSLContext, data: bytes
) -> AsyncIterator[HandMadeTls]:
    async with connect(listener) as client:
        tls = HandMadeTls(client, context)
        await tls.shake_hands()
        tls.send(data)
        yield tls


async def test_a_client_that_says_close_notify_is_gone(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with open_websocket(server_context, client_context) as (client, session):
        client.writer.close()
        assert await session.closed.get() == (1006, "")


async def test_a_client_that_vanishes_is_gone(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with open_websocket(server_context, client_context) as (client, session):
        client.writer.transport.abort()
        assert await session.closed.get() == (1006, "")


async def test_a_close_handshake_in_tls(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    site = Site()
    async with (
        listen(site, context=server_context) as listener,
        connect_tls(listener, client_context, UPGRADE + close(1000, "bye")) as client,
    ):
        await client.read_head()
        assert await client.read_all() == b"\x88\x05\x03\xe8bye"
        assert await (await site.sessions.get()).closed.get() == (1000, "bye")


@pytest.mark.parametrize("ending", ["close_notify", "FIN", "nonsense"])
async def test_a_message_is_answered_that_has_an_end_right_behind_it(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext, ending: str
) -> None:
    async with (
        listen(Site(is_echo=True), context=server_context) as listener,
        connect_by_hand(listener, client_context, UPGRADE) as tls,
    ):
        await tls.read_until(b"\r\n\r\n")
        behind = TAMPERED if ending == "nonsense" else b""
        tls.send(text("hello"), behind=behind, is_last=ending == "close_notify")
        if ending == "FIN":
            tls.client.writer.write_eof()
        await tls.read_until(b"hello")


async def test_a_slow_tls_handshake_is_dropped(server_context: ssl.SSLContext) -> None:
    async with (
        listen(Site(), QUICK, server_context) as listener,
        connect(listener, b"\x16\x03\x01") as client,
    ):
        assert await client.read_all() == b""
        await all_gone(listener)


async def test_what_only_looks_like_tls_is_dropped(server_context: ssl.SSLContext) -> None:
    async with listen(Site(), context=server_context) as listener:
        for data in (
            b"\x16hello, this is no TLS at all",
            b"\x16\x03\x01\xff\xff" + b"\x00" * 70_000,
        ):
            async with connect(listener, data) as client:
                await client.read_all()
                await all_gone(listener)


async def test_ciphertext_that_was_tampered_with_drops_the_connection(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    site = Site()
    async with (
        listen(site, context=server_context) as listener,
        connect_by_hand(listener, client_context, UPGRADE) as client,
    ):
        session = await site.sessions.get()
        client.client.send(TAMPERED)
        assert await session.closed.get() == (1006, "")


def in_tls(listener: Listener) -> list[TlsTransport]:
    """Give the connections whose handshakes are not done."""
    return [each for each in listener._registry.connections if isinstance(each, TlsTransport)]


async def test_a_listener_that_closes_drops_unfinished_handshakes(
    server_context: ssl.SSLContext,
) -> None:
    async with (
        listen(Site(), context=server_context) as listener,
        connect(listener, b"\x16\x03\x01") as client,
    ):
        await until(lambda: bool(in_tls(listener)))
        listener.close()
        await client.read_all()
        await listener.wait_closed()


async def test_a_client_that_does_not_read_is_bounded_in_tls_too(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with open_websocket(server_context, client_context) as (client, session):
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        taken = await fill(session)
        assert session.websocket._transport.get_write_buffer_size() < 2_000_000
        client.send(text("not read meanwhile"))
        client.writer.transport.resume_reading()  # type: ignore[attr-defined]  # it is one
        await client.reader.readexactly(taken)
        assert await session.texts.get() == b"not read meanwhile"


async def test_reading_stops_in_the_middle_of_what_is_decrypted(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with open_websocket(server_context, client_context) as (client, session):
        session.on_message = lambda _: session.websocket.pause_reading()
        for number in range(3):
            client.send(text(str(number) * 20_000))  # each in TLS records of its own
        for number in range(3):
            assert (await session.texts.get())[:1] == str(number).encode()
            session.websocket.resume_reading()


async def test_requests_wait_their_turn_in_tls(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    def answer(exchange: Exchange) -> None:
        respond = exchange.respond
        asyncio.get_running_loop().call_soon(respond, Response(status=200, body=b"a" * 50_000))

    async with (
        listen(Site(answer=answer), context=server_context) as listener,
        connect_tls(listener, client_context, GET * 300) as client,
    ):
        for _ in range(300):
            assert len((await client.read_response())[1]) == 50_000


async def test_nothing_is_written_before_the_handshake_is_done(
    server_context: ssl.SSLContext,
) -> None:
    """OpenSSL refuses; the connection is dropped, and the writer is not bothered."""
    async with (
        listen(Site(), context=server_context) as listener,
        connect(listener, b"\x16\x03\x01") as client,
    ):
        await until(lambda: bool(in_tls(listener)))
        in_tls(listener)[0].write(b"too early")
        assert await client.read_all() == b""


async def test_what_has_ended_can_be_ended_and_written_again(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext
) -> None:
    async with open_websocket(server_context, client_context) as (client, session):
        transport = session.websocket._transport
        assert transport.get_protocol() is session.websocket
        transport.close()
        transport.close()
        transport.write(b"too late")
        transport.resume_reading()
        assert transport.is_closing()
        assert await client.read_all() == b""
        assert await session.closed.get() == (1006, "")


@pytest.mark.parametrize("ending", [b"", TAMPERED])
async def test_a_client_that_ends_without_reading_is_dropped(
    server_context: ssl.SSLContext, client_context: ssl.SSLContext, ending: bytes
) -> None:
    site = Site()
    async with (
        listen(site, PATIENT, server_context) as listener,
        connect_by_hand(listener, client_context, UPGRADE) as tls,
    ):
        session = await site.sessions.get()
        tls.client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is one
        session.websocket._transport.set_write_buffer_limits(high=1 << 30)
        for _ in range(200):
            session.websocket.send_text(b"a" * 131072)
        tls.client.send(ending)
        tls.client.writer.write_eof()
        assert await session.closed.get() == (1006, "")
