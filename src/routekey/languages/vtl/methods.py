"""What a method of a value is: the parameters that it takes, and what it does.

Java chooses among overloads by the number and types of the arguments. Here the number and the
kinds of the parameters decide, and a call that no method takes prints nothing (VTL-MET-01).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from routekey.languages.vtl.rendering import Rendering
from routekey.languages.vtl.values import to_text


@dataclass(frozen=True, slots=True)
class Method:
    """One method."""

    parameters: str
    """A letter each: `s` a string (any value, printed), `i` an integer, `o` anything; an `r` takes
    no argument but gets the rendering."""
    run: Callable[..., object]
    """Takes the value that the method is called on, and then its parameters."""


Methods = Mapping[tuple[str, int], Method]
"""By name and number of arguments."""


class HostObject:
    """An object that the gateway gives to a template: `$input`, `$util`.

    A base class rather than a protocol: `isinstance` of a protocol costs more than the call.
    """

    __slots__ = ()

    methods: ClassVar[Methods]
    """What can be called."""

    def __str__(self) -> str:
        """Print nothing: Java would print a class and an address, which no template wants."""
        return ""

    def get_property(self, name: str) -> object:  # noqa: ARG002  # for those that have properties
        """Give a property; the empty string where there is none."""
        return ""


_CHARACTERS_PER_STEP = 4096
"""Of a text whose method is called: most look at all of it, in each turn of a loop."""


def methods(*declarations: tuple[str, str, Callable[..., object]]) -> Methods:
    """Make the table of a type's methods from names, parameters and functions."""
    return {
        (name, len(parameters.replace("r", ""))): Method(parameters, run)
        for name, parameters, run in declarations
    }


def call(
    table: Methods, name: str, value: object, arguments: list[object], rendering: Rendering
) -> object:
    """Call a method of a value; the empty string where there is none that takes the arguments.

    Raises:
        TemplateRenderError: the method is there and fails, as on an index out of range.
    """
    method = table.get((name, len(arguments)))
    if method is None:
        return ""
    if isinstance(value, str):
        rendering.step(len(value) // _CHARACTERS_PER_STEP)
    if method.parameters == "s":  # nearly all calls: the loop below would take as long as they
        return method.run(value, to_text(arguments[0], rendering))
    given = iter(arguments)
    parameters: list[object] = []
    for kind in method.parameters:
        if kind == "r":
            parameters.append(rendering)
            continue
        argument = next(given)
        if kind == "s":
            argument = to_text(argument, rendering)
        elif kind == "i" and (isinstance(argument, bool) or not isinstance(argument, int)):
            return ""
        parameters.append(argument)
    return method.run(value, *parameters)
