"""The condition operators: how one value of a request is held against one of a policy.

Source: SEC-EVAL-08. A value of a request that is not of the operator's kind fits nothing. The
names are taken in any case: our choice, as for condition keys.
"""

import binascii
import ipaddress
import operator
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, TypeVar

from routekey.languages.iam.patterns import Context, Pattern, parse_pattern

Test = Callable[[str, Context], bool | None]
"""Tell whether a request's value fits; None where a policy variable has no value."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator without its prefix and suffix."""

    compile: Callable[[str, bool], Test]
    """Make a test of a value of a policy; a ValueError says what is wrong with the value."""
    is_negated: bool = False


def _string(matches: Callable[[Pattern, str, Context], bool | None]) -> Callable[[str, bool], Test]:
    """Make an operator on text, the only kind in which policy variables count."""

    def compile_value(value: str, has_variables: bool) -> Test:  # noqa: FBT001  # see Operator
        pattern = parse_pattern(value, has_variables=has_variables)
        return lambda text, context: matches(pattern, text, context)

    return compile_value


def _typed(
    parse: Callable[[str], T], compare: Callable[[T, T], bool]
) -> Callable[[str, bool], Test]:
    """Make an operator on values that are parsed on both sides."""

    def compile_value(value: str, _has_variables: bool) -> Test:  # noqa: FBT001  # see Operator
        expected = parse(value)

        def test(text: str, _context: Context) -> bool:
            try:
                return compare(parse(text), expected)
            except ValueError:
                return False

        return test

    return compile_value


def _parse_number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"'{text}' is not a number")
    return number


_DATE: Final = re.compile(
    r"(?P<year>-?[0-9]{1,9})(-(?P<month>[0-9]{1,2})(-(?P<day>[0-9]{1,2}))?)?"
    r"(T((?P<hour>[0-9]{1,2})(:(?P<minute>[0-9]{1,2})(:(?P<second>[0-9]{1,2}([.][0-9]{1,9})?))?)?)?"
    r"(Z|(?P<zone>[+-][0-9]{2})(:?(?P<zone_minutes>[0-9]{2}))?)?)?",
    re.IGNORECASE,
)
_FIELDS: Final = {"hour": 24, "minute": 60, "second": 60, "zone": 24, "zone_minutes": 60}
_SECONDS: Final = range(2**63)
_YEARS: Final = range(-292_275_054, 292_278_994)
_MONTHS: Final = range(1, 13)
_DAYS_PER_CYCLE: Final = 146_097
"""Of 400 years, after which the calendar begins anew."""


def parse_date(text: str) -> Decimal:
    """Read ISO 8601, or seconds since 1970, as seconds since 1970; without a zone it is UTC.

    A date may end after any of its parts, and its years are those of IAM, which go far beyond
    those of Python (observed: `01T` and `-292275054` are dates).

    Raises:
        ValueError: it is no date.
    """
    text = text.strip()
    if text.isdecimal() and len(text) < len(str(_SECONDS.stop)) + 1 and int(text) in _SECONDS:
        return Decimal(int(text))
    parts = _DATE.fullmatch(text)
    if parts is None or text.isdecimal():
        raise ValueError(f"'{text:.100}' is not a date")
    year, month, day = int(parts["year"]), int(parts["month"] or 1), int(parts["day"] or 1)
    numbers = {name: Decimal(parts[name] or 0) for name in _FIELDS}
    if not (
        year in _YEARS
        and month in _MONTHS
        and 1 <= day <= _count_days(year, month + 1) - _count_days(year, month)
        and all(abs(numbers[name]) < bound for name, bound in _FIELDS.items())
    ):
        raise ValueError(f"'{text:.100}' is not a date")
    clock = (numbers["hour"] * 60 + numbers["minute"]) * 60 + numbers["second"]
    sign = -1 if (parts["zone"] or "").startswith("-") else 1
    zone = numbers["zone"] * 3600 + sign * numbers["zone_minutes"] * 60
    return (_count_days(year, month) + day - 1) * 86_400 + clock - zone


def _count_days(year: int, month: int) -> int:
    """Count the days from 1970 to the first of a month."""
    cycle, year_of_cycle = divmod(year + month // 13, 400)
    first = date(2000 + year_of_cycle, (month - 1) % 12 + 1, 1)
    return (cycle - 5) * _DAYS_PER_CYCLE + (first - date(1970, 1, 1)).days


def _parse_bool(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() == "true"


def _parse_binary(text: str) -> bytes:
    try:
        return b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError(f"'{text}' is not base64") from None


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _parse_network(text: str) -> Network:
    """Read an address or a CIDR block; an IPv4 address in IPv6 clothes is that IPv4 address."""
    network = ipaddress.ip_network(text.strip(), strict=False)
    if isinstance(network, ipaddress.IPv6Network) and network.num_addresses == 1:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.ip_network(mapped)
    return network


def _is_within(inner: Network, outer: Network) -> bool:
    return inner.network_address in outer and inner.prefixlen >= outer.prefixlen


def _equals_ignoring_case(pattern: Pattern, text: str, context: Context) -> bool | None:
    expected = pattern.text(context)
    return None if expected is None else expected.lower() == text.lower()


_COMPARISONS: Final = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}

_POSITIVE: Final = {
    "stringequals": _string(Pattern.equals),
    "stringequalsignorecase": _string(_equals_ignoring_case),
    "stringlike": _string(Pattern.matches),
    "arnequals": _string(Pattern.matches_arn),
    "arnlike": _string(Pattern.matches_arn),
    "ipaddress": _typed(_parse_network, _is_within),
    "bool": _typed(_parse_bool, operator.eq),
    "binaryequals": _typed(_parse_binary, operator.eq),
    **{f"numeric{name}": _typed(_parse_number, how) for name, how in _COMPARISONS.items()},
    **{f"date{name}": _typed(parse_date, how) for name, how in _COMPARISONS.items()},
}

_NEGATED: Final = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}

OPERATORS: Final = MappingProxyType(
    {name: Operator(compile=make) for name, make in _POSITIVE.items()}
    | {
        name: Operator(compile=_POSITIVE[positive], is_negated=True)
        for name, positive in _NEGATED.items()
    }
)
"""By lower-case name. `Null` is not among them: it looks at the key, not at a value."""
