"""Patterns with wildcards and policy variables, as policies have them.

`*` is any run of characters and `?` any one (SEC-EVAL-04). In a document of version 2012-10-17
`${key}` stands for a value of the request, `${key, 'default'}` for that or the default, and `${*}`,
`${?}`, `${$}` for the characters themselves (SEC-EVAL-06).

A value that a variable brings in never acts as a wildcard: whoever may choose his session's name
must not be able to choose `*`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from routekey.errors import PolicyError

Context = Mapping[str, str | tuple[str, ...]]
"""The request's condition keys, lower case, each with its value or values."""

_ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{(?P<key>[^,}']*)(?:,\s*'(?P<default>[^']*)')?\s*\}")


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` or `?`."""

    character: str


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}` or `${key, 'default'}`."""

    key: str
    """Lower case."""
    default: str | None

    def resolve(self, context: Context) -> str | None:
        """Look the value up; None where there is not exactly one."""
        value = context.get(self.key, self.default)
        return value if isinstance(value, str) else None


Token = str | Wildcard | Variable

ANY_RUN: Final = Wildcard("*")
ANY_ONE: Final = Wildcard("?")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text of a policy that is matched against a text of a request."""

    tokens: tuple[Token, ...]
    has_variables: bool = field(init=False)

    def __post_init__(self) -> None:
        """Remember whether a match depends on the request."""
        has_variables = any(isinstance(token, Variable) for token in self.tokens)
        object.__setattr__(self, "has_variables", has_variables)

    def resolve(self, context: Context) -> tuple[str | Wildcard, ...] | None:
        """Put values in place of the variables; None where one has no value."""
        if not self.has_variables:
            return tuple(token for token in self.tokens if not isinstance(token, Variable))
        resolved: list[str | Wildcard] = []
        for token in self.tokens:
            value = token.resolve(context) if isinstance(token, Variable) else token
            if value is None:
                return None
            resolved.append(value)
        return tuple(resolved)

    def matches(self, text: str, context: Context) -> bool | None:
        """Tell whether a text fits; None where a variable has no value, so nobody can tell."""
        tokens = self.resolve(context)
        return None if tokens is None else _compile(tokens).fullmatch(text) is not None

    def matches_arn(self, text: str, context: Context) -> bool | None:
        """Tell whether an ARN fits, each of its six parts on its own. Source: SEC-EVAL-08."""
        tokens = self.resolve(context)
        if tokens is None:
            return None
        patterns, parts = _split_arn(tokens), text.split(":", _ARN_PARTS - 1)
        return len(patterns) == len(parts) == _ARN_PARTS and all(
            _compile(pattern).fullmatch(part) is not None
            for pattern, part in zip(patterns, parts, strict=True)
        )

    def equals(self, text: str, context: Context) -> bool | None:
        """Tell whether a text is this one, wildcards taken as the characters that they are."""
        expected = self.text(context)
        return None if expected is None else text == expected

    def text(self, context: Context) -> str | None:
        """Write the pattern with its values; None where one is missing."""
        tokens = self.resolve(context)
        if tokens is None:
            return None
        return "".join(t.character if isinstance(t, Wildcard) else t for t in tokens)


def parse_pattern(text: str, *, has_variables: bool) -> Pattern:
    """Parse a text of a policy.

    Raises:
        PolicyError: a variable is not closed, or its key is empty.
    """
    tokens: list[Token] = []
    start = 0
    while has_variables and (at := text.find("${", start)) >= 0:
        found = _VARIABLE.match(text, at)
        if found is None or not found["key"].strip():
            raise PolicyError(
                f"'{text}' has a policy variable that is not of the form ${{key}} or "
                "${key, 'default'}"
            )
        tokens += _parse_wildcards(text[start:at])
        key, default = found["key"].strip(), found["default"]
        tokens.append(key if key in {"*", "?", "$"} else Variable(key.lower(), default))
        start = found.end()
    tokens += _parse_wildcards(text[start:])
    return Pattern(tuple(tokens))


def matches_arn(pattern: str, arn: str) -> bool:
    """Match an ARN as `ArnLike` does, for patterns that stand outside of a policy.

    Source: SEC-LPOL-02, SEC-LPOL-03.
    """
    return parse_pattern(pattern, has_variables=False).matches_arn(arn, {}) is True


def _parse_wildcards(text: str) -> list[Token]:
    return [
        {"*": ANY_RUN, "?": ANY_ONE}.get(piece, piece)
        for piece in re.split(r"([*?])", text)
        if piece
    ]


# A policy of the largest size has some hundred patterns; those without variables stay compiled.
@lru_cache(maxsize=4096)
def _compile(tokens: tuple[str | Wildcard, ...]) -> re.Pattern[str]:
    """Compile to a regular expression that cannot backtrack from one `*` into the one before.

    Each stretch between two `*` is an atomic group that takes the first place where it fits. For
    globs the first place is as good as any, so the time is at most length times length, where a
    plain `.*` would double it with each star.
    """
    stretches: list[str] = [""]
    for token in tokens:
        if token == ANY_RUN:
            stretches.append("")
        else:
            stretches[-1] += "." if isinstance(token, Wildcard) else re.escape(token)
    if len(stretches) == 1:
        return re.compile(stretches[0], re.DOTALL)
    first, *middle, last = stretches
    jumps = "".join(f"(?>.*?{stretch})" for stretch in middle if stretch)
    return re.compile(f"{first}{jumps}.*{last}", re.DOTALL)


def _split_arn(tokens: tuple[str | Wildcard, ...]) -> list[tuple[str | Wildcard, ...]]:
    """Split at the first five colons. A `*` at the end of too few parts stands for the rest."""
    parts: list[list[str | Wildcard]] = [[]]
    for token in tokens:
        if isinstance(token, Wildcard):
            parts[-1].append(token)
            continue
        first, *more = token.split(":", _ARN_PARTS - len(parts))
        parts[-1].append(first)
        parts += [[piece] for piece in more]
    if tokens and tokens[-1] == ANY_RUN:
        parts += [[ANY_RUN]] * (_ARN_PARTS - len(parts))
    return [tuple(part) for part in parts]
