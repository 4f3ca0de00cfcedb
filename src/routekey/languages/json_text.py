"""JSON text to values, for every language here: one parser, so that they agree on what JSON is.

It is msgspec's: strict (no NaN, no lone surrogates, no BOM) and the fastest that we measured. A
message that it refuses is not JSON for routing, models and templates alike (DP-RTE-11).
"""

import math
from enum import Enum
from typing import Final

import msgspec


class Missing(Enum):
    """The type of `MISSING`, so that a type checker can tell it from every value."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
"""Nothing there, which is not the same as null."""

_read = msgspec.json.Decoder().decode
_read_wide = msgspec.json.Decoder(float_hook=float).decode


def parse_json(text: bytes | str) -> object:
    """Read JSON text; `MISSING` where it is none, or nests deeper than the stack allows.

    A number beyond a double is infinite, as in Java; an integer of more than 4,300 digits (the
    bound of Python, against quadratic conversion) makes the text unreadable.
    """
    try:
        try:
            return _read(text)
        except msgspec.ValidationError:
            return _read_wide(text)
    except (ValueError, RecursionError):
        return MISSING


def to_double(number: float) -> float:
    """Give a number as a double; an integer beyond its range is infinite, as in Java."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
