"""Conditions of JSONPath filters: `[?(@.price < 10 && @.name =~ /a.*/i)]`.

The operators are Jayway's: `== != < <= > >=`, `=~ /regex/`, `in [ … ]`, `nin [ … ]`, `&& || !`,
parentheses; a path alone asks whether something is there. Values of different types are never equal
or ordered; what is missing fails every comparison but `!=` and `nin`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from routekey.languages.json_text import MISSING, parse_json
from routekey.languages.jsonpath.paths import JsonPathError, Path, Search
from routekey.languages.regexes import Regex, RegexError

Condition = Callable[[object, Search], bool]
Operand = Callable[[object, Search], object]

DEPTH_MAX = 32
"""Of parentheses and filters within filters."""
_MATCH_VISITS = 20
"""What a regular expression counts for, of the values that a search may look at."""
_SLOW_MATCH_VISITS = 12_500
"""And one that is not quick: a search makes twenty of them at most."""

_OPERATOR = re.compile(r"==|!=|<=|>=|=~|<|>|(?:in|nin)\b")
_LITERAL = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true\b|false\b|null\b")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/(i?)")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(slots=True)
class Cursor:
    """A place in the text of a path."""

    text: str
    position: int
    depth: int = 0

    def peek(self) -> str:
        """Give the character here; empty at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, token: str) -> bool:
        """Step over a token, if it is here."""
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def match(self, pattern: re.Pattern[str]) -> str | None:
        """Step over what a pattern matches here, and give it."""
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match.group()

    def expect(self, token: str) -> None:
        """Step over a token that has to come next, spaces before it aside."""
        if not self.take_next(token):
            raise self.error(f"lacks {token!r}")

    def skip_space(self) -> None:
        """Step over spaces."""
        while self.peek().isspace():
            self.position += 1

    def take_next(self, token: str) -> bool:
        """Step over a token and the spaces before it, if it comes next."""
        self.skip_space()
        return self.take(token)

    def enter(self) -> None:
        """Go one level deeper."""
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise self.error(f"nests deeper than {DEPTH_MAX}")

    def leave(self) -> None:
        """Come back from one level."""
        self.depth -= 1

    def error(self, problem: str) -> JsonPathError:
        """Say what is wrong here."""
        return JsonPathError(f"the JSONPath {self.text!r} {problem} at position {self.position}")


PathReader = Callable[[Cursor], Path]


def read_quoted(cursor: Cursor) -> str:
    """Read a quoted text; a backslash takes the character after it as it is."""
    quoted = cursor.match(_QUOTED)
    if quoted is None:
        raise cursor.error("lacks a quoted name")
    return _ESCAPED.sub(r"\1", quoted[1:-1])


def read_condition(cursor: Cursor, read_path: PathReader) -> Condition:
    """Read a condition up to the parenthesis that closes it.

    Args:
        cursor: behind the opening parenthesis.
        read_path: reads the steps of a path, for `@.a` and `$.b` in the condition.
    """
    cursor.enter()
    options = [_read_all(cursor, read_path)]
    while cursor.take_next("||"):
        options.append(_read_all(cursor, read_path))
    cursor.leave()
    return lambda value, search: any(option(value, search) for option in options)


def _read_all(cursor: Cursor, read_path: PathReader) -> Condition:
    parts = [_read_one(cursor, read_path)]
    while cursor.take_next("&&"):
        parts.append(_read_one(cursor, read_path))
    return lambda value, search: all(part(value, search) for part in parts)


def _read_one(cursor: Cursor, read_path: PathReader) -> Condition:
    cursor.skip_space()
    if cursor.take("!"):
        cursor.enter()
        inner = _read_one(cursor, read_path)
        cursor.leave()
        return lambda value, search: not inner(value, search)
    if cursor.take("("):
        condition = read_condition(cursor, read_path)
        cursor.expect(")")
        return condition
    left = _read_operand(cursor, read_path)
    cursor.skip_space()
    operator = cursor.match(_OPERATOR)
    if operator is None:
        return lambda value, search: left(value, search) is not MISSING
    cursor.skip_space()
    if operator == "=~":
        return _read_match(cursor, left)
    right = _read_operand(cursor, read_path)
    compare = _COMPARISONS[operator]
    return lambda value, search: compare(left(value, search), right(value, search))


def _read_match(cursor: Cursor, left: Operand) -> Condition:
    literal = _REGEX.match(cursor.text, cursor.position)
    if literal is None:
        raise cursor.error("lacks a /regular expression/")
    cursor.position = literal.end()
    try:
        pattern = Regex(literal[1], ignore_case=bool(literal[2]))
    except RegexError as error:
        raise JsonPathError(str(error)) from error

    def passes(value: object, search: Search) -> bool:
        subject = left(value, search)
        if not isinstance(subject, str):
            return False
        search.spend(_MATCH_VISITS)
        try:
            return pattern.matches(subject, lambda: search.spend(_SLOW_MATCH_VISITS))
        except RegexError:
            return False

    return passes


def _read_operand(cursor: Cursor, read_path: PathReader) -> Operand:
    if cursor.take("@"):
        path = read_path(cursor)
        return path.search
    if cursor.take("$"):
        path = read_path(cursor)
        return lambda _, search: path.search(search.root, search)
    constant = _read_literal(cursor)
    return lambda _, __: constant


def _read_literal(cursor: Cursor) -> object:
    cursor.skip_space()
    if cursor.peek() in {"'", '"'}:
        return read_quoted(cursor)
    if cursor.take("["):
        items: list[object] = []
        cursor.skip_space()
        while not cursor.take("]"):
            if items:
                cursor.expect(",")
            items.append(_read_scalar(cursor))
            cursor.skip_space()
        return items
    return _read_scalar(cursor)


def _read_scalar(cursor: Cursor) -> object:
    cursor.skip_space()
    if cursor.peek() in {"'", '"'}:
        return read_quoted(cursor)
    literal = cursor.match(_LITERAL)
    if literal is None or (value := parse_json(literal)) is MISSING:
        raise cursor.error("lacks a value")
    return value


def _is_equal(left: object, right: object) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def _order(compare: Callable[[float, float], bool]) -> Callable[[object, object], bool]:
    def run(left: object, right: object) -> bool:
        if isinstance(left, bool) or isinstance(right, bool):
            return False
        if isinstance(left, int | float) and isinstance(right, int | float):
            return compare(left, right)
        if isinstance(left, str) and isinstance(right, str):
            return compare((left > right) - (left < right), 0)
        return False

    return run


def _is_in(left: object, right: object) -> bool:
    return isinstance(right, list) and any(_is_equal(left, each) for each in right)


_COMPARISONS: dict[str, Callable[[object, object], bool]] = {
    "==": _is_equal,
    "!=": lambda left, right: not _is_equal(left, right),
    "<": _order(lambda left, right: left < right),
    "<=": _order(lambda left, right: left <= right),
    ">": _order(lambda left, right: left > right),
    ">=": _order(lambda left, right: left >= right),
    "in": _is_in,
    "nin": lambda left, right: not _is_in(left, right),
}
