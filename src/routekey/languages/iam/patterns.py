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

from routekey.errors import PolicyError
from routekey.languages.iam.globs import ANY_ONE, ANY_RUN, Glob, Wildcard, make_glob

Context = Mapping[str, str | tuple[str, ...]]
"""The request's condition keys, lower case, each with its value or values."""

_ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{(?P<key>[^,}']*)(?:,\s*'(?P<default>[^']*)')?\s*\}")


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
_Resolved = tuple[str | Wildcard, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text of a policy that is matched against a text of a request."""

    tokens: tuple[Token, ...]
    _constant: _Resolved | None = field(init=False, repr=False, compare=False)
    _glob: Glob | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make once what no request changes: all, where there is no variable."""
        constant = tuple(token for token in self.tokens if not isinstance(token, Variable))
        is_constant = len(constant) == len(self.tokens)
        object.__setattr__(self, "_constant", constant if is_constant else None)
        object.__setattr__(self, "_glob", make_glob(constant) if is_constant else None)

    @property
    def has_variables(self) -> bool:
        """Whether a match depends on the request."""
        return self._constant is None

    def resolve(self, context: Context) -> _Resolved | None:
        """Put values in place of the variables; None where one has no value."""
        if self._constant is not None:
            return self._constant
        resolved: list[str | Wildcard] = []
        for token in self.tokens:
            value = token.resolve(context) if isinstance(token, Variable) else token
            if value is None:
                return None
            resolved.append(value)
        return tuple(resolved)

    def matches(self, text: str, context: Context) -> bool | None:
        """Tell whether a text fits; None where a variable has no value, so nobody can tell."""
        if self._glob is not None:
            return self._glob.matches(text)
        tokens = self.resolve(context)
        return None if tokens is None else make_glob(tokens).matches(text)

    def matches_arn(self, text: str, context: Context) -> bool | None:
        """Tell whether an ARN fits, each of its six parts on its own. Source: SEC-EVAL-08."""
        tokens = self.resolve(context)
        if tokens is None:
            return None
        patterns, parts = _split_arn(tokens), text.split(":", _ARN_PARTS - 1)
        return len(patterns) == len(parts) == _ARN_PARTS and all(
            make_glob(pattern).matches(part) for pattern, part in zip(patterns, parts, strict=True)
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


def _split_arn(tokens: _Resolved) -> list[_Resolved]:
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
