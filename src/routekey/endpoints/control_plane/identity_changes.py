"""Changes of IAM users and roles besides their policies: descriptions and tags.

Instance profiles are not kept here, so a role has none: tools ask before they delete one.

Source: IAM API Reference.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identities import (
    ROLE,
    USER,
    Kind,
    find_identity,
    show_identity,
    show_tags,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError

_TAGS_MAX: Final = 50


def update_role(edit: Edit, request: Members) -> Members:
    """UpdateRole, and UpdateRoleDescription: what they do not mention stays."""
    role = find_identity(ROLE, edit, request)
    changed = replace(
        role,
        description=request.get("description", role.description),
        max_session_duration=request.get("max_session_duration", role.max_session_duration),
    )
    edit.put(changed.name, changed)
    return {"role": show_identity(edit, changed)}


def tag_identity(kind: Kind, edit: Edit, request: Members) -> Members:
    """TagUser, TagRole: adds to what there is."""
    identity = find_identity(kind, edit, request)
    edit.put(identity.name, replace(identity, tags=add_tags(identity.tags, request)))
    return {}


def add_tags(tags: Mapping[str, str], request: Members) -> Mapping[str, str]:
    """Add those of a request.

    Raises:
        QueryError: they are too many.
    """
    tags = {**tags, **{tag["key"]: tag["value"] for tag in request["tags"]}}
    if len(tags) > _TAGS_MAX:
        raise QueryError(
            "LimitExceeded", f"The number of tags has reached the maximum limit: {_TAGS_MAX}", 409
        )
    return tags


def untag_identity(kind: Kind, edit: Edit, request: Members) -> Members:
    """UntagUser, UntagRole: keys that are not there do no harm."""
    identity = find_identity(kind, edit, request)
    edit.put(identity.name, replace(identity, tags=remove_tags(identity.tags, request)))
    return {}


def remove_tags(tags: Mapping[str, str], request: Members) -> Mapping[str, str]:
    """Remove those that a request names."""
    gone = frozenset(request["tag_keys"])
    return {key: value for key, value in tags.items() if key not in gone}


def list_identity_tags(kind: Kind, edit: Edit, request: Members) -> Members:
    """ListUserTags, ListRoleTags: all at once."""
    return {"tags": show_tags(find_identity(kind, edit, request).tags), "is_truncated": False}


def list_instance_profiles_for_role(edit: Edit, request: Members) -> Members:
    """ListInstanceProfilesForRole."""
    find_identity(ROLE, edit, request)
    return {"instance_profiles": [], "is_truncated": False}


_SHARED: Final[dict[str, Callable[[Kind, Edit, Members], Members]]] = {
    "List{}Tags": list_identity_tags,
    "Tag{}": tag_identity,
    "Untag{}": untag_identity,
}

OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "ListInstanceProfilesForRole": list_instance_profiles_for_role,
    "UpdateRole": update_role,
    "UpdateRoleDescription": update_role,
    **{
        name.format(kind.word): partial(action, kind)
        for name, action in _SHARED.items()
        for kind in (ROLE, USER)
    },
}
