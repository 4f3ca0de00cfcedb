"""The text of a JSONPath, read into steps.

`$.a.b`, `$['a']`, `$.a[0]`, `$.a[-1]`, `$.a[0,1]`, `$.a[1:3]`, `$.a[*]`, `$.*`, `$..a`,
`$['a','b']`, `$.a[?(@.b > 1)]` and functions at the end (`$.a.length()`). A path may leave out its
`$.` (VTL-INP-03).
"""

import re
from functools import lru_cache

from routekey.languages.jsonpath.filters import Cursor, read_condition, read_quoted
from routekey.languages.jsonpath.paths import (
    CHARACTERS_MAX,
    FUNCTIONS,
    STEPS_MAX,
    Descent,
    Filter,
    Indexes,
    JsonPathError,
    Member,
    Members,
    Path,
    Slice,
    Step,
    Wildcard,
)

_NAME = re.compile(r"[^.\[\]()\s]+")
_INDEXES = re.compile(r"\s*-?\d{1,9}\s*(?:,\s*-?\d{1,9}\s*)*\]")
_SLICE = re.compile(r"\s*(-?\d{1,9})?\s*:\s*(-?\d{1,9})?\s*\]")


@lru_cache(maxsize=1024)  # the paths of templates: a fixed set, read again for each message
def compile_path(text: str) -> Path:
    """Compile a path.

    Raises:
        JsonPathError: it is malformed; the text names the position, from 0.
    """
    if len(text) > CHARACTERS_MAX:
        raise JsonPathError(f"the JSONPath is longer than {CHARACTERS_MAX} characters")
    source = text.strip()
    if not source.startswith(("$", "@")):
        source = f"$.{source}"
    cursor = Cursor(source, 1)
    path = read_path(cursor)
    if cursor.position < len(source):
        raise _malformed(cursor)
    return path


def read_path(cursor: Cursor) -> Path:
    """Read the steps of a path, up to where no further step begins."""
    start = cursor.position
    steps: list[Step] = []
    function = None
    while cursor.peek() in {".", "["} and function is None:
        if cursor.take(".."):
            steps.append(Descent())
            if cursor.peek() == "[":
                continue
        elif cursor.take(".") and cursor.peek() == "[":
            continue
        elif cursor.take("["):
            steps.append(_read_bracket(cursor))
            continue
        function = _read_name(cursor, steps)
    if len(steps) > STEPS_MAX:
        raise JsonPathError(f"the JSONPath has more than {STEPS_MAX} steps")
    for index, step in enumerate(steps):  # only the last `['a','b']` gives one object
        if isinstance(step, Members) and index < len(steps) - 1:
            steps[index] = Members(step.names, is_definite=False)
    return Path(cursor.text[start - 1 : cursor.position], tuple(steps), function)


def _read_name(cursor: Cursor, steps: list[Step]) -> str | None:
    """Read what follows a dot; give its name where it is a function."""
    if cursor.take("*"):
        steps.append(Wildcard())
        return None
    name = cursor.match(_NAME)
    if name is None:
        raise _malformed(cursor)
    if cursor.take("()"):
        if name not in FUNCTIONS:
            raise JsonPathError(f"JSONPath has no function {name}()")
        return name
    steps.append(Member(name))
    return None


def _read_bracket(cursor: Cursor) -> Step:
    cursor.skip_space()
    if cursor.peek() in {"'", '"'}:
        return _read_members(cursor)
    if cursor.take("*"):
        cursor.expect("]")
        return Wildcard()
    if cursor.take("?"):
        cursor.expect("(")
        condition = read_condition(cursor, read_path)
        cursor.expect(")")
        cursor.expect("]")
        return Filter(condition)
    if (indexes := cursor.match(_INDEXES)) is not None:
        return Indexes(tuple(int(each) for each in indexes[:-1].split(",")))
    if (bounds := cursor.match(_SLICE)) is not None:
        start, stop = (part.strip() for part in bounds[:-1].split(":"))
        return Slice(int(start) if start else None, int(stop) if stop else None)
    raise _malformed(cursor)


def _read_members(cursor: Cursor) -> Step:
    names = [read_quoted(cursor)]
    while cursor.take_next(","):
        cursor.skip_space()
        names.append(read_quoted(cursor))
    cursor.expect("]")
    return Member(names[0]) if len(names) == 1 else Members(tuple(names), is_definite=True)


def _malformed(cursor: Cursor) -> JsonPathError:
    return cursor.error("does not continue as a JSONPath does")
