"""How a type of Terraform's reads in CloudFormation's terms: what tables of types consist of."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from routekey.projects.document import Place, Value

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one type of Terraform's reads in CloudFormation's terms."""

    type: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Arguments that are spelt otherwise."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What others can refer to: templates of `{Ref}`, `{Arn}` and other attributes of the
    CloudFormation type, of `{region}` and `{account}`, and of arguments."""
    convert: Callable[[dict[str, Value], Values, Place], None] | None = None
    """Changes that are more than spelling: to the properties, from the arguments."""


def to_properties(kind: Kind, arguments: Values, place: Place) -> dict[str, Value]:
    """Write arguments as properties."""
    properties: dict[str, Value] = {
        kind.renamed.get(name, pascal(name)): value
        for name, value in arguments.items()
        if value is not None
    }
    if kind.convert is not None:
        kind.convert(properties, arguments, place)
    return properties


def pascal(name: str) -> str:
    """Spell `integration_uri` as `IntegrationUri`."""
    return "".join(part.capitalize() for part in name.split("_"))


def first_block(value: Value) -> Values:
    """Give the first of the blocks of one type; nothing where there is none."""
    block = value[0] if isinstance(value, list) and value else value
    return block if isinstance(block, dict) else {}


def blocks(value: Value) -> list[dict[str, Value]]:
    """Give all blocks of one type."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def document(value: Value) -> Value:
    """Read a policy document, which Terraform passes as JSON text.

    What is not JSON stays text: whoever reads the policy says so.
    """
    if not isinstance(value, str):
        return value
    try:
        parsed: Value = json.loads(value)
    except ValueError:
        return value
    return parsed
