"""The admin listener: health, and what else an operator asks.

It is an ordinary ASGI application on uvicorn, in the gateway's own event loop. It listens on
loopback. A page of another site, open in the operator's browser, could still reach it there, by a
host name that resolves to 127.0.0.1 (DNS rebinding) or by a form: so `Host` has to be a name that
we know, and `Origin`, where there is one, has to be ourselves.
"""

import asyncio
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from routekey.tasks import spawn

_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SHUTDOWN_SECONDS: Final = 2
"""What a request may still take when the gateway stops."""
_HEAD_BYTES_MAX: Final = 64 * 1024
"""Of a request line with its headers, as h11 has it; our own listener takes AWS's 10 KB."""
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Connection: close\r\n"
    b"Content-Length: 0\r\n"
    b"\r\n"
)
_REQUESTS_MAX: Final = 1000
"""At once: one operator's tools; more is a mistake, and is answered 503."""


def create_admin(
    is_ready: Callable[[], bool],
    allowed_hosts: Collection[str] = (),
    *,
    render_metrics: Callable[[], bytes] | None = None,
    routes: Sequence[Route] = (),
) -> ASGIApp:
    """Make the admin application.

    Args:
        is_ready: tells whether the gateway serves: started, and not about to stop.
        allowed_hosts: names, beside those of loopback, under which it may be called.
        render_metrics: writes all metrics in Prometheus' text format; None where nothing counts.
        routes: AWS's APIs.
    """

    def check_health(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    def check_readiness(_: Request) -> Response:
        if is_ready():
            return PlainTextResponse("ready\n")
        return PlainTextResponse("not ready\n", status_code=503)

    def show_metrics(_: Request) -> Response:
        if render_metrics is None:
            return PlainTextResponse("metrics are off: telemetry.is_counting\n", status_code=404)
        return Response(render_metrics(), media_type=_PROMETHEUS)

    own = [
        Route("/healthz", check_health),
        Route("/readyz", check_readiness),
        Route("/metrics", show_metrics),
    ]
    return KnownHosts(Starlette(routes=[*own, *routes]), allowed_hosts)


class KnownHosts:
    """Let through only what was addressed to us by a name of ours, and by no foreign page."""

    def __init__(self, inner: ASGIApp, allowed_hosts: Collection[str]) -> None:
        self._inner = inner
        self._names = _LOOPBACK_NAMES | {name.lower() for name in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403, or hand the request on."""
        headers = [
            (name, value.decode("latin-1"))
            for name, value in scope["headers"]
            if name in {b"host", b"origin"}
        ]
        hosts = [value for name, value in headers if name == b"host"]
        origins = [value for name, value in headers if name == b"origin"]
        if len(hosts) != 1 or not self._is_known(hosts[0]):
            await _refuse("this host name is not one of the admin listener's", scope, receive, send)
        elif any(not _is_same_site(origin, hosts[0]) for origin in origins):
            await _refuse("pages of other sites may not call this", scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return name in self._names or (name is not None and name.endswith(".localhost"))


class AdminListener:
    """The admin application on a socket."""

    def __init__(self, application: ASGIApp) -> None:
        self._server = _Server(
            uvicorn.Config(
                application,
                http=_BoundedHttp,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                limit_concurrency=_REQUESTS_MAX,
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
                server_header=False,
                proxy_headers=False,  # who asks is who connects: anybody can write another address
            )
        )
        self._serving: asyncio.Task[None] | None = None
        self.port = 0
        """The port that it listens on, once it does."""

    def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            OSError: the address is in use, or is none of this machine.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
        listening.setblocking(False)
        # Connections inherit it. asyncio sets it only where a socket says that it speaks TCP, which
        # this one does not; an answer's second segment then waits 40 ms for the first one's ACK.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port = listening.getsockname()[1]
        self._serving = spawn(self._server.serve([listening]), "the admin listener")

    async def close(self) -> None:
        """Stop listening; requests that are running may finish within two seconds."""
        if self._serving is not None:
            self._server.should_exit = True
            await self._serving


class _BoundedHttp(HttpToolsProtocol):
    """uvicorn's HTTP, without requests whose head has no end: it would keep all of it."""

    _is_in_head = False
    _head_bytes = 0
    """Of a head that came in several reads, without the first."""

    def data_received(self, data: bytes) -> None:
        """Take what was read, unless it is too much."""
        if self._head_bytes > _HEAD_BYTES_MAX:
            self.transport.write(_TOO_LARGE)
            self.transport.close()
            return
        was_in_head = self._is_in_head
        super().data_received(data)
        if was_in_head and self._is_in_head:
            self._head_bytes += len(data)

    def on_message_begin(self) -> None:
        """Count from here."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no further."""
        self._is_in_head, self._head_bytes = False, 0
        super().on_headers_complete()


class _Server(uvicorn.Server):
    """uvicorn, without its hands on the process's signals: those are the gateway's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _is_same_site(origin: str, host: str) -> bool:
    scheme, separator, authority = origin.partition("://")
    return bool(separator) and scheme in {"http", "https"} and authority.lower() == host.lower()


async def _refuse(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    response = JSONResponse({"message": f"Forbidden: {reason}"}, status_code=403)
    await response(scope, receive, send)
