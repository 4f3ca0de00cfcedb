"""Paths: the steps that they are made of, and the search.

A path that can have one result at most is *definite* and gives a value; any other gives a list.

Source: VTL-PATH-01, VTL-INP-02, VTL-INP-03, DP-RTE-05.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Protocol

from routekey.errors import ExpressionError
from routekey.languages.json_text import MISSING, to_double

CHARACTERS_MAX: Final = 4096
"""Of a path: more than any that a person writes."""
STEPS_MAX: Final = 64
VISITS_MAX: Final = 250_000
"""Values looked at in one search. The largest message, 128 KB, holds 65,536 values, so a path with
one `..` always ends; chains of them (`$..*..*..*`) would run for days."""


class JsonPathError(ExpressionError):
    """The text is not a JSONPath."""


class SearchTooWideError(Exception):
    """A search looked at more values than `VISITS_MAX`; `Path.find` turns it into no result."""


@dataclass(slots=True)
class Search:
    """One run of a path: the document, and how much may still be looked at."""

    root: object
    visits_left: int = VISITS_MAX

    def visit(self, value: object) -> object:
        """Count one value."""
        self.spend(1)
        return value

    def spend(self, visits: int) -> None:
        """Count what takes as long as so many values."""
        self.visits_left -= visits
        if self.visits_left < 0:
            raise SearchTooWideError


class Step(Protocol):
    """One part of a path: from a value to those that it selects."""

    @property
    def is_definite(self) -> bool:
        """Whether it selects one value at most."""
        ...

    def select(self, value: object, search: Search) -> Iterable[object]:
        """Give the selected values, in the order of the document."""
        ...


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path."""

    text: str
    steps: tuple[Step, ...]
    function: str | None = None
    """What is computed of the result: `length`, `sum` …"""
    plain_name: str | None = field(init=False, compare=False)
    """The name, where the path is that of a member at the top (`$.name`)."""

    def __post_init__(self) -> None:
        """Look once whether it is one of the paths that nearly everybody writes."""
        plain_name: str | None = None
        match self.steps, self.function:
            case (Member(name),), None:
                plain_name = name
        object.__setattr__(self, "plain_name", plain_name)  # as dataclasses do themselves

    def find(self, value: object, search: Search | None = None) -> object:
        """Give the value at this path, or a list of values where the path is indefinite.

        `MISSING` stands for a value that is not there, for a search that looks at more than
        `VISITS_MAX` values, and for a function that fits not its argument. Never raises.

        Args:
            value: a parsed document.
            search: counts the values that are looked at, where somebody wants to know.
        """
        if self.plain_name is not None:
            return value.get(self.plain_name, MISSING) if isinstance(value, dict) else MISSING
        if not self.steps and self.function is None:
            return value
        try:
            return self.search(value, search or Search(value))
        except SearchTooWideError:
            return MISSING

    def search(self, value: object, search: Search) -> object:
        """Do as `find` does, as a part of a running search."""
        found = [value]
        is_definite = True
        for step in self.steps:
            if is_definite and not found:
                return MISSING
            is_definite = is_definite and step.is_definite
            found = [search.visit(each) for one in found for each in step.select(one, search)]
        if is_definite and not found:
            return MISSING
        result: object = found[0] if is_definite else found
        return result if self.function is None else FUNCTIONS[self.function](result)


@dataclass(frozen=True, slots=True)
class Member:
    """`.name` or `['name']`."""

    name: str
    is_definite: bool = field(default=True, init=False)

    def select(self, value: object, search: Search) -> Iterable[object]:  # noqa: ARG002  # a port
        """Give the member of that name."""
        if isinstance(value, dict) and self.name in value:
            return (value[self.name],)
        return ()


@dataclass(frozen=True, slots=True)
class Members:
    """`['a','b']`: at the end of a path one object of those members, elsewhere each of them."""

    names: tuple[str, ...]
    is_definite: bool

    def select(self, value: object, search: Search) -> Iterable[object]:  # noqa: ARG002  # a port
        """Give the members that are there."""
        if not isinstance(value, dict):
            return ()
        present = {name: value[name] for name in self.names if name in value}
        return (present,) if self.is_definite else present.values()


@dataclass(frozen=True, slots=True)
class Indexes:
    """`[0]`, `[-1]` or `[0,2]`."""

    indexes: tuple[int, ...]

    @property
    def is_definite(self) -> bool:
        """Whether it is one index."""
        return len(self.indexes) == 1

    def select(self, value: object, search: Search) -> Iterable[object]:  # noqa: ARG002  # a port
        """Give the elements that are there."""
        if not isinstance(value, list):
            return ()
        size = len(value)
        return [value[index] for index in self.indexes if -size <= index < size]


@dataclass(frozen=True, slots=True)
class Slice:
    """`[1:3]`, `[:2]`, `[-2:]`."""

    start: int | None
    stop: int | None
    is_definite: bool = field(default=False, init=False)

    def select(self, value: object, search: Search) -> Iterable[object]:  # noqa: ARG002  # a port
        """Give the elements in the range."""
        return value[self.start : self.stop] if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`.*` or `[*]`."""

    is_definite: bool = field(default=False, init=False)

    def select(self, value: object, search: Search) -> Iterable[object]:  # noqa: ARG002  # a port
        """Give all members or elements."""
        return children(value)


@dataclass(frozen=True, slots=True)
class Descent:
    """`..`: the value and everything below it, parents first."""

    is_definite: bool = field(default=False, init=False)

    def select(self, value: object, search: Search) -> Iterator[object]:  # noqa: ARG002  # a port
        """Give all objects and arrays from here down."""
        waiting = [iter((value,))]
        while waiting:
            for each in waiting[-1]:
                if isinstance(each, dict | list):
                    yield each
                    waiting.append(iter(children(each)))
                    break
            else:
                waiting.pop()


@dataclass(frozen=True, slots=True)
class Filter:
    """`[?(…)]`: the elements of an array that pass, or the object itself."""

    passes: Callable[[object, Search], bool]
    is_definite: bool = field(default=False, init=False)

    def select(self, value: object, search: Search) -> Iterable[object]:
        """Give what passes."""
        candidates = value if isinstance(value, list) else [value]
        return [each for each in candidates if self.passes(search.visit(each), search)]


def children(value: object) -> Iterable[object]:
    """Give the members of an object or the elements of an array."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _measure(value: object) -> object:
    return len(value) if isinstance(value, dict | list | str) else MISSING


def _aggregate(compute: Callable[[list[float]], object]) -> Callable[[object], object]:
    def run(value: object) -> object:
        flat = chain.from_iterable(
            each if isinstance(each, list) else (each,)
            for each in (value if isinstance(value, list) else (value,))
        )
        numbers = [
            to_double(each)
            for each in flat
            if isinstance(each, int | float) and not isinstance(each, bool)
        ]
        return compute(numbers) if numbers else MISSING

    return run


FUNCTIONS: Final[Mapping[str, Callable[[object], object]]] = {
    "length": _measure,
    "size": _measure,
    "min": _aggregate(min),
    "max": _aggregate(max),
    "sum": _aggregate(sum),
    "avg": _aggregate(lambda numbers: sum(numbers) / len(numbers)),
    "keys": lambda value: list(value) if isinstance(value, dict) else MISSING,
    "first": lambda value: value[0] if isinstance(value, list) and value else MISSING,
    "last": lambda value: value[-1] if isinstance(value, list) and value else MISSING,
}
