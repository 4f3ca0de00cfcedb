"""What HCL text says: a tree of blocks, attributes and expressions.

Source: HCL native syntax specification.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from routekey.projects.document import Value


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a boolean, null, or text without interpolation."""

    value: Value


@dataclass(frozen=True, slots=True)
class Template:
    """Text with interpolations and directives in it."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Directive:
    """`%{ if … }` or `%{ for … }` inside a template."""

    expression: "Expression"
    """A `Conditional` or a `For` whose branches are templates."""


@dataclass(frozen=True, slots=True)
class Name:
    """The first word of a reference: `var`, `local`, a resource's type, a loop's variable."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """`x.name`."""

    base: "Expression"
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`x[key]`."""

    base: "Expression"
    key: "Expression"


@dataclass(frozen=True, slots=True)
class Splat:
    """`x[*].a.b`: what follows is applied to each item."""

    base: "Expression"
    each: "Expression"
    """In terms of the name `*`."""


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`."""

    name: str
    arguments: tuple["Expression", ...]
    is_expanded: bool
    """Whether the last argument is a list of arguments (`...`)."""


@dataclass(frozen=True, slots=True)
class Unary:
    """`!x` or `-x`."""

    operator: str
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """`x + y` and the like."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Conditional:
    """`condition ? yes : no`."""

    condition: "Expression"
    yes: "Expression"
    no: "Expression"


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[a, b]`."""

    items: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """`{a = b}`."""

    items: tuple[tuple["Expression", "Expression"], ...]


@dataclass(frozen=True, slots=True)
class For:
    """`[for k, v in x : value if condition]`, or with a key between braces."""

    names: tuple[str, ...]
    collection: "Expression"
    key: "Expression | None"
    """None makes a list."""
    value: "Expression"
    condition: "Expression | None"
    is_grouped: bool
    """Whether values of one key are collected (`...`)."""


Expression = (
    Literal
    | Template
    | Directive
    | Name
    | Attribute
    | Index
    | Splat
    | Call
    | Unary
    | Binary
    | Conditional
    | ListOf
    | MapOf
    | For
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The content of a file or of a block."""

    attributes: Mapping[str, tuple[Expression, int]]
    """By name, with the line."""
    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`type "label" { … }`."""

    type: str
    labels: tuple[str, ...]
    body: Body
    line: int
