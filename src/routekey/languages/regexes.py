r"""Java's regular expressions, bounded in time.

Patterns come from the operator (templates, integration response keys) and subjects from clients; a
template may take a pattern from a message, too. None that backtracks, and none that counts far, may
stop the gateway. Python's own `re` cannot be interrupted; the
`regex` library can, and its dialect is also closer to Java's (`\p{Alpha}`, `\h`, `a++`,
`(?<name>…)`). What is left to translate is small and done here.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol, TypeVar

import regex

from routekey.errors import RoutekeyError

SECONDS_MAX: Final = 0.05
"""Time of one match: patterns of real templates take microseconds, and the loop waits meanwhile."""
QUICK_SECONDS: Final = 0.0002
"""What nearly every match ends in. One that does not is begun again, once its caller has counted
it: nothing else here can tell a thousand matches of microseconds from a thousand of 0.05 s."""
PATTERN_CHARACTERS_MAX: Final = 4096
"""As written, and as the library writes it out, with each item as often as it has to be there:
`((a{1000}){1000}){1000}` would take it hours, and no compilation can be stopped."""

T = TypeVar("T")
CountSlow = Callable[[], None]

_TRANSLATED = re.compile(
    r"\\Q(?P<quoted>.*?)(?:\\E|\Z)"
    r"|\\x\{(?P<hex>[0-9a-fA-F]{1,6})\}"
    r"|\\0(?P<octal>[0-3]?[0-7]{1,2})"
    r"|\\c(?P<control>.)"
    r"|(?P<escape>\\e)"
    r"|\\k<(?P<backreference>\w+)>"
    r"|\\(?P<ascii>[wWdDsS])"
    r"|\\[pP]\{(?P<named>\w+)\}"
    r"|\\(?P<end>Z)"
    r"|\\.",
    re.DOTALL,
)
_ASCII = {"w": "a-zA-Z0-9_", "d": "0-9", "s": r" \t\n\x0b\f\r"}
"""Classes that are ASCII in Java; Unicode ones are asked for by name there."""
_NAMED = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": r"!-/:-@\[-`{-~",
    "Space": _ASCII["s"],
    "javaLowerCase": r"\p{Ll}",
    "javaUpperCase": r"\p{Lu}",
    "javaWhitespace": r"\p{Whitespace}",
}
_GROUP = re.compile(r"\\(.)|\$(?:(\d)|\{([a-zA-Z][a-zA-Z0-9]*)\})|\$", re.DOTALL)


_ITEM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d+)(?:,\d*)?\}|.", re.DOTALL)
"""An escape, a class, a count, or any other character of a pattern."""


class RegexError(RoutekeyError):
    """A pattern is malformed, or a match took too long."""


class Match(Protocol):
    """What we use of a match of the `regex` library, which ships no types."""

    def group(self, key: int | str) -> str | None:
        """Give the text of a group; None where it took no part."""
        ...

    def start(self) -> int:
        """Tell where the match begins."""
        ...

    def end(self) -> int:
        """Tell where the match ends."""
        ...


def _ignore() -> None:
    """Count nothing, where there is one match only."""


class Regex:
    """One compiled pattern.

    Where clients decide how many matches are made, `count_slow` is called before each that is not
    quick, and may raise.
    """

    __slots__ = ("_pattern", "text")

    def __init__(self, text: str, *, ignore_case: bool = False) -> None:
        self.text = text
        if len(text) > PATTERN_CHARACTERS_MAX:
            raise RegexError(f"the pattern is longer than {PATTERN_CHARACTERS_MAX} characters")
        if _count_items(text) > PATTERN_CHARACTERS_MAX:
            raise RegexError(f"the counts of {text!r} repeat over {PATTERN_CHARACTERS_MAX} items")
        flags = regex.VERSION1 | (regex.IGNORECASE if ignore_case else 0)
        try:
            self._pattern = regex.compile(_translate(text), flags)
        except (regex.error, ValueError, OverflowError, RecursionError) as error:
            raise RegexError(f"the pattern {text!r} is malformed: {error}") from error

    def matches(self, subject: str, count_slow: CountSlow = _ignore) -> bool:
        """Tell whether the whole subject matches, as Java's `matches` does."""
        found = self._run(lambda time: self._pattern.fullmatch(subject, timeout=time), count_slow)
        return found is not None

    def finds(self, subject: str) -> bool:
        """Tell whether some part of the subject matches."""
        found = self._run(lambda time: self._pattern.search(subject, timeout=time), _ignore)
        return found is not None

    def replace(
        self,
        subject: str,
        replacement: str,
        *,
        count: int,
        characters_max: int,
        count_slow: CountSlow = _ignore,
    ) -> str:
        """Replace matches, as Java's `replaceAll` does; a `count` of 0 replaces all.

        Raises:
            RegexError: the result is longer than `characters_max`, the replacement names a group
                that is not there, or matching took too long.
        """

        def replace_all(time: float) -> str:
            room = characters_max

            def write(match: Match) -> str:
                nonlocal room
                text = _expand(replacement, match)
                room -= len(text)
                if room < 0:
                    raise RegexError(f"the result is longer than {characters_max} characters")
                return text

            return str(self._pattern.sub(write, subject, count=count, timeout=time))

        return self._run(replace_all, count_slow)

    def split(self, subject: str, limit: int = 0, count_slow: CountSlow = _ignore) -> list[str]:
        """Split as Java does: trailing empty parts are dropped unless there is a limit."""
        parts: list[str] = []
        start = 0
        for match in self._run(
            lambda time: list[Match](self._pattern.finditer(subject, timeout=time)), count_slow
        ):
            if match.end() == 0:  # a match of nothing at the start gives no leading empty part
                continue
            if 0 < limit <= len(parts) + 1:
                break
            parts.append(subject[start : match.start()])
            start = match.end()
        parts.append(subject[start:])
        if limit == 0 and len(parts) > 1:
            while parts and not parts[-1]:
                parts.pop()
        return parts

    def _run(self, match: Callable[[float], T], count_slow: CountSlow) -> T:
        try:
            return match(QUICK_SECONDS)
        except TimeoutError:
            count_slow()
        try:
            return match(SECONDS_MAX)
        except TimeoutError:
            raise RegexError(f"matching {self.text!r} took too long") from None


