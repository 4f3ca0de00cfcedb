"""The terminal: lines for a person, in order, without ever making the event loop wait.

A terminal that scrolls slowly or a pipe that nobody reads blocks whoever writes to it. So a thread
writes, and the loop only appends to a bounded list. When the list is full, lines are dropped, and
counted: a chatty function may lose output, but never stops the gateway.
"""

import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import Final, Protocol

_PENDING_CHARACTERS_MAX: Final = 32 * 1024 * 1024
"""What may wait for a slow reader: the 10 MB that one runaway function prints, three times over."""
_REQUEST_ID_SHOWN: Final = 8
"""Characters of a request id on a terminal, as git shortens hashes; a file gets the whole id."""
_COLOURS: Final = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "grey": "90"}
_FUNCTION_COLOURS: Final = ("36", "35", "34", "32", "33", "96", "95", "94")
_UNSAFE: Final = re.compile(r"\x1b\[[0-9;]{0,20}m|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Control characters, apart from the sequences that only set a colour."""
_COMPLAINTS_MAX: Final = 1000
"""Texts can hold what clients sent, so they are not kept without end; nobody reads more."""
_PICTURES: Final = 0x2400
"""U+2400 and what follows are pictures of the control characters."""


def is_coloured(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Tell whether to colour the output: on terminals, unless `NO_COLOR` is set."""
    if environ.get("NO_COLOR"):
        return False
    return is_terminal and environ.get("TERM") != "dumb"


def make_visible(text: str) -> str:
    """Replace what would move the cursor or set the title of a terminal.

    Functions print what clients send them, so anyone could otherwise write to the operator's
    terminal. Colours stay: loggers use them.
    """
    return _UNSAFE.sub(_picture, text)


class Output(Protocol):
    """Where lines go, for people or for machines. Returns at once, from any thread."""

    def print(self, text: str) -> None:
        """Write something of the gateway's own."""
        ...

    def print_log(self, function: str, request_id: str, text: str) -> None:
        """Write what a function printed."""
        ...

    def paint(self, text: str, colour: str) -> str:
        """Colour a text, where colours are shown."""
        ...


class Console:
    """Where the gateway and its functions write for people.

    Args:
        descriptor: an open file descriptor, such as that of the standard output.
        is_coloured: whether it is a terminal that shows colours.
        pending_characters_max: how much may wait for whoever reads.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        is_coloured: bool,
        pending_characters_max: int = _PENDING_CHARACTERS_MAX,
    ) -> None:
        self.is_coloured = is_coloured
        self._descriptor = descriptor
        self._pending_characters_max = pending_characters_max
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._pending_characters = 0
        self._dropped_count = 0
        self._is_closing = False
        self._writer = threading.Thread(target=self._write_all, name="console", daemon=True)
        self._writer.start()

    def print(self, text: str = "") -> None:
        """Write one or more lines. Returns at once."""
        with self._changed:
            if self._pending_characters > self._pending_characters_max or self._is_closing:
                self._dropped_count += 1
                return
            self._lines.append(text)
            self._pending_characters += len(text) + 1
            self._changed.notify()

    def print_log(self, function: str, request_id: str, text: str) -> None:
        """Write what a function printed, each line with the function's name and the request's id.

        Args:
            function: its name.
            request_id: empty outside of a call.
            text: one line, or a traceback's lines.
        """
        if self.is_coloured:
            colour = _FUNCTION_COLOURS[sum(function.encode()) % len(_FUNCTION_COLOURS)]
            short_id = request_id[:_REQUEST_ID_SHOWN]
            label, end = f"\x1b[{colour}m{function}\x1b[0m \x1b[90m{short_id}\x1b[0m", "\x1b[0m"
        else:
            label, end = f"{function} {request_id}", ""
        lines = make_visible(text).split("\n")
        self.print("\n".join(f"{label} {line}{end}" for line in lines))

    def paint(self, text: str, colour: str) -> str:
        """Colour a text; `bold` is a colour too. Without colours the text stays as it is."""
        if not self.is_coloured:
            return text
        return f"\x1b[{_COLOURS.get(colour, '1')}m{text}\x1b[0m"

    def close(self, seconds: float) -> None:
        """Write what is left, so long at most, and take no more."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._writer.join(seconds)

    def _write_all(self) -> None:
        while (text := self._take()) is not None:
            if not self._write(text.encode("utf-8", "backslashreplace")):
                self._discard_all()
                return

    def _take(self) -> str | None:
        """Wait for lines and take all of them; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._is_closing)
            if not self._lines:
                return None
            lines, self._lines = self._lines, []
            self._pending_characters = 0
            if self._dropped_count and not self._is_closing:
                lines.append(f"({self._dropped_count} lines dropped: the output is not read)")
                self._dropped_count = 0
        lines.append("")
        return "\n".join(lines)

    def _write(self, content: bytes) -> bool:
        """Write everything; False when the reader has gone."""
        view = memoryview(content)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:  # a closed pipe, a full disk, a terminal that hung up: nobody to tell
            return False
        return True

    def _discard_all(self) -> None:
        """Let the gateway run on without a reader."""
        with self._changed:
            self._is_closing = True
            self._lines.clear()


class ConsoleLog(logging.Handler):
    """Send log records to the console as single entries, tracebacks included."""

    def __init__(self, print_text: Callable[[str], None]) -> None:
        super().__init__()
        self._print_text = print_text
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Print one record."""
        try:
            self._print_text(make_visible(self.format(record)))
        except Exception:  # noqa: BLE001  # a record that cannot be formatted is its author's bug
            self.handleError(record)


class Complaints:
    """What the operator could fix, said once each; this implements the port `Telemetry`.

    Args:
        print_text: prints one text.
    """

    def __init__(self, print_text: Callable[[str], None]) -> None:
        self._print_text = print_text
        self._said: set[str] = set()

    def complain(self, text: str) -> None:
        """Print a text, unless it has been printed before."""
        if text in self._said or len(self._said) >= _COMPLAINTS_MAX:
            return
        self._said.add(text)
        self._print_text(f"note {make_visible(text)}")


def _picture(match: re.Match[str]) -> str:
    text = match[0]
    if len(text) > 1:  # a colour
        return text
    code = ord(text)
    return chr(_PICTURES + code) if code < ord(" ") else "\N{REPLACEMENT CHARACTER}"
