"""Matching text against `*` and `?`, without regular expressions.

A glob is cut at its stars into stretches. The first has to fit at the start and the last at the
end; each of the others is looked for behind the one before, and the first place where it fits is as
good as any. So nothing is tried twice and the time is at most length times length, where a regular
expression with a `.*` for each star may double it with each. And as nothing is compiled, nothing
has to be cached, whatever texts a request brings into a policy.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` or `?`."""

    character: str


ANY_RUN: Final = Wildcard("*")
ANY_ONE: Final = Wildcard("?")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What stands between two stars: literals, and `?` in the gaps between them."""

    length: int
    literals: tuple[tuple[int, str], ...]
    """Each with its place, counted from the start of the stretch."""

    def fits(self, text: str, at: int) -> bool:
        """Tell whether this stretch stands at a place of a text."""
        return at + self.length <= len(text) and all(
            text.startswith(literal, at + offset) for offset, literal in self.literals
        )

    def find(self, text: str, start: int) -> int:
        """Find the first place where this stretch stands, from `start` on; -1 for none."""
        if not self.literals:
            return start if self.fits(text, start) else -1
        offset, literal = self.literals[0]
        found = text.find(literal, start + offset)
        while found >= 0 and not self.fits(text, found - offset):
            found = text.find(literal, found + 1)
        return found - offset if found >= 0 else -1


@dataclass(frozen=True, slots=True)
class Glob:
    """A text with wildcards."""

    stretches: tuple[_Stretch, ...]
    """One without any star, else one more than stars."""

    def matches(self, text: str) -> bool:
        """Tell whether a whole text fits."""
        first, last = self.stretches[0], self.stretches[-1]
        if len(self.stretches) == 1:
            return len(text) == first.length and first.fits(text, 0)
        if not first.fits(text, 0):
            return False
        at = first.length
        for stretch in self.stretches[1:-1]:
            at = stretch.find(text, at)
            if at < 0:
                return False
            at += stretch.length
        end = len(text) - last.length
        return at <= end and last.fits(text, end)


def make_glob(tokens: Iterable[str | Wildcard]) -> Glob:
    """Make a glob of literals and wildcards; a literal may hold a star that is only a star."""
    stretches: list[_Stretch] = []
    length, literals = 0, list[tuple[int, str]]()
    for token in tokens:
        if token == ANY_RUN:
            stretches.append(_Stretch(length, tuple(literals)))
            length, literals = 0, []
        elif isinstance(token, Wildcard):
            length += 1
        else:
            literals.append((length, token))
            length += len(token)
    stretches.append(_Stretch(length, tuple(literals)))
    return Glob(tuple(stretches))
