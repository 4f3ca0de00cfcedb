"""Values of templates: how they print, compare and add up, as in Java.

A value is a string, a boolean, a number, a list or a map. There is no null: whatever is missing is
the empty string, and everything but `false` is true. That one model explains all that was observed
of AWS (VTL-REF-01 to VTL-REF-05).

Lists from JSON are plain lists and print as JSON; a `JavaList` was made by the template and prints
as Java's (VTL-PRT-02, VTL-PRT-03).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final, TypeGuard

import orjson

from routekey.languages.vtl.rendering import Rendering, TemplateRenderError

MAPS: Final = (dict, MappingProxyType)
"""What counts as a map: the second is one that a template cannot change."""
INTEGER_BITS_MAX: Final = 1000
"""Beyond a double's range; a loop that squares a number would otherwise fill the memory."""
_NUMBERS: Final = (int, float)
_COLLECTIONS: Final = (list, *MAPS)
DEPTH_MAX: Final = 200
"""Of collections within collections when they print."""

_PLAIN_MIN, _PLAIN_MAX = 1e-3, 1e7


class JavaList(list[object]):
    """A list that the template made."""


def is_true(value: object) -> bool:
    """Tell whether a condition holds: everything but `false` does. Source: VTL-REF-02."""
    return value is not False


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell a number, which a boolean is not."""
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def to_text(value: object, rendering: Rendering) -> str:
    """Print a value. Source: VTL-PRT-01 to VTL-PRT-04."""
    if isinstance(value, str):
        return value
    if not isinstance(value, _COLLECTIONS):
        text = _print_scalar(value)
        rendering.spend(len(text))
        return text
    pieces: list[str] = []

    def write(piece: str) -> None:
        rendering.spend(len(piece))
        pieces.append(piece)

    _print(value, write, DEPTH_MAX, _JAVA_STYLE)
    return "".join(pieces)


def write_double(value: float) -> str:
    """Print a double as `Double.toString` does: `0.05`, `2.0`, `1.0E10`. Source: VTL-PRT-04."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_MIN <= abs(value) < _PLAIN_MAX:
        return repr(value)
    shortest = Decimal(repr(value)).normalize()
    sign, digits, _ = shortest.as_tuple()
    fraction = "".join(map(str, digits[1:])) or "0"
    return f"{'-' * sign}{digits[0]}.{fraction}E{shortest.adjusted()}"


def is_equal(left: object, right: object, rendering: Rendering) -> bool:
    """Compare as Velocity does: numbers by value, all else by text. Source: VTL-REF-03."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if is_number(left) and is_number(right):
        return left == right
    if left is right:
        return True
    return to_text(left, rendering) == to_text(right, rendering)


def compare(operator: str, left: object, right: object) -> bool:
    """Order two numbers; anything else is in no order."""
    if not (is_number(left) and is_number(right)):
        return False
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def calculate(operator: str, left: object, right: object, rendering: Rendering) -> object:
    """Add, subtract, multiply, divide; what has no result is missing. Source: VTL-EXP-03."""
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        text = to_text(left, rendering) + to_text(right, rendering)
        rendering.spend(len(text))
        return text
    if not (is_number(left) and is_number(right)):
        return ""
    try:
        result = _ARITHMETIC[operator](left, right)
    except (ArithmeticError, ValueError):  # a division by zero, a remainder of infinity
        return ""
    if isinstance(result, int) and result.bit_length() > INTEGER_BITS_MAX:
        raise TemplateRenderError(f"an integer is longer than {INTEGER_BITS_MAX} bits")
    return result


def to_list(value: object) -> Iterable[object]:
    """Give what `#foreach` goes over: elements, or the values of a map. Source: VTL-DIR-03."""
    if isinstance(value, list):
        return value
    return value.values() if isinstance(value, MAPS) else ()


def _divide(left: float, right: float) -> float:
    """Divide; two integers truncate towards zero, as in Java."""
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) is (right < 0) else -quotient
    return left / right


def _remainder(left: float, right: float) -> float:
    """Give the rest with the sign of the dividend, as in Java."""
    if isinstance(left, int) and isinstance(right, int):
        rest = abs(left) % abs(right)
        return -rest if left < 0 else rest
    return math.fmod(left, right)


_ARITHMETIC: dict[str, Callable[..., float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": _divide,
    "%": _remainder,
}


@dataclass(frozen=True, slots=True)
class _Style:
    """How a collection prints: as Java's, or as JSON."""

    comma: str
    colon: str
    quote: Callable[[str], str]


def _print(value: object, write: Callable[[str], None], depth: int, style: _Style) -> None:
    if depth == 0:
        raise TemplateRenderError(f"a collection nests deeper than {DEPTH_MAX}")
    if isinstance(value, MAPS):
        write("{")
        for index, (key, each) in enumerate(value.items()):
            write(f"{style.comma if index else ''}{style.quote(key)}{style.colon}")
            _print(each, write, depth - 1, style)
        write("}")
    elif isinstance(value, list):
        inner = style if isinstance(value, JavaList) else _JSON_STYLE
        write("[")
        for index, each in enumerate(value):
            write(inner.comma if index else "")
            _print(each, write, depth - 1, inner)
        write("]")
    else:
        write(style.quote(value) if isinstance(value, str) else _print_scalar(value))


def _print_scalar(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return write_double(value)
    return str(value)


def quote_json(text: str) -> str:
    """Write a string as JSON; a lone surrogate, which has no UTF-8, becomes U+FFFD."""
    try:
        return orjson.dumps(text).decode()
    except TypeError:
        return orjson.dumps(
            text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        ).decode()


_JAVA_STYLE = _Style(", ", "=", str)
_JSON_STYLE = _Style(",", ":", quote_json)
