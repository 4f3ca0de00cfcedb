"""A project's roles, users, groups and policies become resources like all others.

What the project says otherwise than before is changed; what was edited through the API stays
(`project_merge.py`). So does somebody who is no longer described, as long as he has a policy, a key
or a group from the API: with those alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.policies import VERSIONS_MAX
from routekey.endpoints.control_plane.project_merge import merge
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import ProjectError
from routekey.resources.managed_identity import (
    ManagedGroup,
    ManagedIdentities,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
)

T = TypeVar("T", ManagedGroup, ManagedPolicy, ManagedRole, ManagedUser)

_WORDS: Final = {
    ManagedGroup: "group",
    ManagedPolicy: "policy",
    ManagedRole: "role",
    ManagedUser: "user",
}
_PARTS: Final = ("access_keys", "attached_policies", "groups", "inline_policies")
"""What an identity is given piece by piece."""


def import_identities(edit: Edit, described: ManagedIdentities) -> None:
    """Put a project's identities in the place of those that it described before.

    Raises:
        ProjectError: a name is taken by somebody who was made through the API.
    """
    _import_kind(edit, ManagedRole, described.roles)
    _import_kind(edit, ManagedUser, described.users)
    _import_kind(edit, ManagedGroup, described.groups)
    _import_kind(edit, ManagedPolicy, described.policies)


def _import_kind(edit: Edit, kind: type[T], described: Sequence[T]) -> None:
    names = {one.name for one in described}
    for before in edit.all(kind):
        if before.described is not None and before.name not in names:
            _withdraw(edit, before)
    made = {one.name.lower() for one in edit.all(kind) if one.described is None}
    for one in described:
        if one.name.lower() in made:  # names of IAM differ in more than their case
            raise ProjectError(
                f"a {_WORDS[kind]} with the name {one.name} exists already, and was not made by "
                "a project",
                remedy="Delete it, or give this one another name.",
                resource=one.name,
            )
        old = edit.find(kind, one.name)
        managed = _version(edit, _date(edit, _manage(one, old)), old)
        if managed != old:
            edit.put(one.name, managed)


def _manage(described: T, old: T | None) -> T:
    """Make somebody as he is described, and as the API has edited him since."""
    if old is None:
        return replace(described, described=described)
    now: Members = msgspec.to_builtins(described)
    kept: Members = msgspec.to_builtins(old)
    merged = merge(kept["described"], now, kept)
    return msgspec.convert({**merged, "described": now}, type=type(described))


def _date(edit: Edit, managed: T) -> T:
    """Give what is new the date that its file does not know."""
    if isinstance(managed, ManagedUser):
        keys = managed.access_keys
        dated = tuple(replace(key, create_date=key.create_date or edit.now) for key in keys)
        managed = replace(managed, access_keys=dated)
    if isinstance(managed, ManagedPolicy):
        managed = replace(managed, version_date=managed.version_date or edit.now)
    return replace(managed, create_date=managed.create_date or edit.now)


def _version(edit: Edit, managed: T, old: T | None) -> T:
    """Make a version of a policy's new text, as CloudFormation does, and drop the oldest for it."""
    if not isinstance(managed, ManagedPolicy):
        return managed
    if old is None or managed.document == old.document:
        return managed
    kept = old.other_versions[-(VERSIONS_MAX - 2) :]
    before = replace(managed, document=old.document, other_versions=kept)
    return before.with_version(managed.document, edit.now).with_default(old.versions_made + 1)


def _withdraw(edit: Edit, before: T) -> None:
    """Take back what a project gave somebody; he goes too if he has nothing else."""
    kept: Members = msgspec.to_builtins(before)
    said: Members = kept["described"]
    nothing = {name: type(kept[name])() for name in _PARTS if name in kept}
    left = merge(said, {**said, **nothing}, kept)
    if any(left[name] for name in nothing):
        edit.put(before.name, msgspec.convert({**left, "described": None}, type=type(before)))
    else:
        edit.remove(type(before), before.name)
