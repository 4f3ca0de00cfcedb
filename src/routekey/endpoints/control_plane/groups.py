"""IAM groups and who is in them; what they have in common with users is in `identities.py`.

Source: IAM API Reference, "Group".
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identities import (
    GROUP,
    USER,
    describe_new,
    find_identity,
    show_identity,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError
from routekey.resources.managed_identity import ManagedGroup, ManagedUser

_GROUPS_PER_USER: Final = 10


def create_group(edit: Edit, request: Members) -> Members:
    """CreateGroup."""
    group = ManagedGroup(**describe_new(GROUP, edit, request))
    edit.put(group.name, group)
    return {"group": show_identity(edit, group)}


def get_group(edit: Edit, request: Members) -> Members:
    """GetGroup: with its users."""
    group = find_identity(GROUP, edit, request)
    users = sorted(edit.all(ManagedUser), key=lambda user: user.name)
    return {
        "group": show_identity(edit, group),
        "users": [show_identity(edit, user) for user in users if group.name in user.groups],
        "is_truncated": False,
    }


def add_user_to_group(edit: Edit, request: Members) -> Members:
    """AddUserToGroup. A second time does nothing."""
    group, user = find_identity(GROUP, edit, request), find_identity(USER, edit, request)
    if group.name in user.groups:
        return {}
    if len(user.groups) >= _GROUPS_PER_USER:
        raise QueryError(
            "LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {_GROUPS_PER_USER}", 409
        )
    edit.put(user.name, replace(user, groups=(*user.groups, group.name)))
    return {}


def remove_user_from_group(edit: Edit, request: Members) -> Members:
    """RemoveUserFromGroup. Who is not in it stays out of it."""
    group, user = find_identity(GROUP, edit, request), find_identity(USER, edit, request)
    left = tuple(name for name in user.groups if name != group.name)
    edit.put(user.name, replace(user, groups=left))
    return {}


def list_groups_for_user(edit: Edit, request: Members) -> Members:
    """ListGroupsForUser."""
    user = find_identity(USER, edit, request)
    groups = (edit.find(ManagedGroup, name) for name in sorted(user.groups))
    shown = [show_identity(edit, group) for group in groups if group is not None]
    return {"groups": shown, "is_truncated": False}


OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "AddUserToGroup": add_user_to_group,
    "CreateGroup": create_group,
    "GetGroup": get_group,
    "ListGroupsForUser": list_groups_for_user,
    "RemoveUserFromGroup": remove_user_from_group,
}
