"""Resources and members: made of each other, changed, listed in pages.

A request's members become a frozen resource in one step that checks every type, and back in one
step. An update is a merge: members that are absent keep their value (CP-PROTO-05), and an empty
text removes one that need not be there (CP-AUTHZ-09).
"""

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, fields
from typing import Any, Final, TypeVar

import msgspec

from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException

T = TypeVar("T")

_PAGE_ITEMS_MAX: Final = 500
"""The default too: AWS names no number for this API, and this is the older API's largest page."""
_OLD_PAGE_ITEMS: Final = 25
"""The older API's default. Source: CP-KEY-01."""


def make(kind: type[T], request: Members, **more: object) -> T:
    """Make a resource of what a request says about it.

    Args:
        kind: a dataclass.
        request: its members; those that are no field of it are passed over.
        more: what the request does not say, its id for one.

    Raises:
        BadRequestException: a value is none that WebSocket APIs have.
    """
    return _convert(kind, {**_of(kind, request), **more})


def change(resource: T, request: Members, **more: object) -> T:
    """Merge what a request says into a resource.

    Raises:
        BadRequestException: a value is none that WebSocket APIs have.
    """
    before = msgspec.to_builtins(resource)
    return _convert(type(resource), {**before, **_of(type(resource), request), **more})


def describe(resource: object, *, keep: Collection[str] = ()) -> Members:
    """Tell a resource's members; what is not set is left out (CP-RESP-01).

    Args:
        resource: a dataclass.
        keep: members that AWS tells even when they are empty.
    """
    members: Members = msgspec.to_builtins(resource)
    return {
        name: value
        for name, value in members.items()
        if name in keep or value not in (None, "", {}, ())
    }


def find(items: Sequence[T], name: str, wanted: str) -> T | None:
    """Find the item whose member has a value."""
    return next((item for item in items if getattr(item, name) == wanted), None)


def put(items: tuple[T, ...], item: T, name: str) -> tuple[T, ...]:
    """Put an item in the place of the one that has the same id, or at the end."""
    wanted = getattr(item, name)
    if find(items, name, wanted) is None:
        return (*items, item)
    return tuple(item if getattr(one, name) == wanted else one for one in items)


def drop(items: tuple[T, ...], name: str, wanted: str) -> tuple[T, ...]:
    """Leave out the item whose member has a value."""
    return tuple(item for item in items if getattr(item, name) != wanted)


def page(
    items: Sequence[T], key: Callable[[T], str], show: Callable[[T], Members], request: Members
) -> Members:
    """Answer a list operation: sorted by key, so many at a time. Source: CP-PROTO-06, CP-RESP-04.

    The token names the last item that was told, so a list may change between two pages.

    Raises:
        BadRequestException: the token or the number is not one.
    """
    size = _page_size(request.get("max_results"))
    shown, token = _cut(items, key, size, request.get("next_token"))
    answer: Members = {"items": [show(item) for item in shown]}
    return answer if token is None else {**answer, "next_token": token}


def old_page(
    items: Sequence[T], key: Callable[[T], str], show: Callable[[T], Members], request: Members
) -> Members:
    """Answer a list operation of the older API, which has other names for it. Source: CP-KEY-01.

    Raises:
        BadRequestException: the position is none.
    """
    size = min(request.get("limit", _OLD_PAGE_ITEMS), _PAGE_ITEMS_MAX)
    if size < 1:
        raise BadRequestException("limit must be at least 1")
    shown, token = _cut(items, key, size, request.get("position"))
    answer: Members = {"items": [show(item) for item in shown]}
    return answer if token is None else {**answer, "position": token}


def _cut(
    items: Sequence[T], key: Callable[[T], str], size: int, token: str | None
) -> tuple[Sequence[T], str | None]:
    """Cut a page out of a list; give the token of the next one, if there is one."""
    after = _read_token(token) if token else None
    rest = sorted((item for item in items if after is None or key(item) > after), key=key)
    shown = rest[:size]
    if len(rest) <= size:
        return shown, None
    return shown, urlsafe_b64encode(key(shown[-1]).encode()).decode("ascii")


def _of(kind: type[Any], request: Members) -> Members:
    """Take from a request what is a field; an empty text is None where a field may be None."""
    defaults = {field.name: field.default for field in fields(kind)}
    return {
        name: None if value == "" and defaults[name] is None else value
        for name, value in request.items()
        if name in defaults
    }


def _convert(kind: type[T], members: Members) -> T:
    required = {f.name for f in fields(kind) if f.default is f.default_factory is MISSING}  # type: ignore[arg-type]  # any T here is a dataclass
    missing = sorted(required - members.keys())
    if missing:
        raise AssertionError(f"{kind.__name__} needs {missing}")
    try:
        return msgspec.convert(members, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequestException(f"Invalid request input: {error}") from error


def _page_size(text: str | None) -> int:
    if text is None:
        return _PAGE_ITEMS_MAX
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= _PAGE_ITEMS_MAX:
        raise BadRequestException(f"maxResults must be a number from 1 to {_PAGE_ITEMS_MAX}")
    return int(text)


def _read_token(token: str) -> str:
    try:
        return b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadRequestException("Invalid nextToken specified") from error
