"""A place in a template's text, and what can be read from there."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate

from routekey.errors import TemplateError
from routekey.languages.vtl.terms import Block

DEPTH_MAX = 50
"""Of what nests in a template: directives, parentheses, strings within strings."""

_SPACE = re.compile(r"\s*")
_NEWLINE = re.compile(r"[ \t]*(?:\r\n|\n|\r)")


@dataclass(slots=True)
class Scanner:
    """Reads one text: a template, or the inside of a string in double quotes."""

    text: str
    read_inner: "Callable[[Scanner], Block]"
    """Reads the inside of a string, which is a template of its own."""
    line_first: int = 1
    depth: int = 0
    is_string: bool = False
    """Whether this is the inside of a string."""
    position: int = 0
    _line_starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Find where the lines begin."""
        lines = self.text.splitlines(keepends=True)
        self._line_starts = list(accumulate(map(len, lines), initial=0))

    @property
    def line(self) -> int:
        """The line here, 1-based, in the whole template."""
        last = len(self._line_starts) - 1
        row = bisect_right(self._line_starts, self.position, 0, max(last, 1)) - 1
        return self.line_first + row

    @property
    def is_at_end(self) -> bool:
        """Whether nothing is left."""
        return self.position >= len(self.text)

    def peek(self, count: int = 1) -> str:
        """Give the characters here; fewer at the end."""
        return self.text[self.position : self.position + count]

    def take(self, token: str) -> bool:
        """Step over a token, if it is here."""
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Step over what a pattern matches here."""
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()
        return match

    def skip_space(self) -> None:
        """Step over white space."""
        self.match(_SPACE)

    def skip_newline(self) -> None:
        """Step over blanks and a newline after a directive; over nothing else (VTL-WS-01)."""
        self.match(_NEWLINE)

    def take_next(self, token: str) -> bool:
        """Step over a token and the white space before it, if it comes next."""
        start = self.position
        self.skip_space()
        if self.take(token):
            return True
        self.position = start
        return False

    def expect(self, token: str, where: str) -> None:
        """Step over a token that has to come next."""
        if not self.take_next(token):
            self.skip_space()
            found = f"{self.peek(12)!r}" if not self.is_at_end else "the end"
            raise self.error(f"{where} lacks {token!r} before {found}")

    def inside(self, text: str, line: int) -> "Scanner":
        """Give a scanner for the inside of a string that begins on a line."""
        return Scanner(text, self.read_inner, line, self.depth, is_string=True)

    def enter(self) -> None:
        """Go one level deeper."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise self.error(f"the template nests deeper than {DEPTH_MAX}")

    def leave(self) -> None:
        """Come back from one level."""
        self.depth -= 1

    def error(self, problem: str, remedy: str = "") -> TemplateError:
        """Say what is wrong here."""
        return TemplateError(problem, remedy=remedy, line=self.line)
