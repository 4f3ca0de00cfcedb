"""The HTTP Runtime API: how every runtime but our own bootstraps speaks with the gateway.

One server for each process, on a loopback port, since the clients know nothing but `host:port`.
Web pages in a browser on this machine could reach it too, by the address or by a name that leads
there (DNS rebinding): what bears the marks of one is hung up on.
Both official C++ clients crash when `next` is answered by anything but 200 with a content type
(LAM-RIC-01): so `next` waits as long as it takes, and is never refused.
"""

import asyncio
import json
import re
from collections import deque
from typing import cast

import httptools

from routekey.adapters.functions.channel import Event, Kind, Listener
from routekey.quotas import FUNCTION_RESPONSE_BYTES_MAX

_PREFIX = "/2018-06-01/runtime/"
_INVOCATION = re.compile(r"invocation/([^/]+)/(response|error)")
_OK, _ACCEPTED, _NOT_FOUND, _TOO_LARGE = 200, 202, 404, 413
_REASONS = {
    _OK: "OK",
    _ACCEPTED: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    _NOT_FOUND: "Not Found",
    _TOO_LARGE: "Payload Too Large",
}
_LOOPBACK = "127.0.0.1"
_BROWSER_HEADERS = (b"origin", b"sec-fetch-site")
_PATH_BYTES_MAX = 1024
_HEAD_BYTES_MAX = 2 * 1024 * 1024  # official clients describe a failure in a header of up to 1 MB
CLIENTS_MAX = 256  # connections of one process; an official client opens one or two for an event


