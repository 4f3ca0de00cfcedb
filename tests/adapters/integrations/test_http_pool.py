"""The pool: what is used again, what is closed, and whom TLS trusts."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.integrations.conftest import Backend, answer
from routekey.adapters.integrations.http_pool import IDLE_MAX, HttpPool, Origin, UnreachableError

REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    pool = HttpPool(allows_private=True)
    yield pool
    pool.close()


@pytest.fixture
def origin(backend: Backend) -> Origin:
    return Origin("127.0.0.1", backend.port)


async def send(pool: HttpPool, origin: Origin) -> bytes:
    return (await pool.send(origin, REQUEST, is_bodiless=False)).body


async def test_a_connection_is_used_again(pool: HttpPool, backend: Backend, origin: Origin) -> None:
    assert await send(pool, origin) == b"ok"
    assert pool.idle_count == 1
    assert await send(pool, origin) == b"ok"
    assert backend.connections == 1


async def test_a_connection_that_the_backend_closed_is_not(
    pool: HttpPool, backend: Backend, origin: Origin
) -> None:
    backend.behave = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", then_close=True)
    for _ in range(3):
        assert await send(pool, origin) == b"ok"
        while any(each.is_open for each in pool._idle[origin]):  # noqa: ASYNC110  # no event tells
            await asyncio.sleep(0)
    assert backend.connections == 3


async def test_answers_have_a_room_in_common_that_they_give_back(
    backend: Backend, origin: Origin
) -> None:
    pool = HttpPool(allows_private=True, answers_bytes_max=150)
    for size in (100, 200, 100, 100):
        body = b"x" * size
        backend.behave = answer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size, body)
        if size > 150:
            with pytest.raises(UnreachableError, match="more than there is room for"):
                await send(pool, origin)
        else:
            assert await send(pool, origin) == body
    pool.close()


async def test_a_connection_that_waited_too_long_is_closed(
    backend: Backend, origin: Origin
) -> None:
    pool = HttpPool(allows_private=True, idle_seconds_max=0)
    assert await send(pool, origin) == b"ok"
    await backend.wait_closed()
    assert pool.idle_count == 0
    await send(pool, origin)
    assert await send(pool, origin) == b"ok"  # stale, though the sweep has not run yet
    assert backend.connections == 3
    pool.close()


async def test_the_sweep_leaves_what_is_fresh(
    pool: HttpPool, backend: Backend, origin: Origin
) -> None:
    await asyncio.gather(send(pool, origin), send(pool, origin))
    pool._idle[origin][0].idle_since -= 10
    pool._sweep_idle()
    assert pool.idle_count == 1
    assert await send(pool, origin) == b"ok"
    assert backend.connections == 2


async def test_a_connection_that_the_backend_wants_closed_is_not_kept(
    pool: HttpPool, backend: Backend, origin: Origin
) -> None:
    backend.behave = answer(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    assert await send(pool, origin) == b"ok"
    assert pool.idle_count == 0
    await backend.wait_closed()


async def test_a_public_address_may_always_be_reached() -> None:
    """It is only looked up here: an address resolves to itself."""
    pool = HttpPool(allows_private=False)
    assert await pool._resolve(Origin("8.8.8.8", 53)) == ["8.8.8.8"]


async def test_only_so_many_wait_for_one_backend(
    pool: HttpPool, backend: Backend, origin: Origin
) -> None:
    await asyncio.gather(*(send(pool, origin) for _ in range(IDLE_MAX + 5)))
    assert pool.idle_count == IDLE_MAX
    pool.close()
    await backend.wait_closed()


async def test_a_name_with_several_addresses_is_tried_at_each(
    pool: HttpPool, backend: Backend
) -> None:
    """The backend listens on IPv4 alone; `localhost` may be ::1 first."""
    assert await send(pool, Origin("localhost", backend.port)) == b"ok"


@pytest.mark.parametrize("host", ["a" * 70, "é" * 70, "", "nowhere.invalid"])
async def test_a_host_that_is_none_is_unreachable(pool: HttpPool, host: str) -> None:
    with pytest.raises(UnreachableError):
        await send(pool, Origin(host, 1))


def make_certificate(folder: Path, name: str) -> Path:
    """Make a self-signed certificate for a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.fromtimestamp(0, UTC)
    names = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.2"))]
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=40_000))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[tuple[Backend, ssl.SSLContext]]:
    """A backend with TLS for `backend.test`, and a context that trusts it."""
    file = make_certificate(tmp_path, "backend.test")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    backend = Backend()
    server = await asyncio.start_server(backend.serve, "127.0.0.1", 0, ssl=context)
    backend.port = server.sockets[0].getsockname()[1]
    yield backend, ssl.create_default_context(cafile=str(file))
    server.close()


async def test_tls_may_verify_another_name_than_the_hosts(
    pool: HttpPool, secure: tuple[Backend, ssl.SSLContext]
) -> None:
    backend, context = secure
    assert await send(pool, Origin("127.0.0.1", backend.port, context, "backend.test")) == b"ok"
    with pytest.raises(UnreachableError, match="certificate"):
        await send(pool, Origin("127.0.0.1", backend.port, context))


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    pool: HttpPool, secure: tuple[Backend, ssl.SSLContext]
) -> None:
    backend, _ = secure
    strangers = ssl.create_default_context()
    with pytest.raises(UnreachableError, match="certificate"):
        await send(pool, Origin("127.0.0.1", backend.port, strangers, "backend.test"))
