"""What an expression is made of: everything in a template that has a value.

Source: VTL-REF-01 to VTL-REF-08, VTL-EXP-01 to VTL-EXP-07.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from routekey.languages.vtl.members import call_method, get_index, get_property, put_member
from routekey.languages.vtl.rendering import Block, Rendering, TemplateRenderError
from routekey.languages.vtl.values import (
    JavaList,
    calculate,
    compare,
    is_equal,
    is_true,
    to_text,
)


class Expression(Protocol):
    """Something that has a value."""

    def evaluate(self, rendering: Rendering) -> object:
        """Give the value; never None."""
        ...


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, number or boolean."""

    value: str | float

    def evaluate(self, rendering: Rendering) -> object:  # noqa: ARG002  # a port
        """Give it."""
        return self.value


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A string in double quotes that holds references or directives."""

    body: Block

    def evaluate(self, rendering: Rendering) -> object:
        """Give its text."""
        return rendering.capture(self.body)


@dataclass(frozen=True, slots=True)
class ListLiteral:
    """`[a, b]`."""

    items: tuple[Expression, ...]

    def evaluate(self, rendering: Rendering) -> object:
        """Make the list."""
        rendering.step()
        return JavaList(item.evaluate(rendering) for item in self.items)


@dataclass(frozen=True, slots=True)
class RangeLiteral:
    """`[1..5]` or `[5..-2]`. Source: VTL-DIR-13."""

    first: int
    last: int

    def evaluate(self, rendering: Rendering) -> object:
        """Make the list, both ends included."""
        rendering.spend(abs(self.last - self.first) + 1)
        step = 1 if self.first <= self.last else -1
        return JavaList(range(self.first, self.last + step, step))


@dataclass(frozen=True, slots=True)
class MapLiteral:
    """`{"a": 1, 'b': $c}`."""

    entries: tuple[tuple[Expression, Expression], ...]

    def evaluate(self, rendering: Rendering) -> object:
        """Make the map."""
        rendering.step()
        return {
            to_text(key.evaluate(rendering), rendering): value.evaluate(rendering)
            for key, value in self.entries
        }


@dataclass(frozen=True, slots=True)
class Not:
    """`!a`."""

    operand: Expression

    def evaluate(self, rendering: Rendering) -> object:
        """Negate."""
        rendering.step()
        return not is_true(self.operand.evaluate(rendering))


@dataclass(frozen=True, slots=True)
class Binary:
    """`a + b`, `a == b`, `a && b` and their like, the word forms included. Source: VTL-EXP-01."""

    operator: str
    left: Expression
    right: Expression

    def evaluate(self, rendering: Rendering) -> object:
        """Compute; `&&` and `||` leave their right side alone where the left one decides."""
        rendering.step()
        left = self.left.evaluate(rendering)
        match self.operator:
            case "&&":
                return is_true(left) and is_true(self.right.evaluate(rendering))
            case "||":
                return is_true(left) or is_true(self.right.evaluate(rendering))
        right = self.right.evaluate(rendering)
        match self.operator:
            case "==":
                return is_equal(left, right, rendering)
            case "!=":
                return not is_equal(left, right, rendering)
            case "<" | "<=" | ">" | ">=":
                return compare(self.operator, left, right)
        return calculate(self.operator, left, right, rendering)


@dataclass(frozen=True, slots=True)
class Property:
    """`.name`."""

    name: str

    def get(self, value: object, rendering: Rendering) -> object:  # noqa: ARG002  # a port
        """Give the member."""
        if type(value) is dict:  # nearly always
            return value[self.name] if self.name in value else get_property(value, self.name)
        return get_property(value, self.name)

    def put(self, value: object, member: object, rendering: Rendering) -> None:
        """Set the member."""
        put_member(value, self.name, member, rendering)


@dataclass(frozen=True, slots=True)
class Index:
    """`[expression]`."""

    index: Expression

    def get(self, value: object, rendering: Rendering) -> object:
        """Give the element, or the member of that key."""
        return get_index(value, self.index.evaluate(rendering), rendering)

    def put(self, value: object, member: object, rendering: Rendering) -> None:
        """Set the element or member."""
        put_member(value, self.index.evaluate(rendering), member, rendering)


@dataclass(frozen=True, slots=True)
class Call:
    """`.name(arguments)`."""

    name: str
    arguments: tuple[Expression, ...]

    def get(self, value: object, rendering: Rendering) -> object:
        """Call the method."""
        arguments = [argument.evaluate(rendering) for argument in self.arguments]
        return call_method(value, self.name, arguments, rendering)


@dataclass(frozen=True, slots=True)
class Definition:
    """What `#define` stored: rendered anew at each use. Source: VTL-DIR-06."""

    body: Block


@dataclass(frozen=True, slots=True)
class Reference:
    """`$name` with what follows it; `$!` and braces change nothing (VTL-REF-01)."""

    name: str
    accessors: tuple[Property | Index | Call, ...]
    line: int

    def evaluate(self, rendering: Rendering) -> object:
        """Give the value, or the empty string where there is none."""
        rendering.steps_left -= 1  # as `step` does, without a call for each reference
        if rendering.steps_left < 0:
            rendering.step(0)
        try:
            return self._walk(self.accessors, rendering)
        except TemplateRenderError as error:
            error.line = error.line or self.line
            raise

    def render(self, rendering: Rendering) -> None:
        """Print the value."""
        value = self.evaluate(rendering)
        rendering.write(value if isinstance(value, str) else to_text(value, rendering))

    def assign(self, member: object, rendering: Rendering) -> None:
        """Set what the reference names; where its owner is missing, nothing happens."""
        if not self.accessors:
            rendering.variables[self.name] = member
            return
        owner = self._walk(self.accessors[:-1], rendering)
        match self.accessors[-1]:
            case Property() | Index() as last:
                last.put(owner, member, rendering)
            case Call():
                raise AssertionError("the parser refuses to assign to a call")

    def _walk(self, accessors: tuple[Property | Index | Call, ...], rendering: Rendering) -> object:
        value = rendering.variables.get(self.name, "")
        if type(value) in _UNSETTLED:
            value = _settle(value, rendering)
        for accessor in accessors:
            value = accessor.get(value, rendering)
            if type(value) in _UNSETTLED:
                value = _settle(value, rendering)
        return value


_UNSETTLED: Final = (type(None), Definition)
"""Looked for before the call: nearly every value is settled."""


def _settle(value: object, rendering: Rendering) -> object:
    """Turn null into what is missing, and a definition into its text."""
    if value is None:
        return ""
    return rendering.capture(value.body) if isinstance(value, Definition) else value
