"""IAM users, roles and groups with their policies: what the callers of this gateway need of IAM.

The three have nearly all of their operations in common; `User`, `Role` or `Group` in an operation's
name says which is meant. Policies are inline, or attached by ARN: AWS's, and the account's own.

Source: IAM API Reference; SEC-MGD-01, SEC-EVAL-11.
"""

import re
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identity_tags import add_tags, show_tags
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError
from routekey.errors import PolicyError
from routekey.languages.iam import (
    check_identity_policy,
    check_trust_policy,
    parse_policy,
    parse_resource_policy,
)
from routekey.resources.managed_identity import (
    ManagedGroup,
    ManagedIdentity,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
    find_policy,
)

_PATH: Final = re.compile(r"/|/[!-~]{1,510}/")
_ATTACHED_MAX: Final = 10
_INLINE_BYTES_MAX: Final = 10 * 1024
"""Of all inline policies of one identity: a role's quota, and for simplicity a user's too."""
_IDENTITIES_MAX: Final = 5000
"""AWS's quota of users; it has 1,000 roles, and more on request."""
SESSION_SECONDS: Final = range(3600, 43_201)
_TRUSTED_ACTIONS: Final = (
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
)
"""What a trust policy can be about, in lower case as policies are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What tells users, roles and groups from each other."""

    word: str
    type: type[Any]
    id_prefix: str

    @property
    def member(self) -> str:
        """The member that names one."""
        return f"{self.word.lower()}_name"


USER: Final = Kind(word="User", type=ManagedUser, id_prefix="AIDA")
ROLE: Final = Kind(word="Role", type=ManagedRole, id_prefix="AROA")
GROUP: Final = Kind(word="Group", type=ManagedGroup, id_prefix="AGPA")
KINDS: Final = (GROUP, USER, ROLE)


def create_user(edit: Edit, request: Members) -> Members:
    """CreateUser."""
    user = ManagedUser(**describe_new(USER, edit, request), **_describe_owner(edit, request))
    edit.put(user.name, user)
    return {"user": show_identity(edit, user)}


def create_role(edit: Edit, request: Members) -> Members:
    """CreateRole."""
    role = ManagedRole(
        **describe_new(ROLE, edit, request),
        **_describe_owner(edit, request),
        trust_policy=_check_trust(request["assume_role_policy_document"]),
        description=request.get("description", ""),
        max_session_duration=request.get("max_session_duration", SESSION_SECONDS[0]),
    )
    edit.put(role.name, role)
    return {"role": show_identity(edit, role)}


def update_assume_role_policy(edit: Edit, request: Members) -> Members:
    """UpdateAssumeRolePolicy."""
    role = find_identity(ROLE, edit, request)
    edit.put(role.name, replace(role, trust_policy=_check_trust(request["policy_document"])))
    return {}


def get_identity(kind: Kind, edit: Edit, request: Members) -> Members:
    """GetUser, GetRole."""
    return {kind.word.lower(): show_identity(edit, find_identity(kind, edit, request))}


def list_identities(kind: Kind, edit: Edit, request: Members) -> Members:
    """ListUsers, ListRoles, ListGroups, by path: less of each than `get_identity` tells."""
    prefix = request.get("path_prefix", "/")
    found = [one for one in edit.all(kind.type) if one.path.startswith(prefix)]
    shown = [show_identity(edit, one) for one in found]
    for one in shown:
        one.pop("permissions_boundary", None)
        one.pop("tags", None)
    return {f"{kind.word.lower()}s": shown, "is_truncated": False}


def delete_identity(kind: Kind, edit: Edit, request: Members) -> Members:
    """DeleteUser, DeleteRole, DeleteGroup: not while it has policies, keys or members."""
    identity = find_identity(kind, edit, request)
    if identity.attached_policies:
        raise delete_conflict("Cannot delete entity, must detach all policies first.")
    if identity.inline_policies:
        raise delete_conflict("Cannot delete entity, must delete policies first.")
    if isinstance(identity, ManagedUser) and identity.access_keys:
        raise delete_conflict("Cannot delete entity, must delete access keys first.")
    if any(user.groups and _is_joined(user, identity) for user in edit.all(ManagedUser)):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    edit.remove(kind.type, identity.name)
    return {}


def _is_joined(user: ManagedUser, identity: ManagedIdentity) -> bool:
    """Tell whether a user is in a group, whichever of the two is asked about."""
    return identity is user or (isinstance(identity, ManagedGroup) and identity.name in user.groups)


