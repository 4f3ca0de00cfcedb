"""What an expression is made of: everything in a template that has a value.

A term is what the parser has read. `compile` makes a closure of it, once: what is fixed in the
template (names, numbers of arguments, operators) is decided then, so that a rendering only does
what depends on its input.

Source: VTL-EXP-01 to VTL-EXP-07. References have a file of their own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from routekey.languages.vtl.rendering import Rendering, WriteBlock
from routekey.languages.vtl.values import JavaList, calculate, compare, is_equal, is_true, to_text

Evaluate = Callable[[Rendering], object]
"""Gives the value of a term in one rendering; never None."""
Apply = Callable[[object, Rendering], object]
"""Gives the value of an operator for its left side."""


class Compiled(NamedTuple):
    """A term, ready to be evaluated."""

    evaluate: Evaluate
    steps: int
    """What it counts for: each reference, operator and literal collection in it. The directive or
    the run of text that it stands in counts them, whether or not all are evaluated: one
    subtraction there instead of one in each term."""


class Expression(Protocol):
    """Something that has a value."""

    def compile(self) -> Compiled:
        """Make it ready."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, number or boolean."""

    value: str | float

    def compile(self) -> Compiled:
        """Make it ready."""
        value = self.value
        return Compiled(lambda _: value, 0)


class Block(Protocol):
    """Something that writes text, as a template and its parts do."""

    def compile(self) -> WriteBlock:
        """Make it ready."""
        ...


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A string in double quotes that holds references or directives."""

    body: Block

    def compile(self) -> Compiled:
        """Make it ready; the body counts its own steps."""
        write = self.body.compile()
        return Compiled(lambda rendering: rendering.capture(write), 0)


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[a, b]`."""

    items: tuple[Expression, ...]

    def compile(self) -> Compiled:
        """Make it ready."""
        items, steps = compile_all(self.items)
        return Compiled(lambda rendering: JavaList([item(rendering) for item in items]), steps + 1)


@dataclass(frozen=True, slots=True)
class RangeLiteral:
    """`[1..5]` or `[5..-2]`. Source: VTL-DIR-13."""

    first: int
    last: int

    def compile(self) -> Compiled:
        """Make it ready; both ends are included."""
        step = 1 if self.first <= self.last else -1
        numbers = range(self.first, self.last + step, step)
        size = abs(self.last - self.first) + 1

        def evaluate(rendering: Rendering) -> object:
            rendering.spend(size)
            return JavaList(numbers)

        return Compiled(evaluate, 0)


@dataclass(frozen=True, slots=True)
class MapLiteral:
    """`{"a": 1, 'b': $c}`."""

    entries: tuple[tuple[Expression, Expression], ...]

    def compile(self) -> Compiled:
        """Make it ready."""
        keys, key_steps = compile_all(tuple(key for key, _ in self.entries))
        values, value_steps = compile_all(tuple(value for _, value in self.entries))
        entries = tuple(zip(keys, values, strict=True))

        def evaluate(rendering: Rendering) -> object:
            return {to_text(key(rendering), rendering): value(rendering) for key, value in entries}

        return Compiled(evaluate, key_steps + value_steps + 1)


@dataclass(frozen=True, slots=True)
class Not:
    """`!a`."""

    operand: Expression

    def compile(self) -> Compiled:
        """Make it ready."""
        operand, steps = self.operand.compile()
        return Compiled(lambda rendering: not is_true(operand(rendering)), steps + 1)


@dataclass(frozen=True, slots=True)
class Binary:
    """`a + b`, `a == b`, `a && b` and their like, the word forms included. Source: VTL-EXP-01."""

    operator: str
    left: Expression
    right: Expression

    def compile(self) -> Compiled:
        """Make it ready.

        `a + b + c …` has each sum as the left side of the next: a row of any length is evaluated
        from left to right, without nesting as deep as it is long.
        """
        row: list[Binary] = []
        first: Expression = self
        while isinstance(first, Binary):
            row.append(first)
            first = first.left
        start, steps = first.compile()
        applies: list[Apply] = []
        for binary in reversed(row):
            right, right_steps = binary.right.compile()
            applies.append(_apply(binary.operator, right))
            steps += right_steps + 1
        if len(applies) == 1:
            apply = applies[0]
            return Compiled(lambda rendering: apply(start(rendering), rendering), steps)

        def evaluate(rendering: Rendering) -> object:
            value = start(rendering)
            for apply in applies:
                value = apply(value, rendering)
            return value

        return Compiled(evaluate, steps)


def _apply(operator: str, right: Evaluate) -> Apply:
    """Make an operator with its right side; `&&` and `||` leave that alone where they can."""
    match operator:
        case "&&":
            return lambda left, rendering: is_true(left) and is_true(right(rendering))
        case "||":
            return lambda left, rendering: is_true(left) or is_true(right(rendering))
        case "==":
            return lambda left, rendering: is_equal(left, right(rendering), rendering)
        case "!=":
            return lambda left, rendering: not is_equal(left, right(rendering), rendering)
        case "<" | "<=" | ">" | ">=":
            return lambda left, rendering: compare(operator, left, right(rendering))
    return lambda left, rendering: calculate(operator, left, right(rendering), rendering)


def compile_all(terms: tuple[Expression, ...]) -> tuple[tuple[Evaluate, ...], int]:
    """Make several terms ready; also give what they count for together."""
    compiled = [term.compile() for term in terms]
    return tuple(each.evaluate for each in compiled), sum(each.steps for each in compiled)
