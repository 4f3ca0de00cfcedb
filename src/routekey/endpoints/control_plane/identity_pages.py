"""Pages of what IAM lists: operations give all there is, and here it is cut.

The marker names the last item that was told, so a list may change between two pages.

Source: IAM API Reference, "Marker", "MaxItems".
"""

import binascii
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError

_PAGE_ITEMS: Final = 100
_NAMES: Final[Mapping[str, Sequence[str]]] = {
    "group_detail_list": ("group_name",),
    "groups": ("group_name",),
    "policies": ("policy_name", "policy_id"),  # AWS's and the account's may have one name
    "policy_groups": ("group_name",),
    "policy_names": (),
    "policy_roles": ("role_name",),
    "policy_users": ("user_name",),
    "role_detail_list": ("role_name",),
    "roles": ("role_name",),
    "user_detail_list": ("user_name",),
    "users": ("user_name",),
}
"""Lists that are told by name. The others have a few items, which are told by position."""


def cut_page(answer: Members, request: Members) -> Members:
    """Cut the answer of a list operation; other answers stay as they are.

    Raises:
        QueryError: the marker is none of ours.
    """
    if "is_truncated" not in answer:
        return answer
    lists = [name for name, value in answer.items() if isinstance(value, list)]
    after, size = _read_marker(request.get("marker")), request.get("max_items", _PAGE_ITEMS)
    places = {place: entry for name in lists for place, *entry in _place(name, answer[name])}
    rest = sorted(place for place in places if place > after)
    page: Members = {**answer, **{name: [] for name in lists}, "is_truncated": len(rest) > size}
    for place in rest[:size]:
        name, item = places[place]
        page[name].append(item)
    if page["is_truncated"]:
        page["marker"] = urlsafe_b64encode(rest[size - 1].encode()).decode("ascii")
    return page


def _place(name: str, items: Sequence[Any]) -> Iterator[tuple[str, str, Any]]:
    """Give the place of each item in all that is told, with its list."""
    names = _NAMES.get(name)
    for number, item in enumerate(items):
        if names is None:
            key = f"{number:04}"
        else:
            key = " ".join(item[one] for one in names) if names else item
        yield f"{name}/{key}", name, item


def _read_marker(marker: str | None) -> str:
    try:
        text = (marker or "").encode("ascii")
        return b64decode(text, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise QueryError("ValidationError", f"Invalid Marker: {marker}") from error
