"""The condition operators: how one value of a request is held against one of a policy.

Source: SEC-EVAL-08. A value of a request that is not of the operator's kind fits nothing. The
names are taken in any case: our choice, as for condition keys.
"""

import binascii
import ipaddress
import operator
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
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


def _parse_date(text: str) -> datetime:
    """Read ISO 8601, or seconds since 1970; without a zone it is UTC."""
    try:
        if text.strip().isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        at = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"'{text}' is not a date") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


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
    **{f"date{name}": _typed(_parse_date, how) for name, how in _COMPARISONS.items()},
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
