"""What a function says: its output line by line, and Lambda's own lines about each invocation."""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

_LINE_BYTES_MAX = 256 * 1024  # the largest CloudWatch event; a longer line is cut in pieces
_TAIL_BYTES_MAX = 4096  # LAM-LOG-06


class LogSource(StrEnum):
    """Who wrote a line."""

    FUNCTION = "function"
    PLATFORM = "platform"
    """Lambda itself: the lines of `report.py`."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line in a function's log; a traceback is one line with line feeds in it."""

    function_name: str
    stream: str
    """The log stream: one for each execution environment (LAM-LOG-06)."""
    request_id: str
    """Empty outside of an invocation."""
    source: LogSource
    text: str
    """Without a line feed at its end."""


LogSink = Callable[[LogLine], None]
"""Takes each line at once; it must not wait."""


class Log:
    """The log of one execution environment."""

    def __init__(self, function_name: str, stream: str, sink: LogSink) -> None:
        self._function_name = function_name
        self._stream = stream
        self._sink = sink
        self._partial = bytearray()
        self._request_id = ""
        self._tail = bytearray()

    def begin(self, request_id: str, lines: Iterable[str]) -> None:
        """Write the lines that open an invocation: what follows belongs to it.

        What has been said since the last one, as by a module that is imported, is in its tail too
        (LAM-LOG-10).
        """
        self._request_id = request_id
        for line in lines:
            self.say(line)

    def end(self, lines: Iterable[str]) -> bytes:
        """Write the lines that close an invocation.

        Returns:
            The last 4 KB of the invocation's log.
        """
        for line in lines:
            self.say(line)
        self._request_id = ""
        tail = bytes(self._tail)
        self._tail.clear()
        return tail

    def say(self, text: str, request_id: str | None = None, *, is_in_tail: bool = True) -> None:
        """Write a line of Lambda's own: of an invocation, where several are under way."""
        if is_in_tail:
            self._keep(text.encode() + b"\n")
        self._write(LogSource.PLATFORM, text, request_id)

    def flush(self) -> None:
        """Write a line that will get no end any more: its process is gone."""
        if self._partial:
            self.take(b"\n")

    def take(self, data: bytes) -> None:
        """Cut output in lines. A partial line waits, even for the next call (LAM-LOG-10)."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            if self._partial:
                self._partial += line
                self._emit(bytes(self._partial))
                self._partial.clear()
            else:
                self._emit(line)
        self._partial += rest
        while len(self._partial) >= _LINE_BYTES_MAX:
            self._emit(bytes(self._partial[:_LINE_BYTES_MAX]))
            del self._partial[:_LINE_BYTES_MAX]

    def _emit(self, line: bytes) -> None:
        # awslambdaric writes a traceback's line feeds as CR on a plain stream (LAM-LOG-02).
        text = line.decode("utf-8", "replace").rstrip("\r").replace("\r", "\n")
        self._keep(line + b"\n")
        self._write(LogSource.FUNCTION, text)

    def _write(self, source: LogSource, text: str, request_id: str | None = None) -> None:
        self._sink(
            LogLine(
                function_name=self._function_name,
                stream=self._stream,
                request_id=self._request_id if request_id is None else request_id,
                source=source,
                text=text,
            )
        )

    def _keep(self, line: bytes) -> None:
        self._tail += line[-_TAIL_BYTES_MAX:]
        if len(self._tail) > _TAIL_BYTES_MAX:
            del self._tail[:-_TAIL_BYTES_MAX]
