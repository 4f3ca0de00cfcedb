"""Conditions: what a statement asks of a request. Source: SEC-EVAL-07."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from routekey.errors import PolicyError
from routekey.languages.iam.operators import OPERATORS, Test
from routekey.languages.iam.patterns import Context

_NAME = re.compile(
    r"(?:(?P<quantifier>ForAnyValue|ForAllValues):)?(?P<base>[A-Za-z]+?)(?P<if_exists>IfExists)?",
    re.IGNORECASE,
)


class Quantifier(Enum):
    """How a key with several values is taken."""

    PLAIN = None
    ANY = "foranyvalue"
    ALL = "forallvalues"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One key under one operator, with the values that the policy gives."""

    operator: str
    """Without quantifier and `IfExists`, lower case."""
    key: str
    """Lower case: condition keys have no case."""
    values: tuple[str, ...]
    quantifier: Quantifier
    if_exists: bool
    is_negated: bool
    tests: tuple[Test, ...] = field(compare=False, repr=False)

    def holds(self, context: Context) -> bool:
        """Tell whether a request meets this.

        The policy's values are alternatives; under a negated operator none of them may fit. A key
        that is missing fails a positive operator and meets a negated one.
        """
        values = _values_of(context, self.key)
        if not values:
            if self.quantifier is Quantifier.PLAIN:
                return self.if_exists or self.is_negated
            return self.if_exists or self.quantifier is Quantifier.ALL
        verdicts = (self._admits(value, context) for value in values)
        if self.quantifier is Quantifier.PLAIN:
            return all(verdicts) if self.is_negated else any(verdicts)
        return all(verdicts) if self.quantifier is Quantifier.ALL else any(verdicts)

    def _admits(self, value: str, context: Context) -> bool:
        fits = [test(value, context) for test in self.tests]
        if self.is_negated:
            return not any(fit is not False for fit in fits)
        return any(fits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """`Null`: whether a key is missing."""

    key: str
    is_wanted: bool

    def holds(self, context: Context) -> bool:
        """Tell whether a request meets this."""
        return (not _values_of(context, self.key)) is self.is_wanted


Condition = Comparison | Absence


def parse_condition(
    name: str, key: str, values: Sequence[str], *, has_variables: bool
) -> Condition:
    """Parse one key of a condition block.

    Args:
        name: the operator as it is written, `ForAnyValue:StringLikeIfExists` at its longest.
        key: the condition key.
        values: what it is compared with.
        has_variables: whether the document's version knows `${…}`.

    Raises:
        PolicyError: the operator is unknown, or a value is not of its kind.
    """
    parts = _NAME.fullmatch(name)
    base = parts["base"].lower() if parts else ""
    if parts and base == "null" and not parts["quantifier"] and not parts["if_exists"]:
        return _parse_absence(key, values)
    if parts is None or base not in OPERATORS:
        raise PolicyError(f"the condition operator '{name}' does not exist")
    operator = OPERATORS[base]
    try:
        tests = tuple(operator.compile(value, has_variables) for value in values)
    except ValueError as error:
        raise PolicyError(
            f"the condition {name} on {key} has a value of the wrong kind: {error}"
        ) from None
    quantifier = parts["quantifier"]
    return Comparison(
        operator=base,
        key=key.lower(),
        values=tuple(values),
        quantifier=Quantifier(quantifier.lower() if quantifier else None),
        if_exists=parts["if_exists"] is not None,
        is_negated=operator.is_negated,
        tests=tests,
    )


def is_operator(name: str) -> bool:
    """Tell whether a condition operator exists, with whatever it may have before and behind it."""
    parts = _NAME.fullmatch(name)
    return parts is not None and parts["base"].lower() in {*OPERATORS, "null"}


def _parse_absence(key: str, values: Sequence[str]) -> Absence:
    wanted = {value.lower() for value in values}
    if wanted not in ({"true"}, {"false"}):
        raise PolicyError(f"the condition Null on {key} takes true or false")
    return Absence(key=key.lower(), is_wanted="true" in wanted)


def _values_of(context: Context, key: str) -> tuple[str, ...]:
    value = context.get(key, ())
    return (value,) if isinstance(value, str) else value
