"""How often the validator would look at a message to tell what is wrong with it.

Whether a message is valid takes time in proportion to it: the validator remembers its verdicts.
Telling why it is not remembers nothing, begins with all failures, and quotes the value in each of
them. A list of 60,000 wrong elements takes seconds then; a schema that comes back to itself on two
ways, as the kinds of an expression's nodes under `oneOf` do, looks at each child twice, at each
grandchild four times, and twenty brackets take minutes. None of it can be interrupted.

So the looks are counted before: the schema is walked along the message as the validator walks it,
until it is done or too much. Where a schema's pattern or nesting makes a difference, we count more
than it does. (Bounding the message instead, by its depth or length, would refuse what is valid.)
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import jsonschema_rs

LOOK_CHARACTERS: Final = 600
"""What a look costs beside the value that it quotes, in characters quoted in the same time."""

_BRANCHES: Final = ("allOf", "anyOf", "oneOf")
"""Keywords with a list of schemas for the value itself; `not` is among those that remember."""


class _Look(NamedTuple):
    schema: Any
    value: Any
    resolver: jsonschema_rs.Resolver
    """Of the references in the schema: each is read from the document that it stands in."""


class Looks:
    """The looks of one schema."""

    __slots__ = ("_resolver", "_schema", "_targets")

    def __init__(self, schema: object, resolver: jsonschema_rs.Resolver) -> None:
        self._schema = schema
        self._resolver = resolver
        self._targets: dict[tuple[str, str], jsonschema_rs.Resolved] = {}
        """What a reference of a document names: as many as the schema has references."""

    def cost_at_most(self, characters: int, value: object) -> bool:
        """Tell whether all looks at a value together cost no more than that.

        Where a reference is beyond us (below an `id` that the registry does not know), they do.
        """
        waiting = [_Look(self._schema, value, self._resolver)]
        while waiting:
            look = waiting.pop()
            characters -= LOOK_CHARACTERS + len(repr(look.value))
            if characters < 0:
                return False
            try:
                waiting += self._list_next(look)
            except jsonschema_rs.ReferencingError:
                return False
        return True

    def _list_next(self, look: _Look) -> Iterator[_Look]:
        schema, value, resolver = look
        if "$ref" in schema:  # nothing beside it counts, in draft 4
            target = self._resolve(schema["$ref"], resolver)
            yield _Look(target.contents, value, target.resolver)
            return
        if "id" in schema:  # what its references are relative to
            resolver = self._resolve(schema["id"], resolver).resolver
        for keyword in _BRANCHES:
            for each in schema.get(keyword, ()):
                yield _Look(each, value, resolver)
        pairs: Iterator[tuple[Any, Any]] = iter(())
        if isinstance(value, list):
            pairs = _list_elements(schema, value)
        elif isinstance(value, dict):
            pairs = _list_members(schema, value)
        for inner, part in pairs:
            if isinstance(inner, dict):  # no flag, and no list of names
                yield _Look(inner, part, resolver)

    def _resolve(self, reference: str, resolver: jsonschema_rs.Resolver) -> jsonschema_rs.Resolved:
        key = resolver.base_uri, reference
        if key not in self._targets:
            self._targets[key] = resolver.lookup(reference)
        return self._targets[key]


def _list_elements(schema: dict[str, Any], value: list[Any]) -> Iterator[tuple[Any, Any]]:
    items = schema.get("items")
    if isinstance(items, list):
        yield from zip(items, value, strict=False)
        for element in value[len(items) :]:
            yield schema.get("additionalItems"), element
    else:
        for element in value:
            yield items, element


def _list_members(schema: dict[str, Any], value: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    properties = schema.get("properties", {})
    for name, member in value.items():
        yield properties.get(name, schema.get("additionalProperties")), member
        for inner in schema.get("patternProperties", {}).values():
            yield inner, member
    for name, inner in schema.get("dependencies", {}).items():
        if name in value:
            yield inner, value