def put_policy(kind: Kind, edit: Edit, request: Members) -> Members:
    """PutUserPolicy, PutRolePolicy, PutGroupPolicy."""
    identity, document = find_identity(kind, edit, request), request["policy_document"]
    check_policy(document)
    policies = {**identity.inline_policies, request["policy_name"]: document}
    if sum(len(text) for text in policies.values()) > _INLINE_BYTES_MAX:
        raise QueryError(
            "LimitExceeded",
            f"Maximum policy size of {_INLINE_BYTES_MAX} bytes exceeded for "
            f"{kind.word.lower()} {identity.name}",
            409,
        )
    edit.put(identity.name, replace(identity, inline_policies=policies))
    return {}


def get_policy(kind: Kind, edit: Edit, request: Members) -> Members:
    """GetUserPolicy, GetRolePolicy, GetGroupPolicy."""
    identity, name = _find_policy(kind, edit, request)
    return {
        kind.member: identity.name,
        "policy_document": identity.inline_policies[name],
        "policy_name": name,
    }


def list_policies(kind: Kind, edit: Edit, request: Members) -> Members:
    """ListUserPolicies, ListRolePolicies, ListGroupPolicies."""
    names = sorted(find_identity(kind, edit, request).inline_policies)
    return {"is_truncated": False, "policy_names": names}


def delete_policy(kind: Kind, edit: Edit, request: Members) -> Members:
    """DeleteUserPolicy, DeleteRolePolicy, DeleteGroupPolicy."""
    identity, gone = _find_policy(kind, edit, request)
    left = {name: text for name, text in identity.inline_policies.items() if name != gone}
    edit.put(identity.name, replace(identity, inline_policies=left))
    return {}


def attach_policy(kind: Kind, edit: Edit, request: Members) -> Members:
    """AttachUserPolicy, AttachRolePolicy, AttachGroupPolicy. A second time does nothing."""
    identity, arn = find_identity(kind, edit, request), request["policy_arn"]
    check_attachable(edit, arn)
    if arn in identity.attached_policies:
        return {}
    if len(identity.attached_policies) >= _ATTACHED_MAX:
        raise QueryError(
            "LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind.word}: {_ATTACHED_MAX}", 409
        )
    attached = (*identity.attached_policies, arn)
    edit.put(identity.name, replace(identity, attached_policies=attached))
    return {}


def detach_policy(kind: Kind, edit: Edit, request: Members) -> Members:
    """DetachUserPolicy, DetachRolePolicy, DetachGroupPolicy."""
    identity, gone = find_identity(kind, edit, request), request["policy_arn"]
    if gone not in identity.attached_policies:
        raise not_found(f"Policy {gone} was not found.")
    left = tuple(arn for arn in identity.attached_policies if arn != gone)
    edit.put(identity.name, replace(identity, attached_policies=left))
    return {}


def list_attached_policies(kind: Kind, edit: Edit, request: Members) -> Members:
    """ListAttachedUserPolicies and its sisters for roles and groups."""
    attached = find_identity(kind, edit, request).attached_policies
    shown = [{"policy_arn": arn, "policy_name": arn.rpartition("/")[2]} for arn in attached]
    return {"attached_policies": shown, "is_truncated": False}


def show_identity(edit: Edit, identity: ManagedIdentity) -> Members:
    """Tell of a user, role or group."""
    kind = next(kind for kind in KINDS if isinstance(identity, kind.type))
    members: Members = {
        "arn": identity.arn(edit.account_id),
        "create_date": identity.create_date,
        "path": identity.path,
        kind.member: identity.name,
        f"{kind.word.lower()}_id": identity.id,
    }
    if isinstance(identity, ManagedGroup):
        return members
    if identity.tags:
        members["tags"] = show_tags(identity.tags)
    if identity.permissions_boundary is not None:
        members["permissions_boundary"] = {
            "permissions_boundary_arn": identity.permissions_boundary,
            "permissions_boundary_type": "Policy",
        }
    if isinstance(identity, ManagedRole):
        members["assume_role_policy_document"] = identity.trust_policy
        members["description"] = identity.description or None
        members["max_session_duration"] = identity.max_session_duration
    return members


def describe_new(kind: Kind, edit: Edit, request: Members) -> Members:
    """Describe what all have in common, of a new one.

    Raises:
        QueryError: the name is taken, or the path is none.
    """
    name, path = request[kind.member], request.get("path", "/")
    existing = edit.all(kind.type)
    check_name(kind, name, existing)
    if len(existing) >= _IDENTITIES_MAX:
        raise QueryError(
            "LimitExceeded", f"Cannot exceed quota for {kind.word}s: {_IDENTITIES_MAX}", 409
        )
    check_path(path)
    return {
        "name": name,
        "id": new_id(edit, kind.id_prefix),
        "path": path,
        "create_date": edit.now,
    }


