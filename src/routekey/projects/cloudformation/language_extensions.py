"""`Fn::ForEach`, which `AWS::LanguageExtensions` brings: loops are written out before all else.

The other functions of that transform (`Fn::Length`, `Fn::ToJsonString`, a default in
`Fn::FindInMap`) are evaluated like any other, whether a template asks for the transform or not.
Source: in-the-wild 1; CloudFormation User Guide, "Fn::ForEach".
"""

import re
from collections.abc import Mapping

from routekey.projects.cloudformation.intrinsics import kind_of, to_text
from routekey.projects.document import VALUES_MAX, Document, Place, Value

_LOOP = "Fn::ForEach::"
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")


def expand_loops(document: Document, parameters: Mapping[str, Value]) -> Document:
    """Write out the loops of a template; one without loops is returned as it is.

    Args:
        document: the template.
        parameters: the values that are given; a loop may run over a parameter that is a list.

    Raises:
        ProjectError: a loop is malformed, or makes too much.
    """
    value = document.value
    if not isinstance(value, dict) or not _has_loop(value):
        return document
    declared = value.get("Parameters")
    expander = _Expander(declared if isinstance(declared, dict) else {}, parameters)
    expanded = expander.expand(value, document.place(), {})
    return Document(file=document.file, value=expanded, lines=document.lines)


def _has_loop(value: Value) -> bool:
    if isinstance(value, dict):
        return any(key.startswith(_LOOP) or _has_loop(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_loop, value))


class _Expander:
    """Writes loops out, and counts what that makes."""

    def __init__(self, declared: Mapping[str, Value], given: Mapping[str, Value]) -> None:
        self._declared = declared
        self._given = given
        self._count = 0

    def expand(self, value: Value, place: Place, names: Mapping[str, str]) -> Value:
        self._count += 1
        if self._count > VALUES_MAX:
            raise place.error(f"loops make more than {VALUES_MAX} values")
        if isinstance(value, str):
            return _replace(value, names)
        if isinstance(value, list):
            return [self.expand(item, place / index, names) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        referred = value.get("Ref")
        if len(value) == 1 and isinstance(referred, str) and referred in names:
            return names[referred]
        expanded: dict[str, Value] = {}
        for key, item in value.items():
            if key.startswith(_LOOP):
                expanded |= self._loop(item, place / key, names)
            else:
                expanded[_replace(key, names)] = self.expand(item, place / key, names)
        return expanded

    def _loop(self, value: Value, place: Place, names: Mapping[str, str]) -> dict[str, Value]:
        if not isinstance(value, list) or len(value) != 3:  # noqa: PLR2004  # name, items, body
            raise place.error("Fn::ForEach takes a name, a list and a map")
        name, items, body = value
        if not isinstance(name, str) or not isinstance(body, dict):
            raise place.error("Fn::ForEach takes a name, a list and a map")
        made: dict[str, Value] = {}
        for item in self._items(items, place / 1, names):
            inner = {**names, name: item}
            piece = self.expand(body, place / 2, inner)
            made |= piece if isinstance(piece, dict) else {}
        return made

    def _items(self, value: Value, place: Place, names: Mapping[str, str]) -> list[str]:
        if isinstance(value, dict) and isinstance(parameter := value.get("Ref"), str):
            declaration = self._declared.get(parameter)
            default = declaration.get("Default") if isinstance(declaration, dict) else None
            value = self._given.get(parameter, default)
            if isinstance(value, str):
                value = [item.strip() for item in value.split(",")]
        if not isinstance(value, list):
            raise place.error(f"Fn::ForEach runs over a list, not {kind_of(value)}")
        return [_replace(to_text(item, place), names) for item in value]


def _replace(text: str, names: Mapping[str, str]) -> str:
    for name, item in names.items():
        text = text.replace(f"${{{name}}}", item)
        text = text.replace(f"&{{{name}}}", _NOT_ALPHANUMERIC.sub("", item))
    return text
