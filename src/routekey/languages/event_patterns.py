"""Event patterns: which records of a queue or stream a function wants to have.

A pattern is JSON of the same shape as a record, with a list of what is wanted in the place of each
value: `{"body": {"kind": ["order", {"prefix": "pay"}]}}`. It becomes a test, once.

Source: Lambda Developer Guide, "Filter rule syntax"; EventBridge User Guide, "Event patterns".
"""

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from routekey.errors import PatternError

Test = Callable[[object], bool]

_MISSING: Final = object()
"""What a field has that is not there: null is a value."""
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        "=": operator.eq,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)
_LOWER: Final = frozenset({">", ">="})
_UPPER: Final = frozenset({"<", "<="})
_OR_MIN: Final = 2
_DEPTH_MAX: Final = 50
"""DynamoDB's own values nest 32 levels deep."""


def parse_event_pattern(text: str) -> Test:
    """Make a test of records.

    Raises:
        PatternError: the text is no event pattern.
    """
    try:
        pattern = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise PatternError(f"the pattern is not JSON: {error}") from None
    if _is_deeper(pattern, _DEPTH_MAX):
        raise PatternError(f"the pattern nests deeper than {_DEPTH_MAX} levels")
    return _parse_fields(pattern)


def _is_deeper(value: object, levels: int) -> bool:
    """Tell whether something nests deeper than so many levels; it looks no further."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def _parse_fields(pattern: object) -> Test:
    """Make a test of an object, which holds where each field's test does."""
    if not isinstance(pattern, dict) or not pattern:
        raise PatternError(f"{_show(pattern)} is no object with fields")
    tests = [
        _parse_alternatives(value) if name == "$or" else _parse_field(name, value)
        for name, value in pattern.items()
    ]

    def test(value: object) -> bool:
        pending = [value]
        while pending:
            one = pending.pop()
            if isinstance(one, list):  # of objects: one of them is enough
                pending += one
            elif all(each(one) for each in tests):
                return True
        return False

    return test


def _parse_alternatives(patterns: object) -> Test:
    if not isinstance(patterns, list) or len(patterns) < _OR_MIN:
        raise PatternError("$or takes a list of two patterns or more")
    tests = [_parse_fields(pattern) for pattern in patterns]
    return lambda value: any(test(value) for test in tests)


def _parse_field(name: str, wanted: object) -> Test:
    """Make a test of an object's field; an object that is not there has no field."""
    test = _parse_fields(wanted) if isinstance(wanted, dict) else _parse_values(name, wanted)
    return lambda value: test(value.get(name, _MISSING) if isinstance(value, dict) else _MISSING)


def _parse_values(name: str, wanted: object) -> Test:
    """Make a test of a value, which has to be one of those that are wanted."""
    if not isinstance(wanted, list) or not wanted:
        raise PatternError(f"the field {name} has {_show(wanted)}, and not a list of values")
    tests = [_parse_operator(one) if isinstance(one, dict) else _equals(one) for one in wanted]
    return lambda value: any(test(value) for test in tests)


def _parse_operator(wanted: Mapping[str, object]) -> Test:
    if len(wanted) != 1:
        raise PatternError(f"{_show(wanted)} has not one comparison")
    ((name, operand),) = wanted.items()
    if name not in _OPERATORS:
        raise PatternError(f"the comparison {name} is none of {', '.join(sorted(_OPERATORS))}")
    return _OPERATORS[name](operand)


def _each(test: Callable[[Any], bool]) -> Test:
    """Ask of each item of a list; one is enough."""
    return lambda value: any(map(test, value)) if isinstance(value, list) else test(value)


def _equals(wanted: object) -> Test:
    if isinstance(wanted, list):
        raise PatternError(f"{_show(wanted)} is a list in a list")
    return _each(lambda value: _is_same(value, wanted))


def _is_same(value: object, wanted: object) -> bool:
    """Compare as JSON has it: true is not 1."""
    return value == wanted and isinstance(value, bool) is isinstance(wanted, bool)


def _exists(operand: object) -> Test:
    """Ask whether a value is there; an object is none."""
    if not isinstance(operand, bool):
        raise PatternError(f"exists takes true or false, and not {_show(operand)}")
    return lambda value: (value is not _MISSING and not isinstance(value, dict)) is operand


def _text(compare: Callable[[str, str], bool]) -> Callable[[object], Test]:
    """Make a comparison of texts."""

    def parse(operand: object) -> Test:
        if not isinstance(operand, str) or not operand:
            raise PatternError(f"{_show(operand)} is no text to compare with")
        return _each(lambda value: isinstance(value, str) and compare(value, operand))

    return parse


def _anything_but(operand: object) -> Test:
    """Ask for a value that is none of these texts, or none of these numbers."""
    unwanted = operand if isinstance(operand, list) else [operand]
    are_texts = all(isinstance(one, str) for one in unwanted)
    if not unwanted or not (are_texts or all(map(_is_number, unwanted))):
        raise PatternError(f"anything-but takes texts or numbers, and not {_show(operand)}")
    return _each(
        lambda value: (
            value is not _MISSING
            and not isinstance(value, dict)
            and not any(_is_same(value, one) for one in unwanted)
        )
    )


def _numeric(operand: object) -> Test:
    """Ask for a number: one comparison, or a range from below and from above."""
    items = operand if isinstance(operand, list) else []
    signs, bounds = items[::2], items[1::2]
    is_range = len(signs) == len(_RANGE) and all(
        isinstance(sign, str) and sign in of for sign, of in zip(signs, _RANGE, strict=True)
    )
    is_one = len(signs) == 1 and isinstance(signs[0], str) and signs[0] in _COMPARISONS
    if len(signs) != len(bounds) or not all(map(_is_number, bounds)) or not (is_one or is_range):
        raise PatternError(f"numeric takes a comparison or a range, and not {_show(operand)}")
    tests = [(_COMPARISONS[sign], bound) for sign, bound in zip(signs, bounds, strict=True)]
    return _each(
        lambda value: _is_number(value) and all(test(value, bound) for test, bound in tests)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _show(value: object) -> str:
    return f"{orjson.dumps(value).decode():.100}"


_RANGE: Final = (_LOWER, _UPPER)
_OPERATORS: Final[Mapping[str, Callable[[object], Test]]] = MappingProxyType(
    {
        "anything-but": _anything_but,
        "equals-ignore-case": _text(lambda value, wanted: value.lower() == wanted.lower()),
        "exists": _exists,
        "numeric": _numeric,
        "prefix": _text(str.startswith),
        "suffix": _text(str.endswith),
    }
)
