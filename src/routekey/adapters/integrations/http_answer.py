"""An answer of an HTTP/1.1 backend, without I/O: bytes in, one `HttpOutcome` out.

llhttp parses; what is decided here is how large an answer may be, and where it ends.
"""

from typing import Final

import httptools

from routekey.gateway.ports import HttpOutcome

HEAD_BYTES_MAX: Final = 64 * 1024
"""Of status line and headers, trailers included. Servers send 8 to 16 KB at most."""
BODY_BYTES_MAX: Final = 10 * 1024 * 1024
"""The largest payload that API Gateway takes from a backend anywhere (REST's quota)."""
ANSWERS_BYTES_MAX: Final = 256 * 1024 * 1024
"""Of the bodies that are being read at once: a thousand backends with the largest body each would
be 10 GB."""
_CHUNKING_FACTOR: Final = 8
"""What a chunked body may cost on the wire: a chunk of one byte takes six."""
_INFORMATIONAL_MAX: Final = 16
"""Answers before the answer (100, 103)."""
_FINAL_STATUS_MIN: Final = 200
_LENGTHS: Final = frozenset({"content-length", "transfer-encoding"})


class AnswerError(Exception):
    """The answer is malformed, too large or cut off."""


class AnswerRoom:
    """What the answers that are being read may hold together."""

    def __init__(self, bytes_max: int = ANSWERS_BYTES_MAX) -> None:
        self.bytes_left = bytes_max


class AnswerReader:
    """Reads one answer; `close` ends it.

    Args:
        is_bodiless: whether the request was a HEAD, whose answer has no body whatever it says.
        room: what this and others may hold together; None is a room of its own.
    """

    def __init__(self, *, is_bodiless: bool = False, room: AnswerRoom | None = None) -> None:
        self._is_bodiless = is_bodiless
        self._room = AnswerRoom() if room is None else room
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._body_bytes = self._head_bytes = self._received_bytes = self._informational = 0
        self._outcome: HttpOutcome | None = None
        self._failure: AnswerError | None = None
        self._is_in_body = False
        self.is_reusable = False
        """Whether the connection is good for another request, once the answer is complete."""

    def feed(self, data: bytes) -> HttpOutcome | None:
        """Take bytes; give the answer when it is complete.

        Raises:
            AnswerError: the bytes are no answer that we take.
        """
        self._received_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            raise AnswerError("the backend switched protocols") from None
        except httptools.HttpParserError as error:
            if self._failure is not None:
                raise self._failure from None
            if self._outcome is None:
                raise AnswerError(f"the answer is malformed: {error}") from None
            self.is_reusable = False  # what follows a complete answer only costs the connection
        if self._outcome is None:
            self._check_size()
        return self._outcome

    def feed_eof(self) -> HttpOutcome:
        """Take the end of the connection, which ends a body of no stated length.

        Raises:
            AnswerError: the answer was cut off.
        """
        if not self._is_in_body or any(name.lower() in _LENGTHS for name, _ in self._headers):
            raise AnswerError("the backend closed the connection before its answer was complete")
        return self._finish()

    def close(self) -> None:
        """Let go of the parser and of what was read.

        The parser and this hold each other: a body of ten megabytes would stay until the collector
        comes by, and hundreds of them would.
        """
        del self._parser
        self._body.clear()
        self._room.bytes_left += self._body_bytes
        self._body_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer, which is left out. Called by the parser."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > HEAD_BYTES_MAX:
            self._fail(f"the head of the answer is larger than {HEAD_BYTES_MAX} bytes")
        if not self._is_in_body:
            self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Take the end of the head. Called by the parser."""
        if self._parser.get_status_code() < _FINAL_STATUS_MIN:
            return
        self._is_in_body = True
        if self._is_bodiless:
            self.is_reusable = self._parser.should_keep_alive()
            self._finish()

    def on_body(self, data: bytes) -> None:
        """Take a part of the body. Called by the parser."""
        self._body_bytes += len(data)
        self._room.bytes_left -= len(data)
        if self._room.bytes_left < 0:
            self._fail("all backends together send more than there is room for")
        if self._body_bytes > BODY_BYTES_MAX:
            self._fail(f"the body of the answer is larger than {BODY_BYTES_MAX} bytes")
        self._body.append(data)

    def on_message_complete(self) -> None:
        """Take the end of an answer; of an informational one nothing is kept."""
        if self._is_in_body:
            self.is_reusable = self._parser.should_keep_alive()
            self._finish()
            return
        self._headers.clear()
        self._informational += 1
        if self._informational > _INFORMATIONAL_MAX:
            self._fail("the backend sends informational answers only")

    def _finish(self) -> HttpOutcome:
        if self._outcome is None:
            self._outcome = HttpOutcome(
                status=self._parser.get_status_code(),
                headers=tuple(self._headers),
                body=b"" if self._is_bodiless else b"".join(self._body),
            )
        return self._outcome

    def _check_size(self) -> None:
        """Bound what the parser may hold back: a header that never ends, chunks of nothing."""
        factor = _CHUNKING_FACTOR if self._is_in_body else 0
        if self._received_bytes > 2 * HEAD_BYTES_MAX + factor * BODY_BYTES_MAX:
            raise AnswerError("the answer is too large")

    def _fail(self, reason: str) -> None:
        self._failure = AnswerError(reason)
        raise self._failure
