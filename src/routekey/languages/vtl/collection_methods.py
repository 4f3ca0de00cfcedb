"""Methods of lists and maps in templates: java.util.List's and Map's.

A list that is asked for an element which it does not have fails, as in Java; `$list[9]` does not.

Source: VTL-REF-05, VTL-MET-02.
"""

from collections.abc import Mapping

from routekey.languages.vtl.methods import HostObject, methods
from routekey.languages.vtl.rendering import Rendering, TemplateRenderError
from routekey.languages.vtl.values import JavaList, is_equal


def _check_index(items: list[object], index: int, stop: int) -> None:
    if not 0 <= index < stop:
        raise TemplateRenderError(f"index {index} is outside of a list of {len(items)} elements")


def _get(items: list[object], index: int) -> object:
    _check_index(items, index, len(items))
    return items[index]


def _set(items: list[object], index: int, value: object) -> object:
    _check_index(items, index, len(items))
    items[index], old = value, items[index]
    return old


def _add(items: list[object], rendering: Rendering, value: object) -> bool:
    rendering.spend(1)
    items.append(value)
    return True


def _insert(items: list[object], rendering: Rendering, index: int, value: object) -> str:
    _check_index(items, index, len(items) + 1)
    rendering.spend(1)
    items.insert(index, value)
    return ""


def _add_all(items: list[object], rendering: Rendering, others: object) -> object:
    if not isinstance(others, list):
        return ""
    rendering.spend(len(others))
    items.extend(others)
    return bool(others)


def _remove(items: list[object], rendering: Rendering, what: object) -> object:
    """Remove by index where it is an integer, else the first equal element."""
    if isinstance(what, int) and not isinstance(what, bool):
        _check_index(items, what, len(items))
        return items.pop(what)
    at = _index_of(items, rendering, what)
    if at >= 0:
        items.pop(at)
    return at >= 0


def _index_of(items: list[object], rendering: Rendering, value: object) -> int:
    for index, each in enumerate(items):
        rendering.step()
        if is_same(each, value, rendering):
            return index
    return -1


def _sub_list(items: list[object], start: int, stop: int) -> JavaList:
    if not 0 <= start <= stop <= len(items):
        raise TemplateRenderError(
            f"subList({start}, {stop}) is outside of a list of {len(items)} elements"
        )
    return JavaList(items[start:stop])


def _clear(items: list[object] | dict[str, object]) -> str:
    items.clear()
    return ""


def _put(entries: Mapping[str, object], rendering: Rendering, key: str, value: object) -> object:
    rendering.spend(1)
    old = entries.get(key, "")
    if isinstance(entries, dict):
        entries[key] = value
    return old


def _put_all(entries: Mapping[str, object], rendering: Rendering, others: object) -> str:
    if isinstance(entries, dict) and isinstance(others, Mapping):
        rendering.spend(len(others))
        entries.update(others)
    return ""


def _remove_key(entries: Mapping[str, object], key: str) -> object:
    return entries.pop(key, "") if isinstance(entries, dict) else ""


class Entry(HostObject):
    """A key of a map with its value: `$e.key`, `$e.getValue()`."""

    def __init__(self, key: str, value: object) -> None:
        self._members = {"key": key, "value": value}

    def __str__(self) -> str:
        """Print the key alone; a value may be as large as the map."""
        return f"{self._members['key']}=…"

    def get_property(self, name: str) -> object:
        """Give the key or the value."""
        return self._members.get(name, "")


def _entry_set(entries: Mapping[str, object]) -> JavaList:
    return JavaList(Entry(key, value) for key, value in entries.items())


def is_same(left: object, right: object, rendering: Rendering) -> bool:
    """Compare as Java's `equals` does: values of two types are never equal."""
    if left is None:
        return right == ""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return isinstance(left, type(right)) and is_equal(left, right, rendering)


LIST_METHODS = methods(
    ("size", "", len),
    ("isEmpty", "", lambda items: not items),
    ("get", "i", _get),
    ("set", "io", _set),
    ("add", "ro", _add),
    ("add", "rio", _insert),
    ("addAll", "ro", _add_all),
    ("remove", "ro", _remove),
    ("contains", "ro", lambda items, rendering, value: _index_of(items, rendering, value) >= 0),
    ("indexOf", "ro", _index_of),
    ("subList", "ii", _sub_list),
    ("iterator", "", lambda items: items),
    ("clear", "", _clear),
)

Entry.methods = methods(
    ("getKey", "", lambda entry: entry.get_property("key")),
    ("getValue", "", lambda entry: entry.get_property("value")),
)

MAP_METHODS = methods(
    ("size", "", len),
    ("isEmpty", "", lambda entries: not entries),
    ("get", "s", lambda entries, key: entries.get(key, "")),
    ("getOrDefault", "so", lambda entries, key, default: entries.get(key, default)),
    ("put", "rso", _put),
    ("putAll", "ro", _put_all),
    ("remove", "s", _remove_key),
    ("containsKey", "s", lambda entries, key: key in entries),
    ("keySet", "", JavaList),
    ("values", "", lambda entries: JavaList(entries.values())),
    ("entrySet", "", _entry_set),
    ("clear", "", lambda entries: _clear(entries) if isinstance(entries, dict) else ""),
)
