"""HTTP on a socket: one request at a time goes to the application, and its answer back.

Pipelined requests wait in the read buffer, which is bounded; so answers are in order without a
queue. A client that does not read its answers is not read.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from routekey.endpoints.wire.http import RequestReader, Stage
from routekey.endpoints.wire.messages import Request, RequestError, Response, encode_response
from routekey.endpoints.wire.registry import Registry
from routekey.endpoints.wire.session import Session, WebSocket
from routekey.endpoints.wire.upgrade import encode_switch
from routekey.endpoints.wire.websocket import CloseCode

logger = logging.getLogger("routekey.wire")

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_REQUESTS_PER_TURN: Final = 64
"""How many pipelined requests are answered before the other connections' turn: a read of 256 KB
can hold 7,000."""


class Application(Protocol):
    """Who answers the requests of a listener."""

    def handle_request(self, exchange: "Exchange") -> None:
        """Answer a request, now or later. Called in the read, so it must not block."""
        ...


class Exchange:
    """One request waiting for its answer: exactly one of `respond` and `upgrade` ends it."""

    __slots__ = ("_connection", "_is_over", "_on_abandoned", "request")

    def __init__(self, connection: "HttpConnection", request: Request) -> None:
        self.request = request
        self._connection = connection
        self._is_over = False
        self._on_abandoned: Callable[[], None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether nobody waits any more: the client left, or has been answered."""
        return self._is_over

    def on_abandoned(self, callback: Callable[[], None]) -> None:
        """Call back, once, when the client leaves unanswered; look at `is_over` first."""
        self._on_abandoned = callback

    def respond(self, response: Response) -> None:
        """Answer; where nobody waits any more, nothing happens.

        Raises:
            ValueError: a header cannot be written. Nothing was: another response may follow.
        """
        if not self._is_over:
            self._connection.respond(response)

    def upgrade(self, headers: Sequence[tuple[str, str]], session: Session) -> WebSocket:
        """Answer 101 and become a WebSocket.

        The session hears nothing before this returns. Where nobody waits any more, it is told so
        right after, with 1006.

        Args:
            headers: what the 101 carries beside AWS's four (DP-HSK-06, DP-HSK-07).
            session: who is told of the WebSocket's messages and of its end.

        Raises:
            ValueError: a header cannot be written. Nothing was.
        """
        if not self.request.is_upgrade:
            raise AssertionError("the application looks at is_upgrade first")
        return self._connection.upgrade(self, headers, session)

    def end(self, *, is_abandoned: bool) -> None:
        """Learn that nobody waits any more; only the connection calls this."""
        self._is_over = True
        callback, self._on_abandoned = self._on_abandoned, None
        if is_abandoned and callback is not None:
            callback()


