"""A bare HTTP server on httptools and uvloop: it reads a POST and answers 200. Prints its port.

It keeps what a gateway would need of a request: the URL, the headers by name, the body.
With a folder it serves TLS, and leaves `authority.pem` there for those who have to trust it.
"""

import asyncio
import ssl
import sys
from pathlib import Path
from typing import cast

import httptools
import uvloop

from routekey.adapters.certificates import CertificateAuthority
from routekey.adapters.system import SystemClock

_ANSWER = (
    b"HTTP/1.1 200 OK\r\n"
    b"Date: Mon, 02 Nov 2026 10:00:00 GMT\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: 0\r\n"
    b"Connection: keep-alive\r\n"
    b"x-amzn-RequestId: 3f3bd7a1-5e3c-4f0e-9d50-0b6c3a1c1e11\r\n"
    b"x-amz-apigw-id: Sx1yQEk9IAMFqZg=\r\n"
    b"X-Amzn-Trace-Id: Root=1-690729a0-4b0f7c3f2f8a1d0c5b6e7f80\r\n\r\n"
)
"""What `@connections` answers (DP-MGM-07): boto3 reads all of it, and it takes some time."""


class Null(asyncio.Protocol):
    """Read requests, and answer each one with nothing."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        assert self.parser.get_method() == b"POST"
        self.transport.write(_ANSWER)


def make_context(folder: Path) -> ssl.SSLContext:
    authority = CertificateAuthority(folder, SystemClock())
    (folder / "authority.pem").write_text(authority.pem, encoding="ascii")
    return authority.server_context()


async def serve(context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Null, "127.0.0.1", 0, backlog=4096, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(make_context(Path(sys.argv[1])) if len(sys.argv) > 1 else None))
