"""References: `$name` and what follows it, in text, in expressions and as the target of `#set`.

Nearly all templates are rows of references to members and calls of `$input` and `$util`. Those have
closures of their own, which find their value in few steps; any other takes the general way.

Source: VTL-REF-01 to VTL-REF-08, VTL-MET-01.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from routekey.languages.vtl.members import (
    call_method,
    find_methods,
    get_index,
    get_property,
    put_member,
)
from routekey.languages.vtl.rendering import Definition, Rendering, TemplateRenderError
from routekey.languages.vtl.terms import Compiled, Constant, Evaluate, Expression, compile_all
from routekey.languages.vtl.values import to_text

Get = Callable[[object, Rendering], object]
"""Gives a member of a value; null and definitions are not settled yet."""
Put = Callable[[object, object, Rendering], None]
"""Sets a member of a value: owner, member."""


@dataclass(frozen=True, slots=True)
class Property:
    """`.name`."""

    name: str

    def compile(self) -> tuple[Get, int]:
        """Make it ready; also give what it counts for."""
        name = self.name
        return (lambda value, _: get_property(value, name)), 0

    def compile_put(self) -> tuple[Put, int]:
        """Make the setting of it ready."""
        name = self.name
        return (lambda owner, member, rendering: put_member(owner, name, member, rendering)), 0


@dataclass(frozen=True, slots=True)
class Index:
    """`[expression]`."""

    index: Expression

    def compile(self) -> tuple[Get, int]:
        """Make it ready; also give what it counts for."""
        index, steps = self.index.compile()
        return (lambda value, rendering: get_index(value, index(rendering), rendering)), steps

    def compile_put(self) -> tuple[Put, int]:
        """Make the setting of it ready."""
        index, steps = self.index.compile()

        def put(owner: object, member: object, rendering: Rendering) -> None:
            put_member(owner, index(rendering), member, rendering)

        return put, steps


@dataclass(frozen=True, slots=True)
class Call:
    """`.name(arguments)`."""

    name: str
    arguments: tuple[Expression, ...]

    def compile(self) -> tuple[Get, int]:
        """Make it ready; also give what it counts for."""
        name = self.name
        arguments, steps = compile_all(self.arguments)

        def get(value: object, rendering: Rendering) -> object:
            given = [argument(rendering) for argument in arguments]
            return call_method(value, name, given, rendering)

        return get, steps


@dataclass(frozen=True, slots=True)
class Reference:
    """`$name` with what follows it; `$!` and braces change nothing (VTL-REF-01)."""

    name: str
    accessors: tuple[Property | Index | Call, ...]
    line: int

    def compile(self) -> Compiled:
        """Make it ready: it gives the value, or the empty string where there is none."""
        if not self.accessors:
            return Compiled(_variable(self.name, self.line), 1)
        evaluate, steps = self._walk()
        match self.accessors:
            case (Property(name),):
                evaluate = _property(self.name, name, evaluate)
            case (Call(name, (argument,)),):
                evaluate = _call_with_text(self, name, argument, evaluate)
        return Compiled(evaluate, steps + 1)

    def compile_assign(self) -> tuple[Callable[[object, Rendering], None], int]:
        """Make the assignment ready; where the owner is missing, nothing happens."""
        name = self.name
        if not self.accessors:

            def assign(member: object, rendering: Rendering) -> None:
                rendering.variables[name] = member

            return assign, 0
        last = self.accessors[-1]
        if isinstance(last, Call):
            raise AssertionError("the parser refuses to assign to a call")  # noqa: TRY004  # cannot be
        put, put_steps = last.compile_put()
        find_owner, steps = Reference(name, self.accessors[:-1], self.line).compile()

        def assign_member(member: object, rendering: Rendering) -> None:
            put(find_owner(rendering), member, rendering)

        return assign_member, steps + put_steps

    def _walk(self) -> tuple[Evaluate, int]:
        """Make the general way ready: from the variable through each accessor."""
        compiled = [accessor.compile() for accessor in self.accessors]
        gets = tuple(get for get, _ in compiled)
        start, line = _variable(self.name, self.line), self.line

        def evaluate(rendering: Rendering) -> object:
            value = start(rendering)
            try:
                for get in gets:
                    value = get(value, rendering)
                    if type(value) in _UNSETTLED:
                        value = _settle(value, rendering)
            except TemplateRenderError as error:
                error.line = error.line or line
                raise
            return value

        return evaluate, sum(steps for _, steps in compiled)


def _variable(name: str, line: int) -> Evaluate:
    def evaluate(rendering: Rendering) -> object:
        value = rendering.variables.get(name, "")
        if type(value) not in _UNSETTLED:
            return value
        try:
            return _settle(value, rendering)
        except TemplateRenderError as error:
            error.line = error.line or line
            raise

    return evaluate


def _property(name: str, member: str, otherwise: Evaluate) -> Evaluate:
    """Make `$name.member`: something in a map, as all of `$context` and `$foreach` is."""

    def evaluate(rendering: Rendering) -> object:
        owner = rendering.variables.get(name)
        if type(owner) is dict:
            value = owner.get(member)
            if type(value) is str or type(value) not in _UNSETTLED:
                return value
        return otherwise(rendering)

    return evaluate


def _call_with_text(
    reference: Reference, name: str, argument: Expression, otherwise: Evaluate
) -> Evaluate:
    """Make `$name.method(argument)`, where the method takes a text, as nearly all do.

    Which method that is depends on the type of the value alone, and is looked up once for each.
    """
    variable, line = reference.name, reference.line
    fixed = argument.value if isinstance(argument, Constant) else None
    find_text = argument.compile().evaluate
    known: dict[type[Any], Callable[..., object] | None] = {}

    def evaluate(rendering: Rendering) -> object:
        owner = rendering.variables.get(variable)
        try:
            run = known[type(owner)]
        except KeyError:
            run = known[type(owner)] = _find_text_method(type(owner), name)
        if run is None:
            return otherwise(rendering)
        try:
            text = find_text(rendering) if fixed is None else fixed
            result = run(owner, text if type(text) is str else to_text(text, rendering))
            if type(result) is str:
                rendering.characters_left -= len(result)  # as `spend`, without its call
                if rendering.characters_left < 0:
                    rendering.spend(0)
                return result
            if isinstance(result, list):
                rendering.spend(len(result))
            return _settle(result, rendering) if type(result) in _UNSETTLED else result
        except TemplateRenderError as error:
            error.line = error.line or line
            raise

    return evaluate


def _find_text_method(kind: type[Any], name: str) -> Callable[..., object] | None:
    """Find the method that takes one text; None where there is none, or one that takes more."""
    method = find_methods(kind).get((name, 1))
    return method.run if method is not None and method.parameters == "s" else None


_UNSETTLED: Final = (type(None), Definition)
"""Looked for before the call: nearly every value is settled."""


def _settle(value: object, rendering: Rendering) -> object:
    """Turn null into what is missing, and a definition into its text."""
    return rendering.capture(value.write) if isinstance(value, Definition) else ""
