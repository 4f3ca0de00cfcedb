"""HTTP/1.1, server side, without I/O: bytes in, requests out.

httptools (llhttp, Node's parser) judges each request head: it refuses folded headers, bare line
feeds, control characters, blanks before a colon, `Content-Length` beside `Transfer-Encoding`, and
with them the known ways to smuggle a request. How far head and body reach is decided here, so that
there is one request at a time, and the bytes behind it stay untouched until it is answered: they
may be the first frames of a WebSocket (DP-UNK-19).

Measured: a signed POST of boto3 costs 4.6 µs so, and 5.4 µs with the same checks by `re`.
"""

import re
from enum import Enum, auto
from typing import Final

import httptools

from routekey.endpoints.wire.body import Body, ChunkedBody, InvalidBodyError, SizedBody
from routekey.endpoints.wire.messages import Request, RequestError
from routekey.endpoints.wire.settings import Settings
from routekey.endpoints.wire.upgrade import is_upgrade

_HEAD_END: Final = b"\r\n\r\n"
_BLANK_LINES: Final = re.compile(rb"\A(?:\r\n)++")
"""Before a request (RFC 9112, 2.2). Dropped in one go: a read may be nothing else."""
_LINE_OVERHEAD: Final = 48
"""What a request line has beside its target: method, version, blanks."""
_LENGTH_DIGITS_MAX: Final = 15
"""A petabyte; more digits are nonsense."""
_SINGLE: Final = (
    "authorization",
    "content-length",
    "host",
    "sec-websocket-key",
    "transfer-encoding",
)
"""Headers of which two would mean two things; AWS refuses two of the first too (DP-HSK-12)."""
_LISTS: Final = ("connection", "upgrade")
"""Headers that decide how we go on, and may be spread over several lines."""


class Stage(Enum):
    """What the client has to send next; each has its own time limit."""

    REQUEST = auto()
    """Nothing of the next request is here."""
    HEAD = auto()
    BODY = auto()


class RequestReader:
    """Cut requests out of a connection's bytes, one at a time."""

    __slots__ = ("_body", "_buffer", "_head", "_is_tls", "_settings", "_source_ip")

    def __init__(self, settings: Settings, source_ip: str = "", *, is_tls: bool = False) -> None:
        self._settings = settings
        self._source_ip = source_ip
        self._is_tls = is_tls
        self._buffer = b""
        self._head: _Head | None = None
        """Set while a body is on its way."""
        self._body: Body | None = None

    @property
    def stage(self) -> Stage:
        """What the client is sending."""
        if self._head is not None:
            return Stage.BODY
        return Stage.HEAD if self._buffer else Stage.REQUEST

    @property
    def wants_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends its body."""
        head, body = self._head, self._body
        return (
            head is not None
            and body is not None
            and not body.received_bytes
            and head.values.get("expect", "").lower() == "100-continue"
        )

    @property
    def is_behind(self) -> bool:
        """Whether `next_request` stopped so that others have their turn."""
        return self._body is not None and self._body.is_behind

    @property
    def buffered_bytes(self) -> int:
        """How much waits behind the request that was given last."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take what was read."""
        self._buffer = self._buffer + data if self._buffer else data

    def take_rest(self) -> bytes:
        """Take the bytes behind the last request: they belong to another protocol."""
        rest, self._buffer = self._buffer, b""
        return rest

    def next_request(self) -> Request | None:
        """Give the next request; None where more has to be read for it, or see `is_behind`.

        A body that is too large even to be dropped is not waited for: its request is given at
        once, and is not kept alive.

        Raises:
            RequestError: these bytes are none.
        """
        head = self._head or self._take_head()
        if head is None:
            return None
        body = self._body
        if body is not None:
            try:
                self._buffer = body.feed(self._buffer)
            except InvalidBodyError as error:
                raise RequestError(400) from error
            if not body.is_complete and not self._is_hopeless(head, body):
                return None
        self._head = self._body = None
        return head.to_request(body, self._source_ip, is_tls=self._is_tls)

    def _take_head(self) -> "_Head | None":
        """Take a request head off the buffer, once it is whole."""
        buffer = self._buffer
        if not buffer:
            return None
        if buffer.startswith(b"\r\n"):
            buffer = _BLANK_LINES.sub(b"", buffer)
        end = buffer.find(_HEAD_END, 0, self._settings.head_bytes_max)
        if end < 0:
            self._buffer = buffer
            if len(buffer) >= self._settings.head_bytes_max:
                raise RequestError(414 if self._is_url_too_long(buffer) else 431)
            return None
        end += len(_HEAD_END)
        self._buffer = buffer[end:]
        head = _parse_head(buffer[:end], self._settings)
        self._body = head.start_body(self._settings.body_bytes_max)
        self._head = head
        return head

    def _is_url_too_long(self, buffer: bytes) -> bool:
        line = buffer.partition(b"\r\n")[0]
        return len(line) > self._settings.url_characters_max + _LINE_OVERHEAD

    def _is_hopeless(self, head: "_Head", body: Body) -> bool:
        """Tell whether a body is too large to wait for its end."""
        announced = head.length or 0
        return max(announced, body.received_bytes) > self._settings.dropped_bytes_max


