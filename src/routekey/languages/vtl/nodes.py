"""What a template is made of: text, and the directives around it.

Source: VTL-DIR-01 to VTL-DIR-14.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from routekey.languages.vtl.rendering import Block, Rendering
from routekey.languages.vtl.terms import Definition, Expression, Reference
from routekey.languages.vtl.values import is_true, to_list


class StopRendering(Exception):
    """`#stop`: the rest of the template is dropped."""


class BreakLoop(Exception):
    """`#break`: the innermost loop ends; outside a loop the template does (VTL-DIR-05)."""


@dataclass(frozen=True, slots=True)
class Body:
    """Parts in a row: a template, a branch, a loop's body, an interpolated string."""

    nodes: tuple[Block, ...]

    def render(self, rendering: Rendering) -> None:
        """Write each part."""
        for node in self.nodes:
            node.render(rendering)


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it stands."""

    text: str

    def render(self, rendering: Rendering) -> None:
        """Write it."""
        rendering.write(self.text)


@dataclass(frozen=True, slots=True)
class Set:
    """`#set($a.b = …)`."""

    target: Reference
    value: Expression

    def render(self, rendering: Rendering) -> None:
        """Assign."""
        rendering.step()
        self.target.assign(self.value.evaluate(rendering), rendering)


@dataclass(frozen=True, slots=True)
class If:
    """`#if … #elseif … #else … #end`."""

    branches: tuple[tuple[Expression, Body], ...]
    otherwise: Body

    def render(self, rendering: Rendering) -> None:
        """Render the first branch whose condition holds."""
        rendering.step()
        for condition, body in self.branches:
            if is_true(condition.evaluate(rendering)):
                rendering.nest(body)
                return
        rendering.nest(self.otherwise)


@dataclass(frozen=True, slots=True)
class Define:
    """`#define($block) … #end`."""

    name: str
    body: Body

    def render(self, rendering: Rendering) -> None:
        """Store the body."""
        rendering.variables[self.name] = Definition(self.body)


@dataclass(frozen=True, slots=True)
class Signal:
    """`#break` and `#stop`."""

    signal: Callable[[], Exception]

    def render(self, rendering: Rendering) -> None:  # noqa: ARG002  # a port
        """End the loop or the template."""
        raise self.signal()


@dataclass(frozen=True, slots=True)
class Foreach:
    """`#foreach($x in …) … #end`. Source: VTL-DIR-03, VTL-DIR-04, VTL-DIR-12."""

    name: str
    collection: Expression
    body: Body

    def render(self, rendering: Rendering) -> None:
        """Render the body for each element; the loop's variables are put back afterwards."""
        rendering.step()
        limit = rendering.limits.iterations_max
        items = list(islice(to_list(self.collection.evaluate(rendering)), limit))
        variables = rendering.variables
        names = (self.name, "foreach", "velocityCount", "velocityHasNext")
        before = {name: variables[name] for name in names if name in variables}
        try:
            self._loop(items, before.get("foreach", ""), rendering)
        except BreakLoop:
            pass
        finally:
            for name in names:
                variables.pop(name, None)
            variables.update(before)

    def _loop(self, items: list[object], parent: object, rendering: Rendering) -> None:
        variables = rendering.variables
        for index, item in enumerate(items):
            rendering.step()
            is_last = index == len(items) - 1
            variables[self.name] = item
            variables["velocityCount"] = index + 1
            variables["velocityHasNext"] = not is_last
            variables["foreach"] = {
                "index": index,
                "count": index + 1,
                "hasNext": not is_last,
                "first": index == 0,
                "last": is_last,
                "parent": parent,
            }
            rendering.nest(self.body)
