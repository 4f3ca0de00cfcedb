"""HTTP integrations against a real backend: what it gets, and what its misbehaviour becomes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from adapters.integrations.conftest import Backend, answer
from routekey.adapters.integrations.http import HttpIntegration, build_request, system_tls
from routekey.adapters.integrations.http_answer import BODY_BYTES_MAX
from routekey.adapters.integrations.http_pool import HttpPool
from routekey.errors import IntegrationFailure, IntegrationTimeout
from routekey.gateway.ports import HttpCall, HttpOutcome


@pytest.fixture
async def pool() -> AsyncIterator[HttpPool]:
    pool = HttpPool(allows_private=True)
    yield pool
    pool.close()


@pytest.fixture
def http(pool: HttpPool, no_tls: Callable[[str | None], ssl.SSLContext | None]) -> HttpIntegration:
    return HttpIntegration(pool, no_tls)


@pytest.fixture
def call(backend: Backend) -> HttpCall:
    return HttpCall(
        method="POST",
        url=f"{backend.url}/a?b=c",
        headers=(("X-Amzn-Trace-Id", "Root=1"),),
        body=b"hello",
        timeout_ms=10_000,
    )


@pytest.mark.rule("DP-INT-23", "DP-INT-24", "DP-INT-26")
async def test_a_backend_gets_the_call_and_its_answer_comes_back(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    outcome = await http.invoke(call)
    assert outcome == HttpOutcome(status=200, headers=(("Content-Length", "2"),), body=b"ok")
    assert backend.requests == [
        (
            b"POST /a?b=c HTTP/1.1\r\n"
            + f"Host: 127.0.0.1:{backend.port}\r\n".encode()
            + b"X-Amzn-Trace-Id: Root=1\r\nContent-Length: 5\r\n\r\n",
            b"hello",
        )
    ]


async def test_calls_one_after_the_other_share_a_connection(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    for _ in range(3):
        await http.invoke(call)
    assert backend.connections == 1


async def test_calls_at_once_have_connections_of_their_own(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    outcomes = await asyncio.gather(*(http.invoke(call) for _ in range(20)))
    assert [outcome.status for outcome in outcomes] == [200] * 20
    assert backend.connections == 20


@pytest.mark.rule("DP-INT-33")
async def test_a_backend_that_is_not_there_is_a_failure(
    http: HttpIntegration, call: HttpCall
) -> None:
    with pytest.raises(IntegrationFailure, match=r"127\.0\.0\.1:1: ") as caught:
        await http.invoke(replace(call, url="http://127.0.0.1:1/"))
    assert caught.value.status == 504


async def test_a_name_that_does_not_resolve_is_a_failure(
    http: HttpIntegration, call: HttpCall
) -> None:
    with pytest.raises(IntegrationFailure, match=r"no\.such\.host\.invalid"):
        await http.invoke(replace(call, url="http://no.such.host.invalid/"))


@pytest.mark.rule("DP-INT-33", "DP-INT-04")
async def test_a_backend_that_is_silent_is_a_timeout_and_its_connection_is_closed(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    backend.behave = answer()
    with pytest.raises(IntegrationTimeout, match="50 ms"):
        await http.invoke(replace(call, timeout_ms=50))
    await backend.wait_closed()


async def test_a_backend_that_trickles_is_a_timeout_too(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    async def trickle(
        backend: Backend, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await backend.read_body(head, reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b".")
            await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.005):
                    await reader.readexactly(1)

    backend.behave = trickle
    with pytest.raises(IntegrationTimeout):
        await http.invoke(replace(call, timeout_ms=60))
    await backend.wait_closed()


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([b"nonsense\r\n\r\n"], "malformed"),
        ([], "closed the connection before"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"], "before its answer was complete"),
        ([b"HTTP/1.1 200 OK\r\n\r\n", b"x" * (BODY_BYTES_MAX + 1)], "larger than"),
        ([b"HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"], "switched protocols"),
    ],
)
async def test_an_answer_that_is_none_is_a_failure_and_closes_the_connection(
    http: HttpIntegration, backend: Backend, call: HttpCall, parts: list[bytes], reason: str
) -> None:
    backend.behave = answer(*parts, then_close=True)
    with pytest.raises(IntegrationFailure, match=reason) as caught:
        await http.invoke(call)
    assert caught.value.status == 504
    await backend.wait_closed()
    assert len(backend.requests) == 1


@pytest.mark.rule("DP-INT-05")
async def test_a_call_is_made_once_even_if_a_pooled_connection_dies(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    await http.invoke(call)
    backend.behave = answer(then_close=True)
    with pytest.raises(IntegrationFailure, match="before its answer"):
        await http.invoke(call)
    assert len(backend.requests) == 2


async def test_a_call_that_nobody_waits_for_closes_its_connection(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    arrived = asyncio.Event()

    async def never(
        backend: Backend, head: bytes, reader: asyncio.StreamReader, _: asyncio.StreamWriter
    ) -> None:
        await backend.read_body(head, reader)
        arrived.set()

    backend.behave = never
    running = asyncio.get_running_loop().create_task(http.invoke(call))
    await arrived.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await backend.wait_closed()


async def test_an_error_of_the_backend_is_an_answer(
    http: HttpIntegration, backend: Backend, call: HttpCall
) -> None:
    backend.behave = answer(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy")
    outcome = await http.invoke(call)
    assert (outcome.status, outcome.body) == (503, b"busy")


async def test_a_head_has_no_body(http: HttpIntegration, backend: Backend, call: HttpCall) -> None:
    backend.behave = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    outcome = await http.invoke(replace(call, method="HEAD", body=b""))
    assert (outcome.status, outcome.body) == (200, b"")


async def test_private_addresses_are_refused_where_the_switch_says_so(
    backend: Backend, call: HttpCall, no_tls: Callable[[str | None], ssl.SSLContext | None]
) -> None:
    http = HttpIntegration(HttpPool(allows_private=False), no_tls)
    for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]"):
        with pytest.raises(IntegrationFailure, match="no public address"):
            await http.invoke(replace(call, url=f"http://{host}:{backend.port}/"))
    assert backend.connections == 0


@pytest.mark.rule("DP-INT-34")
async def test_an_unknown_client_certificate_is_a_failure(
    backend: Backend, call: HttpCall, pool: HttpPool
) -> None:
    http = HttpIntegration(pool, system_tls)
    url = backend.url.replace("http:", "https:")
    with pytest.raises(IntegrationFailure, match="certificate abc"):
        await http.invoke(replace(call, url=url, client_certificate_id="abc"))


async def test_a_backend_without_tls_fails_the_handshake(
    backend: Backend, call: HttpCall, pool: HttpPool
) -> None:
    async def plain(
        _: Backend, __: bytes, ___: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    backend.behave = plain
    http = HttpIntegration(pool, system_tls)
    url = backend.url.replace("http:", "https:")
    with pytest.raises((IntegrationFailure, IntegrationTimeout)):
        await http.invoke(replace(call, url=url, timeout_ms=2000))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "ftp://127.0.0.1/",
        "http://",
        "http:///path",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://a b/",
        f"http://{'a' * 64}é.example/",
        "gopher://127.0.0.1:70/x",
    ],
)
async def test_a_url_that_names_no_backend_is_a_failure(
    http: HttpIntegration, call: HttpCall, url: str
) -> None:
    with pytest.raises(IntegrationFailure):
        await http.invoke(replace(call, url=url))


def lines(request: bytes) -> list[bytes]:
    return request.split(b"\r\n")


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("http://h", b"GET / HTTP/1.1"),
        ("http://h/a b/é?q=a b&r=%20#f", b"GET /a%20b/%C3%A9?q=a%20b&r=%20 HTTP/1.1"),
        ("http://h/a\x00b", b"GET /a%00b HTTP/1.1"),
    ],
)
def test_a_path_is_encoded_where_it_has_to_be(url: str, line: bytes) -> None:
    assert lines(build_request("GET", urlsplit(url), (), b""))[0] == line


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://h:8080/", b"Host: h:8080"),
        ("https://h/", b"Host: h"),
        ("http://[::1]:1/", b"Host: [::1]:1"),
        ("http://user:secret@h/", b"Host: h"),
        ("http://bücher.example/", b"Host: xn--bcher-kva.example"),
    ],
)
def test_the_host_is_the_backends(url: str, host: bytes) -> None:
    assert lines(build_request("GET", urlsplit(url), (), b""))[1] == host


@pytest.mark.rule("DP-INT-28")
def test_a_mapped_host_wins_and_headers_of_the_connection_are_ours() -> None:
    headers = (("host", "other"), ("Content-Length", "99"), ("Connection", "close"), ("A", " b "))
    assert build_request("PUT", urlsplit("http://h/"), headers, b"xy") == (
        b"PUT / HTTP/1.1\r\nhost: other\r\nA: b\r\nContent-Length: 2\r\n\r\nxy"
    )


@pytest.mark.parametrize(
    "header",
    [("X", "a\r\nY: b"), ("X", "a\nb"), ("X", "a\x00"), ("X Y", "a"), ("", "a"), ("X:", "a")],
)
def test_a_header_that_would_split_the_request_is_refused(header: tuple[str, str]) -> None:
    with pytest.raises(IntegrationFailure, match="characters that HTTP does not allow"):
        build_request("GET", urlsplit("http://h/"), (header,), b"")


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\n", "GET /x"])
def test_a_method_that_would_split_the_request_is_refused(method: str) -> None:
    with pytest.raises(IntegrationFailure, match="no HTTP method"):
        build_request(method, urlsplit("http://h/"), (), b"")