class RuntimeApi:
    """The Runtime API for one process; a `Channel`. Source: LAM-RAPI-01 to LAM-RAPI-08."""

    is_polled = True

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._server: asyncio.Server | None = None
        self._polls: deque[_Client] = deque()
        """Connections on which `next` waits; a client has one, or one for each event that it takes
        at once."""
        self._waiting: deque[Event] = deque()
        """Events that wait for a `next`; as many as the environment has given us."""
        self._taken: dict[str, Event] = {}
        """Events whose answers are awaited, by request id."""
        self._clients: set[_Client] = set()

    @property
    def is_open(self) -> bool:
        """Whether a connection is open over which the process may still say something."""
        return any(client.is_open for client in self._clients)

    async def listen(self) -> str:
        """Open the port.

        Returns:
            The value for `AWS_LAMBDA_RUNTIME_API`.
        """
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), _LOOPBACK, 0)
        return f"{_LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    def send(self, event: Event) -> None:
        """Give the event to whoever asks next."""
        self._waiting.append(event)
        self._hand_over()

    def close(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for client in tuple(self._clients):
            client.close()

    def join(self, client: "_Client") -> bool:
        """Take note of a connection; False where there are too many, or the port has closed."""
        self._clients.add(client)
        return self._server is not None and len(self._clients) <= CLIENTS_MAX

    def leave(self, client: "_Client") -> None:
        """Forget a connection; when it was the last, the process may have ended."""
        self._clients.discard(client)
        if client in self._polls:
            self._polls.remove(client)
        if self._server is not None and not self._clients:
            self._listener.take_quiet()

    def answer(self, client: "_Client", method: str, path: str, body: bytes | None) -> None:
        """Answer one request; `body` is None where it is over the limit."""
        target = path.removeprefix(_PREFIX)
        invocation = _INVOCATION.fullmatch(target)
        if client in self._polls:
            client.close()  # its answer is not there yet: no client asks on without it
        elif (method, target) == ("GET", "invocation/next"):
            self._polls.append(client)
            self._listener.take_reply(Kind.READY, 0, b"", "")
            self._hand_over()
        elif method == "POST" and target == "init/error":
            client.write(_ACCEPTED, {"status": "OK"})
            self._listener.take_reply(Kind.INIT_ERROR, 0, body or b"{}", "")
        elif method == "POST" and invocation is not None:
            self._take_answer(client, invocation[1], invocation[2], body)
        else:  # extensions, telemetry and snapshots are not served (LAM-RAPI-06, LAM-RAPI-11)
            client.write(_NOT_FOUND, _refuse("NotFound", f"{method} {path} is not served"))

    def _take_answer(
        self, client: "_Client", request_id: str, what: str, body: bytes | None
    ) -> None:
        """Take a result or an error of the handler. Source: LAM-RAPI-03, -04, -07."""
        if any(event.request_id == request_id for event in self._waiting):
            text = "State transition from Ready to InvocationResponse failed for runtime"
            client.write(403, _refuse("InvalidStateTransition", text))
        elif self._taken.pop(request_id, None) is None:
            client.write(400, _refuse("InvalidRequestID", "Invalid request ID"))
        elif body is None:
            text = f"Exceeded maximum allowed payload size ({FUNCTION_RESPONSE_BYTES_MAX} bytes)."
            client.write(_TOO_LARGE, _refuse("RequestEntityTooLarge", text))
            self._listener.take_reply(Kind.TOO_LARGE, 0, b"", request_id)
        else:
            client.write(_ACCEPTED, {"status": "OK"})
            kind = Kind.RESULT if what == "response" else Kind.ERROR
            self._listener.take_reply(kind, 0, body, request_id)

    def _hand_over(self) -> None:
        """Give the event that has waited longest to the `next` that has."""
        while self._waiting and self._polls:
            event = self._waiting.popleft()
            self._taken[event.request_id] = event
            self._polls.popleft().write_event(event)


class _Client(asyncio.Protocol):
    """One connection of a runtime."""

    def __init__(self, api: RuntimeApi) -> None:
        self._api = api
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._path = b""
        self._body = bytearray()
        self._is_too_large = False
        self._is_in_head = False
        self._head_bytes = 0

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if not self._api.join(self):
            self.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._api.leave(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()  # not HTTP: this is no runtime
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES_MAX:
                self.close()

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._head_bytes = 0
        self._path = b""
        self._body.clear()
        self._is_too_large = False

    def on_url(self, url: bytes) -> None:
        self._path += url[:_PATH_BYTES_MAX]

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        is_rebound = name == b"host" and value.partition(b":")[0] != _LOOPBACK.encode()
        if is_rebound or name in _BROWSER_HEADERS:
            self.close()

    def on_headers_complete(self) -> None:
        self._is_in_head = False

    def on_body(self, body: bytes) -> None:
        if len(self._body) + len(body) > FUNCTION_RESPONSE_BYTES_MAX:
            self._is_too_large = True  # the rest is read, so that the refusal can be, and dropped
            self._body.clear()
        if not self._is_too_large:
            self._body += body

    def on_message_complete(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return  # a page's
        method = self._parser.get_method().decode("ascii")
        path = self._path.decode("ascii", "replace").partition("?")[0]
        self._api.answer(self, method, path, None if self._is_too_large else bytes(self._body))

    def write(self, status: int, answer: dict[str, str]) -> None:
        """Answer with JSON."""
        self._write(status, json.dumps(answer, separators=(",", ":")).encode(), {})

    def write_event(self, event: Event) -> None:
        """Answer `next`; empty headers are left out. Source: LAM-RAPI-02."""
        headers = {
            "Lambda-Runtime-Aws-Request-Id": event.request_id,
            "Lambda-Runtime-Deadline-Ms": str(event.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": event.function_arn,
            "Lambda-Runtime-Trace-Id": event.trace_id,
            "Lambda-Runtime-Client-Context": event.client_context,
        }
        self._write(_OK, event.payload, {name: text for name, text in headers.items() if text})

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        if self._transport is None:
            return
        lines = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {text}" for name, text in headers.items()),
        ]
        self._transport.write("\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body)
        if not self._parser.should_keep_alive():
            self._transport.close()


def _refuse(kind: str, text: str) -> dict[str, str]:
    return {"errorMessage": text, "errorType": kind}
