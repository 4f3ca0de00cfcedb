"""What a template is made of: text, and the directives around it.

A node is what the parser has read; `compile` makes a closure of it, as for terms.

Source: VTL-DIR-01 to VTL-DIR-14.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from routekey.languages.vtl.references import Reference
from routekey.languages.vtl.rendering import Definition, Rendering, WriteBlock
from routekey.languages.vtl.terms import Block, Evaluate, Expression, compile_all
from routekey.languages.vtl.values import is_true, to_list, to_text


class StopRendering(Exception):
    """`#stop`: the rest of the template is dropped."""


class BreakLoop(Exception):
    """`#break`: the innermost loop ends; outside a loop the template does (VTL-DIR-05)."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it stands."""

    text: str

    def compile(self) -> WriteBlock:
        """Make it ready."""
        text = self.text
        return lambda rendering: rendering.write(text)


@dataclass(frozen=True, slots=True)
class Printed:
    """References in a row, with the text before, between and after them; printed as one."""

    pieces: tuple[Text | Reference, ...]

    def compile(self) -> WriteBlock:
        """Make it ready: each reference with the text before it, and the text at the end."""
        rows, after, steps = self._rows()
        fixed = sum(len(before) for before, _ in rows) + len(after)

        def write(rendering: Rendering) -> None:
            # The hottest lines of all templates: `step` and `write`, without their calls.
            rendering.steps_left -= steps
            if rendering.steps_left < 0:
                rendering.step(0)
            size, parts = fixed, rendering.parts
            try:
                for before, evaluate in rows:
                    parts.append(before)
                    text = evaluate(rendering)
                    if type(text) is not str:
                        text = to_text(text, rendering)
                    parts.append(text)
                    size += len(text)
                parts.append(after)
            finally:
                rendering.characters_left -= size
            if rendering.characters_left < 0:
                rendering.spend(0)

        return write

    def _rows(self) -> tuple[tuple[tuple[str, Evaluate], ...], str, int]:
        """Give the references with the texts before them, what follows, and the steps of all."""
        rows, text, steps = [], "", 0
        for piece in self.pieces:
            if isinstance(piece, Text):
                text = piece.text
                continue
            evaluate, own_steps = piece.compile()
            rows.append((text, evaluate))
            text, steps = "", steps + own_steps
        return tuple(rows), text, steps


@dataclass(frozen=True, slots=True)
class Body:
    """Parts in a row: a template, a branch, a loop's body, an interpolated string."""

    nodes: tuple[Block, ...]

    def compile(self) -> WriteBlock:
        """Make it ready."""
        writes = tuple(node.compile() for node in self.nodes)
        if len(writes) == 1:
            return writes[0]

        def write_all(rendering: Rendering) -> None:
            for write in writes:
                write(rendering)

        return write_all


@dataclass(frozen=True, slots=True)
class Set:
    """`#set($a.b = …)`."""

    target: Reference
    value: Expression

    def compile(self) -> WriteBlock:
        """Make it ready."""
        evaluate, value_steps = self.value.compile()
        assign, target_steps = self.target.compile_assign()
        steps = value_steps + target_steps + 1

        def write(rendering: Rendering) -> None:
            rendering.step(steps)
            assign(evaluate(rendering), rendering)

        return write


@dataclass(frozen=True, slots=True)
class If:
    """`#if … #elseif … #else … #end`."""

    branches: tuple[tuple[Expression, Body], ...]
    otherwise: Body

    def compile(self) -> WriteBlock:
        """Make it ready: the first branch whose condition holds is written."""
        conditions, steps = compile_all(tuple(condition for condition, _ in self.branches))
        bodies = tuple(body.compile() for _, body in self.branches)
        branches = tuple(zip(conditions, bodies, strict=True))
        write_otherwise = self.otherwise.compile()

        def write(rendering: Rendering) -> None:
            rendering.step(steps + 1)
            for holds, write_body in branches:
                if is_true(holds(rendering)):
                    write_body(rendering)
                    return
            write_otherwise(rendering)

        return write


@dataclass(frozen=True, slots=True)
class Define:
    """`#define($block) … #end`."""

    name: str
    body: Body

    def compile(self) -> WriteBlock:
        """Make it ready: it stores the body."""
        name, definition = self.name, Definition(self.body.compile())

        def write(rendering: Rendering) -> None:
            rendering.variables[name] = definition

        return write


@dataclass(frozen=True, slots=True)
class Signal:
    """`#break` and `#stop`."""

    signal: Callable[[], Exception]

    def compile(self) -> WriteBlock:
        """Make it ready: it ends the loop or the template."""
        signal = self.signal

        def write(rendering: Rendering) -> None:  # noqa: ARG001  # a port
            raise signal()

        return write


@dataclass(frozen=True, slots=True)
class Foreach:
    """`#foreach($x in …) … #end`. Source: VTL-DIR-03, VTL-DIR-04, VTL-DIR-12."""

    name: str
    collection: Expression
    body: Body

    def compile(self) -> WriteBlock:
        """Make it ready: the body is written for each element.

        The loop's variables are put back afterwards.
        """
        name, (find_collection, steps), write_body = (
            self.name,
            self.collection.compile(),
            self.body.compile(),
        )
        names = (name, "foreach", "velocityCount", "velocityHasNext")

        def write(rendering: Rendering) -> None:
            rendering.step(steps + 1)
            elements = to_list(find_collection(rendering))
            items = list(islice(elements, rendering.limits.iterations_max))
            variables = rendering.variables
            before = {name: variables[name] for name in names if name in variables}
            try:
                _loop(name, items, before.get("foreach", ""), write_body, rendering)
            except BreakLoop:
                pass
            finally:
                for each in names:
                    variables.pop(each, None)
                variables.update(before)

        return write


def _loop(
    name: str, items: list[object], parent: object, write_body: WriteBlock, rendering: Rendering
) -> None:
    variables, last = rendering.variables, len(items) - 1
    for index, item in enumerate(items):
        rendering.step()
        variables[name] = item
        variables["velocityCount"] = index + 1
        variables["velocityHasNext"] = index != last
        variables["foreach"] = {
            "index": index,
            "count": index + 1,
            "hasNext": index != last,
            "first": index == 0,
            "last": index == last,
            "parent": parent,
        }
        write_body(rendering)
