"""IAM policies that are attached by ARN: the account's own, with their versions.

Those of AWS are told too, as far as we have their text. Nobody here can change them.

Source: IAM API Reference, "Policy", "PolicyVersion".
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identities import (
    check_path,
    check_policy,
    delete_conflict,
    find_own_policy,
    new_id,
    not_found,
)
from routekey.endpoints.control_plane.identity_tags import add_tags, remove_tags, show_tags
from routekey.endpoints.control_plane.policy_entities import count_uses
from routekey.endpoints.control_plane.shapes import Members
from routekey.endpoints.query_protocol import QueryError
from routekey.ids import AccountId
from routekey.resources.managed_identity import (
    ManagedPolicy,
    PolicyVersion,
    aws_policies,
)

VERSIONS_MAX: Final = 5
_POLICIES_MAX: Final = 1500
"""AWS's quota of an account."""
_SIZE_MAX: Final = 6144
"""Characters of a policy; white space does not count."""
AWS: Final = AccountId("aws")


def create_policy(edit: Edit, request: Members) -> Members:
    """CreatePolicy."""
    name, path = request["policy_name"], request.get("path", "/")
    existing = edit.all(ManagedPolicy)
    if any(one.name.lower() == name.lower() for one in existing):
        raise QueryError(
            "EntityAlreadyExists",
            f"A policy called {name} already exists. Duplicate names are not allowed.",
            409,
        )
    if len(existing) >= _POLICIES_MAX:
        raise QueryError("LimitExceeded", f"Cannot exceed quota for Policies: {_POLICIES_MAX}", 409)
    check_path(path)
    policy = ManagedPolicy(
        name=name,
        id=new_id(edit, "ANPA"),
        path=path,
        create_date=edit.now,
        document=_check_document(request["policy_document"]),
        version_date=edit.now,
        description=request.get("description", ""),
        tags=add_tags({}, request),
    )
    edit.put(name, policy)
    return {"policy": show_policy(policy, edit.account_id, count_uses(edit))}


def get_policy(edit: Edit, request: Members) -> Members:
    """GetPolicy."""
    policy, owner = _find_readable(edit, request)
    return {"policy": show_policy(policy, owner, count_uses(edit))}


def list_policies(edit: Edit, request: Members) -> Members:
    """ListPolicies: the account's own, and those of AWS's that we have. Tags are not told."""
    prefix, scope = request.get("path_prefix", "/"), request.get("scope", "All")
    own = [] if scope == "AWS" else [(one, edit.account_id) for one in edit.all(ManagedPolicy)]
    of_aws = [] if scope == "Local" else [(one, AWS) for one in aws_policies().values()]
    uses = count_uses(edit)
    shown = [
        show_policy(policy, owner, uses)
        for policy, owner in own + of_aws
        if policy.path.startswith(prefix)
    ]
    if request.get("only_attached"):
        shown = [one for one in shown if one["attachment_count"]]
    match request.get("policy_usage_filter"):
        case "PermissionsPolicy":
            shown = [one for one in shown if one["attachment_count"]]
        case "PermissionsBoundary":
            shown = [one for one in shown if one["permissions_boundary_usage_count"]]
    for one in shown:
        one.pop("tags", None)
    return {"policies": shown, "is_truncated": False}


def delete_policy(edit: Edit, request: Members) -> Members:
    """DeletePolicy: not while somebody has it, nor while it has more than one version."""
    policy = _find(edit, request)
    if any(uses[request["policy_arn"]] for uses in count_uses(edit)):
        raise delete_conflict("Cannot delete a policy attached to entities.")
    if policy.other_versions:
        raise delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    edit.remove(ManagedPolicy, policy.name)
    return {}


def create_policy_version(edit: Edit, request: Members) -> Members:
    """CreatePolicyVersion."""
    policy, document = _find(edit, request), _check_document(request["policy_document"])
    if len(policy.versions) >= VERSIONS_MAX:
        raise QueryError(
            "LimitExceeded",
            f"A managed policy can have up to {VERSIONS_MAX} versions. Before you create a new "
            "version, you must delete an existing version.",
            409,
        )
    policy = policy.with_version(document, edit.now)
    if request.get("set_as_default"):
        policy = policy.with_default(policy.versions_made)
    edit.put(policy.name, policy)
    shown = show_version(policy, policy.versions[0])
    return {"policy_version": {name: shown[name] for name in shown if name != "document"}}


def get_policy_version(edit: Edit, request: Members) -> Members:
    """GetPolicyVersion: the only one that tells the text."""
    policy, _ = _find_readable(edit, request)
    version = _find_version(policy, request)
    return {"policy_version": show_version(policy, version)}


