"""An ASGI application on the wire.

So AWS's APIs, which the admin listener serves, are reached through the front door too. A request is
whole before it comes here, and an answer before it goes: nothing streams.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from routekey.endpoints.wire import Exchange, Request, Response
from routekey.tasks import spawn

logger = logging.getLogger("routekey.asgi")

_ADDED: Final = frozenset({"connection", "content-length", "date"})
"""Headers that the wire writes by itself."""


class AsgiApplication:
    """Answer with an ASGI application; an `Application` of the wire.

    Args:
        find: gives the application; asked for each request, as it may be made after us.
    """

    def __init__(self, find: Callable[[], ASGIApp]) -> None:
        self._find = find

    def handle_request(self, exchange: Exchange) -> None:
        """Answer one request."""
        if exchange.request.is_body_too_large:
            exchange.respond(Response(status=413))
            return
        spawn(self._answer(exchange, _Answer(exchange)), "a request to one of AWS's APIs")

    async def _answer(self, exchange: Exchange, answer: "_Answer") -> None:
        try:
            await self._find()(_describe(exchange.request), answer.receive, answer.send)
        except Exception:
            logger.exception("a request to one of AWS's APIs failed")
            exchange.respond(Response(status=500))


class _Answer:
    """One request as ASGI has it, and its answer put together."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._is_read = False
        self._over = asyncio.Event()
        exchange.on_abandoned(self._over.set)
        self._status = 500
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()

    async def receive(self) -> Message:
        if self._is_read:
            await self._over.wait()
            return {"type": "http.disconnect"}
        self._is_read = True
        return {"type": "http.request", "body": self._exchange.request.body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            pairs = ((n.decode("latin-1"), v.decode("latin-1")) for n, v in message["headers"])
            self._headers = tuple(pair for pair in pairs if pair[0].lower() not in _ADDED)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body"):
            self._exchange.respond(
                Response(status=self._status, headers=self._headers, body=bytes(self._body))
            )
            self._over.set()


def _describe(request: Request) -> Scope:
    path, _, query = request.target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "https" if request.is_tls else "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers
        ],
        "client": (request.source_ip, 0),
        "server": None,
    }
