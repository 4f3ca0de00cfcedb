"""What a project says now, put together with what was edited through the API since.

    before   what the project said when it was read last
    now      what it says
    kept     the resource: what the project said before, and what the API made of it

What the project says as before is as it is kept, edited or deleted; what it says anew, or no longer
says, counts. So neither side destroys what the other made, however often a file is saved.

All three are dicts, tuples and plain values, as msgspec makes of a dataclass. What goes by a name
or an id is compared one by one: members, tags, routes, permissions; any other list counts as a
whole, as code does.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from routekey.endpoints.control_plane.shapes import Members

Items = dict[str, Any]


def merge(before: Members, now: Members, kept: Members) -> Members:
    """Put a resource together.

    Args:
        before: empty where the project did not say anything of it.
        now: its members, those of the project.
        kept: its members, those that only the API has included.
    """
    return _merge_items(before, now, kept)


def is_same(before: object, now: object) -> bool:
    """Tell whether a project says the same as before, wherever it now stands in a file."""
    return bool(_strip(before) == _strip(now))


def _merge_items(before: Items, now: Items, kept: Items) -> Items:
    merged: Items = {}
    for key in {**kept, **now}:
        if key not in now:
            if key not in before:
                merged[key] = kept[key]  # made through the API
        elif key not in before:
            merged[key] = now[key]
        elif key in kept:
            merged[key] = _merge_value(key, before[key], now[key], kept[key])
        elif not is_same(before[key], now[key]):
            merged[key] = now[key]  # was deleted, and is described anew
    return merged


def _merge_value(name: str, before: Any, now: Any, kept: Any) -> Any:
    if name == "origin" and not isinstance(now, str):  # which would be a tag or a policy
        return now  # where something stands is no news of it, but errors point there
    if name not in _WHOLE and all(isinstance(value, dict) for value in (before, now, kept)):
        return _merge_items(before, now, kept)
    if name in _KEYS and isinstance(now, tuple):  # else it is the name that somebody chose
        find_key = _KEYS[name]
        by_key = [{find_key(item): item for item in items} for items in (before, now, kept)]
        return tuple(_merge_items(*by_key).values())
    return kept if now == before else now


def _strip(value: Any) -> Any:
    """Leave out where things stand in a file: a new line above moves them all."""
    if isinstance(value, Mapping):
        return {key: _strip(inner) for key, inner in value.items() if key != "origin"}
    if isinstance(value, tuple):
        return tuple(_strip(inner) for inner in value)
    return value


def _by(*names: str) -> Callable[[Any], str]:
    """Know an item by the first of some members that it has, else by all that it says."""

    def find(item: Any) -> str:
        if isinstance(item, dict):
            for name in names:
                if item.get(name):
                    return str(item[name])
        return orjson.dumps(item, option=orjson.OPT_SORT_KEYS).decode()

    return find


def _name_permission(permission: Any) -> str:
    """Know a permission by its id, which is one of its version's or alias's only."""
    if not permission.get("statement_id"):
        return _by()(permission)
    return f"{permission['statement_id']} {permission.get('qualifier')}"


_WHOLE: Final = frozenset({"code"})
"""Members whose own members mean nothing alone: a zip file's path is none of a folder."""
_KEYS: Final[Mapping[str, Callable[[Any], str]]] = {
    "access_keys": _by("access_key_id"),
    "attached_policies": _by(),
    "authorizers": _by("authorizer_id"),
    "event_invoke_configs": _by("qualifier"),
    "groups": _by(),
    "integrations": _by("integration_id"),
    "key_ids": _by(),
    "mappings": _by("api_mapping_id"),
    "models": _by("model_id"),
    "permissions": _name_permission,
    "responses": _by("integration_response_id", "route_response_id"),
    "routes": _by("route_id"),
    "stages": _by("stage_name"),
}
"""Lists whose items have names of their own, and by what each is known."""