class _Head:
    """The head of one request: httptools calls it back with the parts."""

    __slots__ = ("headers", "is_kept_alive", "length", "method", "target", "values", "version")

    def __init__(self) -> None:
        self.method = ""
        self.target = b""
        self.version = ""
        self.headers: list[tuple[str, str]] = []
        self.values: dict[str, str] = {}
        self.length: int | None = None
        self.is_kept_alive = False

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1"), value.decode("latin-1").strip(" \t")))

    def start_body(self, bytes_max: int) -> Body | None:
        """Choose how the body is read; None without one. httptools has judged the framing."""
        if "transfer-encoding" in self.values:
            return ChunkedBody(bytes_max)
        if self.length is None:
            return None
        return SizedBody(self.length, bytes_max)

    def to_request(self, body: Body | None, source_ip: str, *, is_tls: bool) -> Request:
        """Put the request together."""
        is_whole = body is None or body.is_complete
        return Request(
            method=self.method,
            target=self.target.decode("latin-1"),
            headers=tuple(self.headers),
            values=self.values,
            body=b"" if body is None else bytes(body.content),
            source_ip=source_ip,
            is_tls=is_tls,
            is_upgrade=self.version == "1.1" and is_upgrade(self.method, self.values),
            is_body_too_large=body is not None and body.is_too_large,
            is_kept_alive=self.is_kept_alive and is_whole,
        )


def _parse_head(data: bytes, settings: Settings) -> _Head:
    """Parse a head, blank line included.

    Raises:
        RequestError: it is malformed, or over a limit.
    """
    head = _Head()
    parser = httptools.HttpRequestParser(head)
    try:
        parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        pass  # it stops at the end of the head, where we stop it anyway
    except httptools.HttpParserError as error:
        raise RequestError(400) from error
    head.method = parser.get_method().decode("latin-1")
    head.version = parser.get_http_version()
    head.values = {name.lower(): value for name, value in head.headers}
    _check_head(head, settings)
    head.is_kept_alive = _is_kept_alive(head)
    return head


def _check_head(head: _Head, settings: Settings) -> None:
    """Refuse what httptools lets pass and we do not."""
    values = head.values
    if len(head.target) > settings.url_characters_max:
        raise RequestError(414)
    if len(head.headers) > settings.header_count_max:
        raise RequestError(431)
    if head.version not in {"1.0", "1.1"} or ("host" not in values and head.version == "1.1"):
        raise RequestError(400)
    if len(values) != len(head.headers):
        _check_repeated(head)
    if "transfer-encoding" in values:
        if values["transfer-encoding"].lower() != "chunked" or head.version == "1.0":
            raise RequestError(400)
    elif "content-length" in values:
        digits = values["content-length"]
        if not digits.isdecimal() or len(digits) > _LENGTH_DIGITS_MAX:
            raise RequestError(400)
        head.length = int(digits)


def _is_kept_alive(head: _Head) -> bool:
    """Tell whether the client means to send more (RFC 9112, 9.3); httptools has forgotten it."""
    if "connection" not in head.values:
        return head.version == "1.1"
    tokens = [token.strip() for token in head.values["connection"].lower().split(",")]
    return "close" not in tokens and (head.version == "1.1" or "keep-alive" in tokens)


def _check_repeated(head: _Head) -> None:
    """Refuse a request that says a thing twice; join what may be said in parts."""
    names = [name.lower() for name, _ in head.headers]
    if any(names.count(name) > 1 for name in _SINGLE):
        raise RequestError(400)
    for name in _LISTS:
        if name in head.values:
            parts = [value for key, value in head.headers if key.lower() == name]
            head.values[name] = ", ".join(parts)