def list_policy_versions(edit: Edit, request: Members) -> Members:
    """ListPolicyVersions: the newest first."""
    policy, _ = _find_readable(edit, request)
    shown = [show_version(policy, version) for version in policy.versions]
    for version in shown:
        del version["document"]
    return {"versions": shown, "is_truncated": False}


def set_default_policy_version(edit: Edit, request: Members) -> Members:
    """SetDefaultPolicyVersion: it counts at once for whoever has the policy."""
    policy = _find(edit, request)
    version = _find_version(policy, request)
    edit.put(policy.name, policy.with_default(version.number))
    return {}


def delete_policy_version(edit: Edit, request: Members) -> Members:
    """DeletePolicyVersion: any but the default one."""
    policy = _find(edit, request)
    gone = _find_version(policy, request)
    if gone.number == policy.version:
        raise delete_conflict("Cannot delete the default version of a policy.")
    left = tuple(version for version in policy.other_versions if version is not gone)
    edit.put(policy.name, replace(policy, other_versions=left))
    return {}


def tag_policy(edit: Edit, request: Members) -> Members:
    """TagPolicy: adds to what there is."""
    policy = _find(edit, request)
    edit.put(policy.name, replace(policy, tags=add_tags(policy.tags, request)))
    return {}


def untag_policy(edit: Edit, request: Members) -> Members:
    """UntagPolicy: keys that are not there do no harm."""
    policy = _find(edit, request)
    edit.put(policy.name, replace(policy, tags=remove_tags(policy.tags, request)))
    return {}


def list_policy_tags(edit: Edit, request: Members) -> Members:
    """ListPolicyTags."""
    policy, _ = _find_readable(edit, request)
    return {"tags": show_tags(policy.tags), "is_truncated": False}


def _find(edit: Edit, request: Members) -> ManagedPolicy:
    arn = request["policy_arn"]
    policy = find_own_policy(edit, arn)
    if policy is None:
        raise not_found(f"Policy {arn} was not found.")
    return policy


def _find_readable(edit: Edit, request: Members) -> tuple[ManagedPolicy, AccountId]:
    """Find a policy that may be AWS's; give with it whose it is."""
    policy = aws_policies().get(request["policy_arn"])
    return (_find(edit, request), edit.account_id) if policy is None else (policy, AWS)


def _find_version(policy: ManagedPolicy, request: Members) -> PolicyVersion:
    arn, wanted = request["policy_arn"], request["version_id"]
    for version in policy.versions:
        if f"v{version.number}" == wanted:
            return version
    raise not_found(f"Policy {arn} version {wanted} does not exist or is not attachable.")


def _check_document(document: str) -> str:
    check_policy(document, is_managed=True)
    if len("".join(document.split())) > _SIZE_MAX:
        raise QueryError("LimitExceeded", f"Cannot exceed quota for PolicySize: {_SIZE_MAX}", 409)
    return document


def show_policy(
    policy: ManagedPolicy, owner: AccountId, uses: tuple[Counter[str], Counter[str]]
) -> Members:
    """Tell of a policy, but not of its text."""
    arn = policy.arn(owner)
    attached, bounding = uses
    members: Members = {
        "arn": arn,
        "attachment_count": attached[arn],
        "create_date": policy.create_date,
        "default_version_id": f"v{policy.version}",
        "description": policy.description or None,
        "is_attachable": True,
        "path": policy.path,
        "permissions_boundary_usage_count": bounding[arn],
        "policy_id": policy.id,
        "policy_name": policy.name,
        "update_date": max(version.create_date for version in policy.versions),
    }
    if policy.tags:
        members["tags"] = show_tags(policy.tags)
    return members


def show_version(policy: ManagedPolicy, version: PolicyVersion) -> Members:
    """Tell of a version, with its text."""
    return {
        "create_date": version.create_date,
        "document": version.document,
        "is_default_version": version.number == policy.version,
        "version_id": f"v{version.number}",
    }


OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "CreatePolicy": create_policy,
    "CreatePolicyVersion": create_policy_version,
    "DeletePolicy": delete_policy,
    "DeletePolicyVersion": delete_policy_version,
    "GetPolicy": get_policy,
    "GetPolicyVersion": get_policy_version,
    "ListPolicies": list_policies,
    "ListPolicyTags": list_policy_tags,
    "ListPolicyVersions": list_policy_versions,
    "SetDefaultPolicyVersion": set_default_policy_version,
    "TagPolicy": tag_policy,
    "UntagPolicy": untag_policy,
}
