"""An open WebSocket: the socket's callbacks on one side, the application's session on the other.

It costs no task, timer, queue or logger, and keeps a `Decoder` only while a frame or a message is
unfinished. Three things stop the reading: the application asks for it; the client does not read
what we send, and more of its pings and messages would make us hold more; or one read brought so
many frames that other connections have their turn first.

How it ends (DP-DIS-03):

    client closes            its code and reason are echoed, then TCP is closed
    we close                 our close frame; a bounded wait for the client's; then TCP is closed
    client breaks a rule     our close frame, our half of TCP; a bounded wait for its half
    client vanishes          1006
"""

import asyncio
import logging
import sys
from typing import Final, Protocol

from routekey.endpoints.wire.registry import Registry
from routekey.endpoints.wire.websocket import (
    CloseCode,
    ConnectionFailure,
    Decoder,
    Event,
    Opcode,
    encode_close,
    encode_frame,
    encode_pong,
    encode_text,
    parse_close,
    read_whole_text,
)
from routekey.errors import LimitExceededException
from routekey.quotas import FRAME_BYTES_MAX

logger = logging.getLogger("routekey.wire")

_FRAMES_PER_TURN: Final = 64
"""How many frames of one client are handled before the others' turn: a read of 256 KB can hold
40,000 empty ones."""


_ASKED: Final = 1
_FULL: Final = 2
_BEHIND: Final = 4
"""Why reading is stopped, as bits: an enum's operators cost half a microsecond each."""


class Session(Protocol):
    """What the application is told of one WebSocket. Nothing here may block."""

    def on_text(self, text: bytes) -> None:
        """Take one whole message, valid UTF-8."""
        ...

    def on_binary(self, payload: bytes) -> None:
        """Take one whole binary message; only called where the settings accept them."""
        ...

    def on_ping(self) -> None:
        """Learn of a ping, which has been answered (DP-LIM-07)."""
        ...

    def on_closed(self, code: int, reason: str) -> None:
        """Learn that it is over: called exactly once, however it ended, and last."""
        ...