def check_name(kind: Kind, name: str, others: Sequence[ManagedIdentity]) -> None:
    """Refuse a name that another has; names that differ only in their case are one.

    Raises:
        QueryError: it is taken.
    """
    if any(one.name.lower() == name.lower() for one in others):
        raise QueryError(
            "EntityAlreadyExists", f"{kind.word} with name {name} already exists.", 409
        )


def check_path(path: str) -> None:
    """Refuse what is no path.

    Raises:
        QueryError: it does not begin and end with a slash, or is too long.
    """
    if not _PATH.fullmatch(path):
        raise QueryError("ValidationError", "The specified value for path is invalid.")


def _describe_owner(edit: Edit, request: Members) -> Members:
    """Describe what users and roles have besides, and groups have not."""
    boundary = request.get("permissions_boundary")
    if boundary is not None:
        check_attachable(edit, boundary)
    return {
        "permissions_boundary": boundary,
        "tags": add_tags({}, request),
    }


def find_identity(kind: Kind, edit: Edit, request: Members) -> Any:
    """Find the user, role or group that a request names.

    Raises:
        QueryError: there is none; or it names nobody, and no user signed it.
    """
    name = request.get(kind.member)
    if name is None:
        raise QueryError(
            "ValidationError", "Must specify userName when calling with non-User credentials"
        )
    identity = edit.find(kind.type, name)
    if identity is None:
        raise not_found(f"The {kind.word.lower()} with name {name} cannot be found.")
    return identity


def _find_policy(kind: Kind, edit: Edit, request: Members) -> tuple[Any, str]:
    identity, name = find_identity(kind, edit, request), request["policy_name"]
    if name not in identity.inline_policies:
        raise not_found(f"The {kind.word.lower()} policy with name {name} cannot be found.")
    return identity, name


def check_policy(document: str, *, is_managed: bool = False) -> None:
    """Refuse what is no policy of an identity; one that is attached by ARN names its version.

    Raises:
        QueryError: it is malformed.
    """
    try:
        check_identity_policy(document, is_managed=is_managed)
        parse_policy(document)
    except PolicyError as error:
        raise _malformed(error.problem) from error


def _check_trust(document: str) -> str:
    """Refuse what is no trust policy: AWS's texts are those that it was seen to give."""
    try:
        check_trust_policy(document)
        policy = parse_resource_policy(document)
    except PolicyError as error:
        raise _malformed(error.problem) from error
    for statement in policy.statements:
        for pattern in statement.actions.patterns:
            if not any(pattern.matches(action, {}) for action in _TRUSTED_ACTIONS):
                raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    return document


def _malformed(problem: str) -> QueryError:
    return QueryError("MalformedPolicyDocument", problem)


def check_attachable(edit: Edit, arn: str) -> None:
    """Refuse the ARN of what is no managed policy.

    Raises:
        QueryError: the account has none of this ARN, and it is none of AWS's.
    """
    if find_own_policy(edit, arn) is None and find_policy(arn) is None:
        raise not_found(f"Policy {arn} does not exist or is not attachable.")


def find_own_policy(edit: Edit, arn: str) -> ManagedPolicy | None:
    """Find a policy of the account's own."""
    found = edit.find(ManagedPolicy, arn.rpartition("/")[2])
    return found if found is not None and found.arn(edit.account_id) == arn else None


def new_id(edit: Edit, prefix: str) -> str:
    """Draw an id of IAM's form."""
    return prefix + b32encode(edit.new_bytes(10)).decode("ascii")


def not_found(text: str) -> QueryError:
    """Make the refusal of a name that nobody has."""
    return QueryError("NoSuchEntity", text, 404)


def delete_conflict(text: str) -> QueryError:
    """Make the refusal to delete what something hangs on."""
    return QueryError("DeleteConflict", text, 409)


_SHARED: Final[dict[str, Callable[[Kind, Edit, Members], Members]]] = {
    "Attach{}Policy": attach_policy,
    "Delete{}": delete_identity,
    "Delete{}Policy": delete_policy,
    "Detach{}Policy": detach_policy,
    "Get{}Policy": get_policy,
    "List{}s": list_identities,
    "List{}Policies": list_policies,
    "ListAttached{}Policies": list_attached_policies,
    "Put{}Policy": put_policy,
}

OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "CreateRole": create_role,
    "CreateUser": create_user,
    "GetRole": partial(get_identity, ROLE),
    "GetUser": partial(get_identity, USER),
    "UpdateAssumeRolePolicy": update_assume_role_policy,
    **{
        name.format(kind.word): partial(action, kind)
        for name, action in _SHARED.items()
        for kind in KINDS
    },
}