class HttpConnection(asyncio.Protocol):
    """One connection that speaks HTTP, until it closes or becomes a WebSocket."""

    __slots__ = (
        "_application",
        "_exchange",
        "_is_advancing",
        "_is_ending",
        "_is_full",
        "_is_last",
        "_reader",
        "_registry",
        "_transport",
        "_waits_for",
        "deadline",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        registry: Registry,
        application: Application,
        *,
        is_tls: bool,
    ) -> None:
        self._transport = transport
        self._registry = registry
        self._application = application
        self._reader = RequestReader(registry.settings, _source_ip(transport), is_tls=is_tls)
        self._exchange: Exchange | None = None
        self._is_advancing = False
        self._is_ending = False
        """Whether the last answer is written: what still comes is dropped."""
        self._is_full = False
        self._is_last = False
        """Whether to close behind the answer that is waited for."""
        self._waits_for: Stage | None = Stage.HEAD
        """What the deadline is for; None is the application's answer."""
        self.deadline = 0.0
        registry.add(self)
        registry.watch(self, registry.settings.head_seconds_max)

    def data_received(self, data: bytes) -> None:
        """Take a read."""
        if self._is_ending:
            return
        self._reader.feed(data)
        if self._exchange is None:
            self._advance()
        self._bound_reading()

    def _bound_reading(self) -> None:
        if self._reader.buffered_bytes > self._registry.settings.pipelined_bytes_max:
            self._transport.pause_reading()

    def _go_on(self) -> None:
        """Go on, behind an answer or after the other connections' turn."""
        if self._is_advancing or self._is_ending or self._is_full:
            return
        self._transport.resume_reading()
        self._advance()
        self._bound_reading()

    def _advance(self) -> None:
        """Hand out requests until one has to wait for its answer, or the bytes run out."""
        self._is_advancing = True  # an answer that comes at once leaves the rest to this loop
        count = 0
        try:
            while self._exchange is None and not self._is_ending and not self._is_full:
                is_late = count == _REQUESTS_PER_TURN
                request = None if is_late else self._reader.next_request()
                if request is None:
                    if is_late or self._reader.is_behind:
                        self._transport.pause_reading()
                        asyncio.get_running_loop().call_soon(self._go_on)
                    break
                count += 1
                self._ask(request)
        except RequestError as error:
            self._refuse(error)
        finally:
            self._is_advancing = False
        if self._reader.wants_continue and self._exchange is None and not self._is_ending:
            self._registry.outbox.write(self._transport, _CONTINUE)
        self._set_deadline(is_new=count > 0)

    def _refuse(self, error: RequestError) -> None:
        written = encode_response(error.response, self._registry.date, is_last=True)
        self._end(written, lingers=True)

    def _ask(self, request: Request) -> None:
        exchange = self._exchange = Exchange(self, request)
        try:
            self._application.handle_request(exchange)
        except Exception:
            logger.exception("%s %s failed", request.method, request.target)
            exchange.respond(Response(status=500, is_last=True))

    def respond(self, response: Response) -> None:
        """Answer the request that waits; only its exchange calls this."""
        exchange = self._exchange
        if exchange is None:
            raise AssertionError("an exchange that is not over is its connection's")
        request = exchange.request
        is_last = response.is_last or self._is_last or not request.is_kept_alive
        date = self._registry.date
        written = encode_response(response, date, is_last=is_last, is_head=request.method == "HEAD")
        self._exchange = None
        exchange.end(is_abandoned=False)
        if is_last:
            self._end(written, lingers=request.is_body_too_large)
            return
        self._registry.outbox.write(self._transport, written)
        if request.is_upgrade:
            self._reader.take_rest()  # frames of a WebSocket that there is not (DP-DIS-09)
        self._go_on()

    def upgrade(
        self, exchange: Exchange, headers: Sequence[tuple[str, str]], session: Session
    ) -> WebSocket:
        """Become a WebSocket; only the exchange calls this."""
        transport, registry = self._transport, self._registry
        if exchange.is_over:
            websocket = WebSocket(transport, registry, session, b"")
            websocket.lose()
            return websocket
        key = exchange.request.values["sec-websocket-key"]
        switch = encode_switch(key, registry.date, headers)
        registry.outbox.send(transport)
        transport.write(switch)  # at once: a client does nothing else before it
        self._exchange = None
        self._is_ending = True
        exchange.end(is_abandoned=False)
        websocket = WebSocket(transport, registry, session, self._reader.take_rest())
        registry.unwatch(self)
        registry.discard(self)
        transport.set_write_buffer_limits(high=registry.settings.send_buffer_bytes_max)
        transport.set_protocol(websocket)
        transport.resume_reading()
        if self._is_last:
            websocket.close(CloseCode.GOING_AWAY, "Going away")
        return websocket

    def close(self, code: int, reason: str) -> None:  # noqa: ARG002  # these are a WebSocket's
        """End: at once, or behind the answer that is waited for."""
        self._is_last = True
        if self._exchange is None and not self._is_ending:
            self._end(b"", lingers=False)

    def abort(self) -> None:
        """End at once."""
        self._transport.abort()

    def _end(self, written: bytes, *, lingers: bool) -> None:
        """Write the last answer and close.

        Closing TCP while the client still sends would make its kernel throw the answer away. So
        where its request was not read to the end, only our half is closed, and the rest of what
        it sends is dropped for a while.
        """
        self._is_ending = True
        outbox = self._registry.outbox
        outbox.write(self._transport, written)
        if lingers:
            outbox.send(self._transport)
            self._transport.write_eof()
        else:
            outbox.close(self._transport)
        self._registry.watch(self, self._registry.settings.close_seconds_max)

    def _set_deadline(self, *, is_new: bool) -> None:
        """Wait for the next step so long at most; a trickle of bytes does not prolong it."""
        if self._is_ending or self._is_full:
            return
        waits_for = self._reader.stage if self._exchange is None else None
        if not is_new and waits_for is self._waits_for:
            return
        self._waits_for = waits_for
        settings = self._registry.settings
        if waits_for is None:
            seconds = settings.answer_seconds_max
        elif waits_for is Stage.REQUEST:
            seconds = settings.keep_alive_seconds_max
        elif waits_for is Stage.HEAD:
            seconds = settings.head_seconds_max
        else:
            seconds = settings.body_seconds_max
        self._registry.watch(self, seconds)

    def expire(self) -> None:
        """End a connection on which nothing moves."""
        if self._is_ending or self._is_full:
            self._transport.abort()
        elif self._exchange is not None:
            request = self._exchange.request
            logger.error("%s %s was never answered", request.method, request.target)
            self.respond(Response(status=504, is_last=True))
        elif self._waits_for is Stage.REQUEST:
            self._end(b"", lingers=False)
        else:
            self._refuse(RequestError(408))

    def pause_writing(self) -> None:
        """Learn that the client does not read its answers: it is not read either."""
        self._is_full = True
        self._waits_for = None
        self._transport.pause_reading()
        if not self._is_ending:
            self._registry.watch(self, self._registry.settings.stall_seconds_max)

    def resume_writing(self) -> None:
        """Learn that the client reads again."""
        self._is_full = False
        self._go_on()

    def eof_received(self) -> None:
        """Learn of the client's FIN: it has left, and what it has not read has little time."""
        self._registry.outbox.send(self._transport)
        self._is_ending = True
        self._registry.watch(self, self._registry.settings.close_seconds_max)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's name
        """Learn that TCP is gone."""
        self._is_ending = True
        self._registry.unwatch(self)
        self._registry.discard(self)
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.end(is_abandoned=True)


def _source_ip(transport: asyncio.Transport) -> str:
    """Tell the client's address; empty where it left before it could be asked."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""
