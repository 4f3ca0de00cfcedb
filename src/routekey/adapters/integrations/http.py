"""HTTP integrations: HTTP and HTTP_PROXY.

Source: DP-INT-05, DP-INT-23 to DP-INT-34, DP-HSK-12.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from functools import cache
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from routekey.adapters.integrations.http_pool import HttpPool, Origin, UnreachableError
from routekey.errors import IntegrationFailure, IntegrationTimeout
from routekey.gateway.ports import HttpCall, HttpOutcome

UNREACHABLE_STATUS: Final = 504
"""Of INTEGRATION_FAILURE. Source: DP-HSK-12, DP-HSK-19."""

TlsContexts = Callable[[str | None], ssl.SSLContext | None]
"""From the id of a client certificate, or None, to what TLS uses; None where the id is unknown."""

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What would end a header: RFC 9110, 5.5. A value may come from a client's message."""
_HOST: Final = re.compile(r"[\w.:%-]+")
_SAFE: Final = "!$%&'()*+,-./:;=?@_~"
_OWN: Final = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding"})
"""Headers of the connection, which is ours."""
_PORTS: Final = {"http": 80, "https": 443}


@cache  # reads the system's authorities: 24 ms, for which only a backend with HTTPS has to wait
def system_context() -> ssl.SSLContext:
    """Trust what the system trusts, and show no certificate."""
    return ssl.create_default_context()


def system_tls(certificate_id: str | None) -> ssl.SSLContext | None:
    """Trust what the system trusts; there are no client certificates."""
    return system_context() if certificate_id is None else None


class HttpIntegration:
    """Ask an HTTP backend, once, and not longer than the route allows.

    Args:
        pool: reaches the backends.
        tls: gives the TLS context of a stage's client certificate (DP-INT-34).
    """

    def __init__(self, pool: HttpPool, tls: TlsContexts) -> None:
        self._pool = pool
        self._tls = tls

    async def invoke(self, call: HttpCall) -> HttpOutcome:
        """Make one attempt.

        Raises:
            IntegrationTimeout: no answer in time.
            IntegrationFailure: the backend was not reached, or its answer is malformed, too large
                or cut off; or the URL, the method or a header cannot be sent.
        """
        url = _split(call.url)
        origin = self._find_origin(call, url)
        request = build_request(call.method, url, call.headers, call.body)
        # `asyncio.timeout` cancels the current task, and a message has none until it first waits
        # (`tasks.run_soon`).
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(call.timeout_ms / 1000):
                return await self._pool.send(origin, request, is_bodiless=call.method == "HEAD")
        except TimeoutError:
            reason = f"{origin.host} did not answer within {call.timeout_ms} ms"
            raise IntegrationTimeout(reason) from None
        except UnreachableError as error:
            raise IntegrationFailure(str(error), status=UNREACHABLE_STATUS) from error

    def _find_origin(self, call: HttpCall, url: SplitResult) -> Origin:
        try:
            port = url.port or _PORTS[url.scheme]
        except (ValueError, KeyError):
            raise IntegrationFailure(f"{call.url} is no URL of a backend") from None
        if not url.hostname or not _HOST.fullmatch(url.hostname):
            raise IntegrationFailure(f"{call.url} names no host")
        if url.scheme == "http":
            return Origin(url.hostname, port)
        context = self._tls(call.client_certificate_id)
        if context is None:
            raise IntegrationFailure(f"there is no client certificate {call.client_certificate_id}")
        return Origin(url.hostname, port, context, call.tls_server_name)


def build_request(
    method: str, url: SplitResult, headers: tuple[tuple[str, str], ...], body: bytes
) -> bytes:
    """Write a request.

    Headers of the connection are ours; `Host` is the backend's unless it is mapped. What is not
    ASCII in the path is percent-encoded, and what would split the request is refused.

    Raises:
        IntegrationFailure: the method or a header cannot be sent.
    """
    if not _TOKEN.fullmatch(method):
        raise IntegrationFailure(f"{method!r} is no HTTP method")
    target = quote(url.path or "/", safe=_SAFE)
    if url.query:
        target = f"{target}?{quote(url.query, safe=_SAFE)}"
    lines = [f"{method} {target} HTTP/1.1"]
    if not any(name.lower() == "host" for name, _ in headers):
        lines.append(f"Host: {_write_host(url)}")
    for name, value in headers:
        if name.lower() in _OWN:
            continue
        if not _TOKEN.fullmatch(name) or _FORBIDDEN.search(value):
            raise IntegrationFailure(f"the header {name!r} has characters that HTTP does not allow")
        lines.append(f"{name}: {value.strip()}")
    lines.append(f"Content-Length: {len(body)}\r\n\r\n")
    return "\r\n".join(lines).encode("utf-8", "replace") + body


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise IntegrationFailure(f"{text!r} is no URL") from None


def _write_host(url: SplitResult) -> str:
    host = url.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    elif not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise IntegrationFailure(f"{host!r} is no host name") from None
    return f"{host}:{url.port}" if url.port else host