class WebSocket(asyncio.Protocol):
    """One open WebSocket. It is a `gateway.ports.Channel`."""

    __slots__ = (
        "_decoder",
        "_goodbye",
        "_holds",
        "_registry",
        "_session",
        "_transport",
        "deadline",
    )

    def __init__(
        self, transport: asyncio.Transport, registry: Registry, session: Session, rest: bytes
    ) -> None:
        """Open it; `rest` is what the client sent behind its handshake (DP-UNK-19)."""
        self._transport = transport
        self._registry = registry
        self._session: Session | None = session
        """None when it has been told of the end."""
        self._goodbye: tuple[int, str] | None = None
        """The code and reason that we sent, while the client's answer is not here."""
        self._decoder: Decoder | None = None
        self._holds = 0
        self.deadline = 0.0
        registry.add(self)
        if rest:  # read later: the application does not have this object yet
            self._decoder = Decoder(registry.decoder_limits)
            self._decoder.feed(rest)
            asyncio.get_running_loop().call_soon(self.data_received, b"")

    def send_text(self, payload: bytes, *, is_fragmented: bool = True) -> None:
        """Send one text message; to a WebSocket that is closing, nothing is sent.

        Args:
            payload: the message.
            is_fragmented: whether more than 32 KB leave in several frames.

        Raises:
            LimitExceededException: the client does not read, and its buffer is full.
        """
        if self._holds & _FULL:
            raise LimitExceededException
        if self._session is not None and self._goodbye is None:
            frame_bytes_max = FRAME_BYTES_MAX if is_fragmented else sys.maxsize
            self._write(encode_text(payload, frame_bytes_max))

    def send_binary(self, payload: bytes) -> None:
        """Send one binary message, which AWS never does (DP-MGM-14): for conformance suites.

        Raises:
            LimitExceededException: the client does not read, and its buffer is full.
        """
        if self._holds & _FULL:
            raise LimitExceededException
        if self._session is not None and self._goodbye is None:
            self._write(encode_frame(0x80 | Opcode.BINARY, payload))

    def _write(self, data: bytes) -> None:
        self._registry.outbox.write(self._transport, data)

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; a second call does nothing.

        Messages that are on their way from the client are no longer delivered.
        """
        if self._session is None or self._goodbye is not None:
            return
        self._goodbye = code, reason
        self._write(encode_close(code, reason))
        self._registry.watch(self, self._registry.settings.close_seconds_max)

    def lose(self) -> None:
        """Stand for a client that left before it was answered: nothing goes out, 1006 comes."""
        self._goodbye = CloseCode.ABNORMAL, ""
        asyncio.get_running_loop().call_soon(self.connection_lost, None)

    def abort(self) -> None:
        """Drop the connection at once; the session is told soon."""
        self._transport.abort()

    def pause_reading(self) -> None:
        """Read no more from this client; what has been read waits too."""
        self._hold(_ASKED)

    def resume_reading(self) -> None:
        """Read again, first what has been read and waits."""
        if self._decoder is not None and not self._holds & _BEHIND:
            self._holds |= _BEHIND
            asyncio.get_running_loop().call_soon(self._go_on)
        self._release(_ASKED)

    def data_received(self, data: bytes) -> None:
        """Take a read."""
        session = self._session
        if session is None:
            return  # it is over: what still comes is of no interest
        try:
            if self._decoder is None and self._goodbye is None:
                text = read_whole_text(data, self._registry.settings.frame_bytes_max)
                if text is not None:
                    session.on_text(text)
                    return
            self._decode(data)
        except ConnectionFailure as failure:
            self._fail(failure.code, failure.reason)
        except Exception:
            logger.exception("a WebSocket's session failed")
            self._fail(CloseCode.INTERNAL_ERROR, "Internal server error")

    def _decode(self, data: bytes) -> None:
        """Read what is not just one whole text."""
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = Decoder(self._registry.decoder_limits)
        decoder.feed(data)
        for count, event in enumerate(decoder.events(), 1):
            self._take(event)
            if self._session is None or self._holds & _ASKED:
                return
            if count == _FRAMES_PER_TURN:
                self._hold(_BEHIND)
                asyncio.get_running_loop().call_soon(self._go_on)
                return
        if decoder.is_idle:
            self._decoder = None

    def _go_on(self) -> None:
        self._release(_BEHIND)
        if not self._holds & _ASKED:
            self.data_received(b"")

    def _take(self, event: Event) -> None:
        if event.opcode is Opcode.CLOSE:
            self._answer_close(event.payload)
        elif self._session is None or self._goodbye is not None:
            pass  # nothing counts behind our own close frame (RFC 6455, 5.5.1)
        elif event.opcode is Opcode.TEXT:
            self._session.on_text(event.payload)
        elif event.opcode is Opcode.BINARY:
            self._session.on_binary(event.payload)
        elif event.opcode is Opcode.PING:
            self._write(encode_pong(event.payload))
            self._session.on_ping()

    def _answer_close(self, payload: bytes) -> None:
        """End both handshakes: the client's, by an echo, and our own."""
        code, reason = parse_close(payload)
        if self._goodbye is None:
            self._write(encode_frame(0x80 | Opcode.CLOSE, payload))
        self._registry.outbox.close(self._transport)
        self._registry.watch(self, self._registry.settings.close_seconds_max)
        self._tell_closed(code, reason)

    def _fail(self, code: int, reason: str) -> None:
        """Fail the connection (RFC 6455, 7.1.7).

        Closing TCP while the client still sends would make its kernel throw our close frame away:
        so only our half is closed, and the rest of what it sends is dropped.
        """
        if self._session is None:
            return
        if self._goodbye is None:
            self._write(encode_close(code, reason))
        self._registry.outbox.send(self._transport)
        self._transport.write_eof()
        self._decoder = None
        self._registry.watch(self, self._registry.settings.close_seconds_max)
        self._tell_closed(code, reason)

    def _tell_closed(self, code: int, reason: str) -> None:
        """Tell the session of the end, once. Who closed first decides the code."""
        session, self._session = self._session, None
        if session is not None:
            session.on_closed(*(self._goodbye or (code, reason)))

    @property
    def _is_open(self) -> bool:
        return self._session is not None and self._goodbye is None

    def pause_writing(self) -> None:
        """Learn that the send buffer is full."""
        self._hold(_FULL)
        if self._is_open:
            self._registry.watch(self, self._registry.settings.stall_seconds_max)

    def resume_writing(self) -> None:
        """Learn that the send buffer has room again."""
        self._release(_FULL)
        if self._is_open:
            self._registry.unwatch(self)

    def _hold(self, reason: int) -> None:
        self._holds |= reason
        self._transport.pause_reading()

    def _release(self, reason: int) -> None:
        self._holds &= ~reason
        if not self._holds:
            self._transport.resume_reading()

    def expire(self) -> None:
        """Drop a client that did not answer our close in time, or does not read."""
        self._transport.abort()

    def eof_received(self) -> None:
        """Learn of the client's FIN: what it has not read has little time."""
        self._registry.outbox.send(self._transport)
        self._registry.watch(self, self._registry.settings.close_seconds_max)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # asyncio's name
        """Learn that TCP is gone; without a close frame that is 1006 (DP-UNK-18)."""
        self._registry.unwatch(self)
        self._registry.discard(self)
        self._decoder = None
        self._tell_closed(CloseCode.ABNORMAL, "")