@lru_cache(maxsize=256)  # patterns of templates: few, and read again for each message
def compile_regex(text: str) -> Regex:
    """Compile a pattern in Java's dialect.

    Raises:
        RegexError: it is malformed.
    """
    return Regex(text)


def _count_items(pattern: str) -> int:
    """Count the items of a pattern, those that are repeated as often as they have to be there."""
    groups, last = [0], 0
    for item in _ITEM.finditer(pattern):
        if item[1] is not None:
            groups[-1] -= last  # it has been counted once
            last *= max(int(item[1]), 1)
        elif item[0] == "(":
            groups.append(1)
            last = 0
        else:
            last = groups.pop() if item[0] == ")" and len(groups) > 1 else 1
        groups[-1] += last
    return sum(groups)


def _translate(pattern: str) -> str:
    """Write in the library's dialect what Java spells otherwise."""

    def write(match: re.Match[str]) -> str:
        value = match[match.lastgroup] if match.lastgroup else None
        if match.lastgroup is None or value is None:
            return match.group()
        if match.lastgroup == "named":
            return _write_class(_NAMED.get(value), match.group(), is_negated=match[0][1] == "P")
        return _TRANSLATIONS[match.lastgroup](value)

    return _TRANSLATED.sub(write, pattern)


_TRANSLATIONS: dict[str, Callable[[str], str]] = {
    "quoted": re.escape,
    "hex": lambda digits: re.escape(chr(int(digits, 16))),
    "octal": lambda digits: re.escape(chr(int(digits, 8))),
    "control": lambda letter: re.escape(chr(ord(letter) ^ 64)),
    "escape": lambda _: r"\x1b",
    "end": lambda _: r"(?=\n?\z)",
    "backreference": lambda name: f"(?P={name})",
    "ascii": lambda letter: _write_class(_ASCII[letter.lower()], "", is_negated=letter.isupper()),
}


def _write_class(members: str | None, otherwise: str, *, is_negated: bool) -> str:
    """Write a class, which may stand within another one."""
    return otherwise if members is None else f"[{'^' if is_negated else ''}{members}]"


def _expand(replacement: str, match: Match) -> str:
    """Write a replacement for one match: `$1` and `${name}` are groups, a backslash escapes."""

    def write(part: re.Match[str]) -> str:
        if part[1] is not None:
            return part[1]
        group = int(part[2]) if part[2] else part[3]
        if group is None:
            raise RegexError(f"the replacement {replacement!r} has a $ that names no group")
        try:
            return match.group(group) or ""
        except IndexError:
            raise RegexError(f"the replacement names group {group}, which is not there") from None

    return _GROUP.sub(write, replacement)
