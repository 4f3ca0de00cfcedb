"""Methods of strings and numbers in templates: java.lang.String's.

Lengths and indexes count UTF-16 units, as in Java: an emoji has two.

Source: DP-VTL-12.
"""

import math
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from routekey.languages.json_text import to_double
from routekey.languages.regexes import CountSlow, RegexError, compile_regex
from routekey.languages.vtl.methods import methods
from routekey.languages.vtl.rendering import Rendering, TemplateRenderError
from routekey.languages.vtl.values import JavaList, is_number, write_double

_INT = re.compile(r"[+-]?\d{1,300}")
_DOUBLE = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*")
_MATCH_STEPS = 50
"""What a regular expression counts for: a rendering makes 2,000 matches at most."""
_SLOW_MATCH_STEPS = 5_000
"""And one that is not quick: a rendering makes twenty of them at most."""
_UNITS_PER_STEP = 32
"""Of a text that is taken apart into units, which is slow."""
_SPACES = "".join(map(chr, range(33)))
"""What Java's `trim` takes away: everything up to the space."""


def to_units(text: str) -> str:
    """Split the characters beyond U+FFFF into their two surrogates."""
    if text.isascii():
        return text
    raw = _encode(text)
    units = len(raw) // 2
    return text if units == len(text) else "".join(map(chr, struct.unpack(f"<{units}H", raw)))


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(_encode(text)) // 2


def _encode(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _slice(text: str, start: int, stop: int) -> str:
    if text.isascii():
        return text[start:stop]
    return _encode(text)[2 * start : 2 * stop].decode("utf-16-le", "replace")


def _substring(text: str, start: int, stop: int | None = None) -> str:
    length = _length(text)
    end = length if stop is None else stop
    if not 0 <= start <= end <= length:
        raise TemplateRenderError(
            f"substring({start}, {end}) is outside of a string of {length} characters"
        )
    return _slice(text, start, end)


def _char_at(text: str, index: int) -> str:
    length = _length(text)
    if not 0 <= index < length:
        raise TemplateRenderError(f"charAt({index}) is outside of a string of {length} characters")
    return _slice(text, index, index + 1)


def _index_of(text: str, rendering: Rendering, part: str, start: int = 0) -> int:
    units = _take_apart(text, rendering)
    start = max(start, 0)
    return min(start, len(units)) if not part else units.find(to_units(part), start)


def _take_apart(text: str, rendering: Rendering) -> str:
    if not text.isascii():
        rendering.step(len(text) // _UNITS_PER_STEP)
    return to_units(text)


def _last_index_of(text: str, rendering: Rendering, part: str) -> int:
    return _take_apart(text, rendering).rfind(to_units(part))


def _replace(text: str, rendering: Rendering, old: str, new: str) -> str:
    rendering.spend(text.count(old) * len(new))
    return text.replace(old, new)


def _replace_all(text: str, rendering: Rendering, pattern: str, new: str) -> str:
    with _matching(text, rendering) as count_slow:
        return compile_regex(pattern).replace(
            text,
            new,
            count=0,
            characters_max=rendering.characters_left,
            count_slow=count_slow,
        )


def _replace_first(text: str, rendering: Rendering, pattern: str, new: str) -> str:
    with _matching(text, rendering) as count_slow:
        return compile_regex(pattern).replace(
            text,
            new,
            count=1,
            characters_max=rendering.characters_left,
            count_slow=count_slow,
        )


def _matches(text: str, rendering: Rendering, pattern: str) -> bool:
    with _matching(text, rendering) as count_slow:
        return compile_regex(pattern).matches(text, count_slow)


def _split(text: str, rendering: Rendering, pattern: str, limit: int = 0) -> JavaList:
    with _matching(text, rendering) as count_slow:
        return JavaList(compile_regex(pattern).split(text, limit, count_slow))


@contextmanager
def _matching(text: str, rendering: Rendering) -> Iterator[CountSlow]:
    """Count a match, which may take longer than all else, and name its failure as ours."""
    rendering.step(_MATCH_STEPS)
    rendering.spend(len(text))
    try:
        yield lambda: rendering.step(_SLOW_MATCH_STEPS)
    except RegexError as error:
        raise TemplateRenderError(str(error)) from error


def _compare_to(text: str, rendering: Rendering, other: str) -> int:
    rendering.step(len(text) // _UNITS_PER_STEP)
    units, others = to_units(text), to_units(other)
    for left, right in zip(units, others, strict=False):
        if left != right:
            return ord(left) - ord(right)
    return len(units) - len(others)


def _parse_int(_: object, text: str) -> int:
    if _INT.fullmatch(text) is None:
        raise TemplateRenderError(f"{text[:40]!r} is no integer")
    return int(text)


def _truncate(value: float) -> int:
    if isinstance(value, int):
        return value
    if not math.isfinite(value):
        raise TemplateRenderError(f"{write_double(value)} is no integer")
    return int(value)


def _compare_numbers(value: float, other: object) -> object:
    return (value > other) - (value < other) if is_number(other) else ""


def _parse_double(_: object, text: str) -> float:
    if _DOUBLE.fullmatch(text) is None:
        raise TemplateRenderError(f"{text[:40]!r} is no number")
    return float(text)


STRING_METHODS = methods(
    ("length", "", _length),
    ("isEmpty", "", lambda text: not text),
    ("charAt", "i", _char_at),
    ("substring", "i", _substring),
    ("substring", "ii", _substring),
    ("indexOf", "rs", _index_of),
    ("indexOf", "rsi", _index_of),
    ("lastIndexOf", "rs", _last_index_of),
    ("contains", "s", lambda text, part: part in text),
    ("startsWith", "s", lambda text, part: text.startswith(part)),
    ("endsWith", "s", lambda text, part: text.endswith(part)),
    ("equalsIgnoreCase", "s", lambda text, other: text.lower() == other.lower()),
    ("compareTo", "rs", _compare_to),
    ("concat", "s", lambda text, other: text + other),
    ("toLowerCase", "", lambda text: text.lower()),
    ("toUpperCase", "", lambda text: text.upper()),
    ("trim", "", lambda text: text.strip(_SPACES)),
    ("replace", "rss", _replace),
    ("replaceAll", "rss", _replace_all),
    ("replaceFirst", "rss", _replace_first),
    ("matches", "rs", _matches),
    ("split", "rs", _split),
    ("split", "rsi", _split),
)

NUMBER_METHODS = methods(
    ("intValue", "", _truncate),
    ("longValue", "", _truncate),
    ("doubleValue", "", to_double),
    ("parseInt", "s", _parse_int),
    ("parseLong", "s", _parse_int),
    ("valueOf", "s", _parse_int),
    ("parseDouble", "s", _parse_double),
    ("compareTo", "o", _compare_numbers),
)
