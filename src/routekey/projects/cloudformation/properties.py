"""The properties of a resource, read with the types that CloudFormation gives them.

CloudFormation turns `"true"` and `"29000"` into a boolean and a number where the property is one
(CP-CFN-01), and so does this. Resources of ours declare their fields once: `read_fields` fills any
of them from the properties of the same names, `integration_uri` from `IntegrationUri`.
"""

import json
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from typing import TypeVar

from routekey.projects.cloudformation.intrinsics import NO_VALUE, Scope, kind_of, resolve, to_text
from routekey.projects.document import Place, Value

Made = TypeVar("Made")


class Properties:
    """What a resource says of itself; each property is evaluated when it is asked for."""

    def __init__(self, raw: Mapping[str, Value], place: Place, scope: Scope | None = None) -> None:
        self.place = place
        self._raw = raw
        self._scope = scope
        """None where the values are already evaluated."""

    def __contains__(self, name: str) -> bool:
        """Tell whether a property is given, and not as `AWS::NoValue`."""
        return self.value(name) is not None

    def names(self) -> list[str]:
        """List the properties that are written."""
        return list(self._raw)

    def all(self) -> dict[str, Value]:
        """Evaluate everything."""
        return {name: value for name in self._raw if (value := self.value(name)) is not None}

    def value(self, name: str) -> Value:
        """Evaluate a property; None where it is not given."""
        value = self._raw.get(name)
        if self._scope is not None:
            value = resolve(value, self._scope, self.place / name)
        return None if value is NO_VALUE else value

    def text(self, name: str, default: str | None = None) -> str:
        """Read text.

        Raises:
            ProjectError: it is missing and has no default, or is a list or a map.
        """
        value = self.value(name)
        if value is None:
            if default is None:
                raise self.place.error(f"the property {name} is missing")
            return default
        return to_text(value, self.place / name)

    def optional_text(self, name: str) -> str | None:
        """Read text that need not be there."""
        return self.text(name) if name in self else None

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a truth value, which may be written as text."""
        return _boolean(self.value(name), self.place / name) if name in self else default

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of texts; one text alone counts as a list."""
        value = self.value(name)
        items = value if isinstance(value, list) else [] if value is None else [value]
        return tuple(to_text(item, self.place / name / index) for index, item in enumerate(items))

    def text_map(self, name: str) -> dict[str, str]:
        """Read a map of texts."""
        inner = self.inner(name)
        return {key: inner.text(key) for key in inner.names() if key in inner}

    def inner(self, name: str) -> "Properties":
        """Read a map of further properties; empty where there is none."""
        return self._map(self.value(name), self.place / name)

    def items(self, name: str) -> Iterator["Properties"]:
        """Read a list of maps."""
        value = self.value(name)
        if value is not None and not isinstance(value, list):
            raise (self.place / name).error(f"{name} has to be a list, not {kind_of(value)}")
        for index, item in enumerate(value or []):
            yield self._map(item, self.place / name / index)

    @staticmethod
    def _map(value: Value, place: Place) -> "Properties":
        if value is not None and not isinstance(value, dict):
            raise place.error(f"{place.path[-1]} has to be a map, not {kind_of(value)}")
        return Properties(value or {}, place)


def read_fields(kind: type[Made], properties: Properties, **given: object) -> Made:
    """Make a resource of ours from the properties that bear the names of its fields.

    Args:
        kind: a dataclass of `routekey.resources`.
        properties: where to read; a property that is absent leaves the field's default.
        given: fields that no property names, such as ids and origins.

    Raises:
        ProjectError: a property is of the wrong type, or a field without default is missing.
    """
    values = dict(given)
    for field, name, hint in _declared(kind):
        if field.name in given:
            continue
        if name in properties:
            values[field.name] = _convert(hint, name, properties)
        elif field.default is MISSING and field.default_factory is MISSING:
            raise properties.place.error(f"the property {name} is missing")
    return kind(**values)


def _declared(kind: type) -> Iterator[tuple[Field[object], str, object]]:
    hints = typing.get_type_hints(kind)
    for field in fields(kind):
        yield field, _pascal(field.name), _plain(hints[field.name])


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _plain(hint: object) -> object:
    """Take `| None` and `NewType` off a type."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        (hint,) = (item for item in typing.get_args(hint) if item is not types.NoneType)
    return getattr(hint, "__supertype__", hint)


def _convert(hint: object, name: str, properties: Properties) -> object:
    if typing.get_origin(hint) is tuple:
        return properties.texts(name)
    if typing.get_origin(hint) is Mapping:
        inner = properties.inner(name)
        item = _plain(typing.get_args(hint)[1])
        return {key: _convert(item, key, inner) for key in inner.names()}
    if isinstance(hint, type) and is_dataclass(hint):
        return read_fields(hint, properties.inner(name))
    place = properties.place / name
    value = properties.value(name)
    if hint is bool:
        return _boolean(value, place)
    if name == "Schema" and isinstance(value, dict | list):  # the one property that is JSON
        return json.dumps(value)
    return _scalar(hint, to_text(value, place), place)


def _boolean(value: Value, place: Place) -> bool:
    if isinstance(value, dict):  # {"Required": true}, as a route's RequestParameters have it
        value = value.get("Required")
    text = to_text(value, place).lower()
    if text not in {"true", "false"}:
        raise place.error(f"true or false is expected here, not {text[:40]!r}")
    return text == "true"


def _scalar(hint: object, text: str, place: Place) -> object:
    if not isinstance(hint, type):  # hints come from our own dataclasses
        raise TypeError(hint)
    try:
        return hint(text)
    except ValueError as error:
        expected = "a number"
        if issubclass(hint, StrEnum):
            expected = f"one of {', '.join(hint)}"
        raise place.error(f"{text[:40]!r} is not {expected}") from error
