"""Changes of IAM identities besides their policies: names, descriptions, boundaries and tags.

Instance profiles are not kept here, so a role has none: tools ask before they delete one.

Source: IAM API Reference.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identities import (
    GROUP,
    ROLE,
    SESSION_SECONDS,
    USER,
    Kind,
    check_attachable,
    check_name,
    check_path,
    find_identity,
    show_identity,
)
from routekey.endpoints.control_plane.identity_tags import add_tags, remove_tags, show_tags
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.managed_identity import ManagedUser


def rename_identity(kind: Kind, edit: Edit, request: Members) -> Members:
    """UpdateUser, UpdateGroup: another name or path. The id stays, and who is in a group.

    Somebody whom a project describes is from then on not he: the project's comes back with it.
    """
    identity = find_identity(kind, edit, request)
    name = request.get(f"new_{kind.member}", identity.name)
    path = request.get("new_path", identity.path)
    check_name(kind, name, [one for one in edit.all(kind.type) if one is not identity])
    check_path(path)
    edit.remove(kind.type, identity.name)
    edit.put(name, replace(identity, name=name, path=path, described=None))
    if kind is GROUP and name != identity.name:
        for user in edit.all(ManagedUser):
            if identity.name in user.groups:
                groups = tuple(name if one == identity.name else one for one in user.groups)
                edit.put(user.name, replace(user, groups=groups))
    return {}


def update_role(edit: Edit, request: Members) -> Members:
    """UpdateRole: a session's length that it does not mention is an hour again (documented).

    A description that it does not mention stays: Terraform changes the one without the other.
    """
    role = find_identity(ROLE, edit, request)
    changed = replace(
        role,
        description=request.get("description", role.description),
        max_session_duration=request.get("max_session_duration", SESSION_SECONDS[0]),
    )
    edit.put(changed.name, changed)
    return {}


def update_role_description(edit: Edit, request: Members) -> Members:
    """UpdateRoleDescription."""
    role = find_identity(ROLE, edit, request)
    changed = replace(role, description=request["description"])
    edit.put(changed.name, changed)
    return {"role": show_identity(edit, changed)}


def put_permissions_boundary(kind: Kind, edit: Edit, request: Members) -> Members:
    """PutUserPermissionsBoundary, PutRolePermissionsBoundary: instead of the one there is."""
    identity, arn = find_identity(kind, edit, request), request["permissions_boundary"]
    check_attachable(edit, arn)
    edit.put(identity.name, replace(identity, permissions_boundary=arn))
    return {}


def delete_permissions_boundary(kind: Kind, edit: Edit, request: Members) -> Members:
    """DeleteUserPermissionsBoundary, DeleteRolePermissionsBoundary: if there is one."""
    identity = find_identity(kind, edit, request)
    edit.put(identity.name, replace(identity, permissions_boundary=None))
    return {}


def tag_identity(kind: Kind, edit: Edit, request: Members) -> Members:
    """TagUser, TagRole: adds to what there is."""
    identity = find_identity(kind, edit, request)
    edit.put(identity.name, replace(identity, tags=add_tags(identity.tags, request)))
    return {}


def untag_identity(kind: Kind, edit: Edit, request: Members) -> Members:
    """UntagUser, UntagRole: keys that are not there do no harm."""
    identity = find_identity(kind, edit, request)
    edit.put(identity.name, replace(identity, tags=remove_tags(identity.tags, request)))
    return {}


def list_identity_tags(kind: Kind, edit: Edit, request: Members) -> Members:
    """ListUserTags, ListRoleTags."""
    return {"tags": show_tags(find_identity(kind, edit, request).tags), "is_truncated": False}


def list_instance_profiles_for_role(edit: Edit, request: Members) -> Members:
    """ListInstanceProfilesForRole."""
    find_identity(ROLE, edit, request)
    return {"instance_profiles": [], "is_truncated": False}


_SHARED: Final[dict[str, Callable[[Kind, Edit, Members], Members]]] = {
    "Delete{}PermissionsBoundary": delete_permissions_boundary,
    "List{}Tags": list_identity_tags,
    "Put{}PermissionsBoundary": put_permissions_boundary,
    "Tag{}": tag_identity,
    "Untag{}": untag_identity,
}

OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "ListInstanceProfilesForRole": list_instance_profiles_for_role,
    "UpdateGroup": partial(rename_identity, GROUP),
    "UpdateRole": update_role,
    "UpdateRoleDescription": update_role_description,
    "UpdateUser": partial(rename_identity, USER),
    **{
        name.format(kind.word): partial(action, kind)
        for name, action in _SHARED.items()
        for kind in (ROLE, USER)
    },
}
