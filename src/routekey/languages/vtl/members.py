"""Members of values: `$a.b`, `$a[0]`, `$a.b()`, and setting them.

Source: VTL-REF-04, VTL-REF-08, VTL-EXP-07, VTL-MET-01.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from routekey.languages.vtl.collection_methods import LIST_METHODS, MAP_METHODS, is_same
from routekey.languages.vtl.methods import HostObject, Methods, call
from routekey.languages.vtl.rendering import Rendering
from routekey.languages.vtl.string_methods import NUMBER_METHODS, STRING_METHODS
from routekey.languages.vtl.values import MAPS, JavaList, to_text


def get_property(value: object, name: str) -> object:
    """Give a property: a map's member first, then what a getter would give."""
    if isinstance(value, MAPS):
        if name in value:
            return value[name]
    elif isinstance(value, HostObject):
        return value.get_property(name)
    if name == "empty" and isinstance(value, (str, list, *MAPS)):
        return not value
    return ""


def get_index(value: object, index: object, rendering: Rendering) -> object:
    """Give an element of a list, counted from the end if negative, or a member of a map."""
    if isinstance(value, MAPS):
        return value.get(to_text(index, rendering), "")
    if isinstance(value, list) and (at := _find_element(value, index)) is not None:
        return value[at]
    return ""


def put_member(value: object, key: object, member: object, rendering: Rendering) -> None:
    """Set a member of a map or an element of a list; nothing happens to anything else."""
    if isinstance(value, dict):
        rendering.spend(1)
        value[to_text(key, rendering)] = member
    elif isinstance(value, list) and (at := _find_element(value, key)) is not None:
        value[at] = member


def call_method(value: object, name: str, arguments: list[object], rendering: Rendering) -> object:
    """Call a method of a value; the empty string where there is none of that name.

    Raises:
        TemplateRenderError: the method failed.
    """
    if name == "toString" and not arguments:
        result: object = to_text(value, rendering)
    elif name == "equals" and len(arguments) == 1:
        result = is_same(value, arguments[0], rendering)
    else:
        result = call(find_methods(type(value)), name, value, arguments, rendering)
    if isinstance(result, str | list):
        rendering.spend(len(result))
    return result


def _find_element(items: list[object], index: object) -> int | None:
    """Give the index of an element that is there; a negative one counts from the end."""
    if isinstance(index, bool) or not isinstance(index, int):
        return None
    return index if -len(items) <= index < len(items) else None


def find_methods(kind: type[Any]) -> Methods:
    """Find what can be called on the values of a type."""
    known = _METHODS.get(kind)
    if known is not None:
        return known
    return kind.methods if issubclass(kind, HostObject) else {}


_METHODS: Final[Mapping[type[Any], Methods]] = {
    str: STRING_METHODS,
    int: NUMBER_METHODS,
    float: NUMBER_METHODS,
    list: LIST_METHODS,
    JavaList: LIST_METHODS,
    dict: MAP_METHODS,
    MappingProxyType: MAP_METHODS,
}
