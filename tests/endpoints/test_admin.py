"""The admin listener, on a real socket."""

import asyncio
import contextlib
import http.client
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from routekey.endpoints.admin import AdminListener, create_admin

Answer = tuple[int, str]


class Readiness:
    """Whether the gateway under test serves."""

    is_ready = True


@pytest.fixture
def readiness() -> Readiness:
    return Readiness()


@pytest.fixture
async def listener(readiness: Readiness) -> AsyncIterator[AdminListener]:
    application = create_admin(lambda: readiness.is_ready, allowed_hosts=["Admin.Example.com"])
    listener = AdminListener(application)
    listener.start("127.0.0.1", 0)
    yield listener
    await listener.close()


async def get(listener: AdminListener, path: str, headers: list[tuple[str, str]]) -> Answer:
    """Ask with exactly these headers, `Host` included."""
    return await asyncio.to_thread(_get, listener.port, path, headers)


def _get(port: int, path: str, headers: list[tuple[str, str]]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("GET", path, skip_host=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body


async def test_it_is_healthy(listener: AdminListener) -> None:
    assert await get(listener, "/healthz", [("Host", "localhost")]) == (200, "ok\n")


async def test_it_is_ready_while_the_gateway_serves(
    listener: AdminListener, readiness: Readiness
) -> None:
    assert await get(listener, "/readyz", [("Host", "localhost")]) == (200, "ready\n")
    readiness.is_ready = False
    assert await get(listener, "/readyz", [("Host", "localhost")]) == (503, "not ready\n")


async def test_an_unknown_path_is_404(listener: AdminListener) -> None:
    status, _ = await get(listener, "/nothing", [("Host", "localhost")])
    assert status == 404


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8081", "127.0.0.1:8081", "[::1]:8081", "api.localhost:1",
     "admin.example.com"],
)  # fmt: skip
async def test_it_answers_to_its_own_names(listener: AdminListener, host: str) -> None:
    status, _ = await get(listener, "/healthz", [("Host", host)])
    assert status == 200


@pytest.mark.parametrize(
    "host", ["attacker.example", "localhost.attacker.example", "10.0.0.1", "", "[::1", "[x]:1"]
)
async def test_a_name_that_an_attacker_points_at_loopback_is_refused(
    listener: AdminListener, host: str
) -> None:
    status, body = await get(listener, "/healthz", [("Host", host)])
    assert status == 403
    assert "host name" in body


async def test_two_hosts_are_refused(listener: AdminListener) -> None:
    headers = [("Host", "localhost"), ("Host", "attacker.example")]
    status, _ = await get(listener, "/healthz", headers)
    assert status in {400, 403}


@pytest.mark.parametrize("origin", ["http://localhost:8081", "https://LOCALHOST:8081"])
async def test_its_own_pages_may_call_it(listener: AdminListener, origin: str) -> None:
    headers = [("Host", "localhost:8081"), ("Origin", origin)]
    status, _ = await get(listener, "/healthz", headers)
    assert status == 200


@pytest.mark.parametrize(
    "origin",
    ["http://attacker.example", "null", "", "http://[", "http://localhost:3000",
     "http://localhost:8081.attacker.example", "file://localhost:8081"],
)  # fmt: skip
async def test_pages_of_other_sites_may_not(listener: AdminListener, origin: str) -> None:
    """A development server on another port of localhost is another site too."""
    headers = [("Host", "localhost:8081"), ("Origin", origin)]
    status, body = await get(listener, "/healthz", headers)
    assert status == 403
    assert "other sites" in body


async def test_nobody_asks_from_an_address_that_he_writes_himself() -> None:
    """A policy on `aws:SourceIp` would be worth nothing: also on loopback no proxy is believed."""

    def tell(request: Request) -> Response:
        source_ip = request.client.host if request.client else ""
        return PlainTextResponse(f"{source_ip} {request.url.scheme}")

    listener = AdminListener(create_admin(lambda: True, routes=[Route("/tell", tell)]))
    listener.start("127.0.0.1", 0)
    forwarded = [("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-Proto", "https")]
    answer = await get(listener, "/tell", [("Host", "localhost"), *forwarded])
    await listener.close()
    assert answer == (200, "127.0.0.1 http")


@pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "])
async def test_a_head_without_an_end_is_not_kept(listener: AdminListener, start: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    writer.write(start)
    with contextlib.suppress(ConnectionError):
        for _ in range(1000):  # 64 MB in all
            writer.write(b"a" * 65_536)
            await writer.drain()
        pytest.fail("all of it was taken")
    writer.close()
    with contextlib.suppress(ConnectionError):
        answer = await reader.read()
        assert answer.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


async def test_a_long_body_is_no_long_head(listener: AdminListener) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    for _ in range(2):
        head = b"POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n"
        writer.write(head + b"a" * 500_000)
        assert (await reader.readline()).startswith(b"HTTP/1.1 405 ")
        await reader.readuntil(b"Method Not Allowed")
    writer.close()


async def test_a_port_in_use_is_the_callers_to_report(listener: AdminListener) -> None:
    with pytest.raises(OSError, match="in use"):
        AdminListener(create_admin(lambda: True)).start("127.0.0.1", listener.port)


async def test_closing_what_never_started_does_nothing() -> None:
    await AdminListener(create_admin(lambda: True)).close()


async def test_it_listens_on_ipv6() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    listener = AdminListener(create_admin(lambda: True))
    listener.start("::1", 0)
    assert listener.port > 0
    await listener.close()


async def test_after_closing_nobody_listens() -> None:
    listener = AdminListener(create_admin(lambda: True))
    listener.start("127.0.0.1", 0)
    await get(listener, "/healthz", [("Host", "localhost")])
    await listener.close()
    with pytest.raises(ConnectionRefusedError):
        await get(listener, "/healthz", [("Host", "localhost")])
