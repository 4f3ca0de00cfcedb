"""Roles, users, groups and policies of an exported template. Secrets of access keys are no part.

Source: CP-CFN-02.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.resources.managed_identity import (
    ManagedGroup,
    ManagedIdentity,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
)

Template = dict[str, Any]

_WORDS: Final = {ManagedGroup: "Group", ManagedRole: "Role", ManagedUser: "User"}


def describe_identities(edit: Edit) -> dict[str, Template]:
    """Describe everybody, and the policies that they share."""
    policies = edit.all(ManagedPolicy)
    own = {policy.arn(edit.account_id): policy_id(policy) for policy in policies}
    groups = {group.name: identity_id(group) for group in edit.all(ManagedGroup)}
    found = {policy_id(policy): _describe_policy(policy) for policy in policies}
    identities: list[ManagedIdentity] = [
        *edit.all(ManagedGroup),
        *edit.all(ManagedRole),
        *edit.all(ManagedUser),
    ]
    return found | {identity_id(one): _describe(one, own, groups) for one in identities}


def _describe_policy(policy: ManagedPolicy) -> Template:
    return write_resource(
        "IAM::ManagedPolicy",
        Description=policy.description,
        ManagedPolicyName=policy.name,
        Path=policy.path,
        PolicyDocument=json.loads(policy.document),
    )


def _describe(
    identity: ManagedIdentity, own: Mapping[str, str], groups: Mapping[str, str]
) -> Template:
    """Describe an identity.

    Args:
        identity: whom.
        own: the account's policies, which are others elsewhere: logical ids by ARN.
        groups: logical ids by name.
    """
    kind = _WORDS[type(identity)]
    properties: Template = {
        f"{kind}Name": identity.name,
        "ManagedPolicyArns": [_refer(arn, own) for arn in identity.attached_policies],
        "Path": identity.path,
        "Policies": [
            {"PolicyName": name, "PolicyDocument": json.loads(text)}
            for name, text in identity.inline_policies.items()
        ],
    }
    if not isinstance(identity, ManagedGroup):
        boundary = identity.permissions_boundary
        properties["PermissionsBoundary"] = None if boundary is None else _refer(boundary, own)
        properties["Tags"] = write_tags(identity.tags)
    if isinstance(identity, ManagedUser):
        properties["Groups"] = [_refer(name, groups) for name in identity.groups]
    if isinstance(identity, ManagedRole):
        trust = identity.trust_policy
        properties["AssumeRolePolicyDocument"] = None if trust is None else json.loads(trust)
        properties["Description"] = identity.description
        properties["MaxSessionDuration"] = identity.max_session_duration
    return write_resource(f"IAM::{kind}", **properties)


def _refer(name: str, logical_ids: Mapping[str, str]) -> str | Template:
    """Name what the template describes by a reference, and anything else as it is."""
    return {"Ref": logical_ids[name]} if name in logical_ids else name


def identity_id(identity: ManagedIdentity) -> str:
    """Make an identity's logical id."""
    return f"{_WORDS[type(identity)]}{encode_name(identity.name)}"


def policy_id(policy: ManagedPolicy) -> str:
    """Make a policy's logical id."""
    return f"Policy{encode_name(policy.name)}"


def write_resource(kind: str, **properties: object) -> Template:
    """Write a resource; what is empty is left out."""
    given = {name: value for name, value in properties.items() if value not in (None, "", [], {})}
    return {"Type": f"AWS::{kind}", "Properties": given}


def write_tags(tags: Mapping[str, str]) -> list[Template]:
    """Write tags as CloudFormation has them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def encode_name(name: str) -> str:
    """Write a name with letters and digits only, each name otherwise."""
    return name if name.isascii() and name.isalnum() else name.encode().hex()
