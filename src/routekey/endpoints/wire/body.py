"""The body of a request, put together from reads that end anywhere. Source: RFC 9112, 6 and 7.

A body above the bound is dropped as it arrives, and only counted: what it costs is time, never
memory. Chunk extensions and trailers are read and dropped: nothing of AWS uses them.
"""

from typing import Final, Protocol

_CHUNK_LINE_BYTES_MAX: Final = 256
"""A chunk's size and its extensions; real ones have at most 10."""
_CHUNK_DIGITS_MAX: Final = 8
"""4 GiB in one chunk."""
_TRAILER_BYTES_MAX: Final = 4096
_STEPS_PER_TURN: Final = 256
"""Of a chunk's three (size, content, end) before the other connections' turn: a read of 256 KB can
hold 43,000 chunks of one byte, where a usual one has four."""
_HEXADECIMAL: Final = b"0123456789abcdefABCDEF"


class InvalidBodyError(Exception):
    """The chunked coding is broken: where the next request starts, nobody knows."""


class Body(Protocol):
    """One body on its way in."""

    is_behind: bool
    """Whether more of what was fed can be taken: feed nothing to go on."""
    is_complete: bool
    is_too_large: bool
    received_bytes: int
    """Of content, the dropped part included."""

    @property
    def content(self) -> bytes | bytearray:
        """What has arrived; empty once it is too large."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take what belongs to the body; give what lies behind it.

        Raises:
            InvalidBodyError: the coding is broken.
        """
        ...


class SizedBody:
    """A body with a `Content-Length`."""

    __slots__ = ("_length", "content", "is_complete", "is_too_large", "received_bytes")
    is_behind = False

    def __init__(self, length: int, bytes_max: int) -> None:
        self._length = length
        self.content: bytes | bytearray = bytearray()
        self.is_complete = not length
        self.is_too_large = length > bytes_max
        self.received_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take up to the announced length; see `Body.feed`."""
        if len(data) == self._length and not self.received_bytes and not self.is_too_large:
            self.content, self.received_bytes, self.is_complete = data, self._length, True
            return b""  # nearly every body comes whole, with its head and nothing behind it
        taken = data[: self._length - self.received_bytes]
        self.received_bytes += len(taken)
        self.is_complete = self.received_bytes == self._length
        if not self.is_too_large:
            self.content += taken
        return data[len(taken) :]


class ChunkedBody:
    """A body in chunks (RFC 9112, 7.1), read strictly."""

    __slots__ = (
        "_buffer",
        "_bytes_max",
        "_chunk_left",
        "_trailer_left",
        "content",
        "is_behind",
        "is_complete",
        "is_too_large",
        "received_bytes",
    )

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._buffer = bytearray()
        """Part of one line, between two reads."""
        self._chunk_left: int | None = None
        """Content bytes that the chunk still has; None before its size line."""
        self._trailer_left: int | None = None
        """How long the trailers may still be; None before the last chunk."""
        self.content = bytearray()
        self.is_behind = False
        self.is_complete = False
        self.is_too_large = False
        self.received_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take chunks as far as they go, or so many of them; see `Body.feed`."""
        self._buffer += data
        steps = _STEPS_PER_TURN
        while steps and not self.is_complete and self._take():
            steps -= 1
        self.is_behind = not steps and not self.is_complete
        if not self.is_complete:
            return b""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest

    def _take(self) -> bool:
        """Take one step; False where the buffer does not suffice for it."""
        if self._trailer_left is not None:
            return self._take_trailer(self._trailer_left)
        if self._chunk_left is None:
            return self._take_size()
        if self._chunk_left:
            return self._take_content(self._chunk_left)
        return self._take_chunk_end()

    def _take_size(self) -> bool:
        line = self._take_line(_CHUNK_LINE_BYTES_MAX)
        if line is None:
            return False
        digits = line.partition(b";")[0].rstrip(b" \t")
        if not 0 < len(digits) <= _CHUNK_DIGITS_MAX or digits.strip(_HEXADECIMAL):
            raise InvalidBodyError
        size = int(digits, 16)
        if size:
            self._chunk_left = size
        else:
            self._trailer_left = _TRAILER_BYTES_MAX
        return True

    def _take_content(self, left: int) -> bool:
        taken = self._buffer[:left]
        if not taken:
            return False
        del self._buffer[: len(taken)]
        self._chunk_left = left - len(taken)
        self.received_bytes += len(taken)
        self.content += taken
        if self.received_bytes > self._bytes_max:
            self.is_too_large = True
            self.content.clear()
        return True

    def _take_chunk_end(self) -> bool:
        if self._take_line(0) is None:
            return False
        self._chunk_left = None
        return True

    def _take_trailer(self, left: int) -> bool:
        line = self._take_line(left)
        if line is None:
            return False
        self._trailer_left = left - len(line) - 2
        self.is_complete = not line
        return True

    def _take_line(self, bytes_max: int) -> bytes | None:
        """Take a line off the buffer, without its end; None where it is not whole yet."""
        end = self._buffer.find(b"\r\n", 0, bytes_max + 2)
        if end < 0:
            if len(self._buffer) >= bytes_max + 2:
                raise InvalidBodyError
            return None
        line = bytes(self._buffer[:end])
        if b"\r" in line or b"\n" in line:
            raise InvalidBodyError
        del self._buffer[: end + 2]
        return line
