"""Everything that IAM knows of an account, told at once: what auditors and their tools ask for.

Source: IAM API Reference, "GetAccountAuthorizationDetails".
"""

from collections.abc import Callable
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identities import KINDS, Kind, show_identity
from routekey.endpoints.control_plane.policies import AWS, show_policy, show_version
from routekey.endpoints.control_plane.policy_entities import count_uses
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.managed_identity import (
    ManagedIdentity,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
    aws_policies,
)

_OWN: Final = "LocalManagedPolicy"
_OF_AWS: Final = "AWSManagedPolicy"


def get_account_authorization_details(edit: Edit, request: Members) -> Members:
    """GetAccountAuthorizationDetails: of the kinds that a request names, or of all."""
    wanted = request.get("filter") or [kind.word for kind in KINDS] + [_OWN, _OF_AWS]
    answer: Members = {"is_truncated": False}
    for kind in KINDS:
        found = edit.all(kind.type) if kind.word in wanted else []
        answer[f"{kind.word.lower()}_detail_list"] = [_show(kind, edit, one) for one in found]
    own = [(one, edit.account_id) for one in edit.all(ManagedPolicy)]
    of_aws = [(one, AWS) for one in aws_policies().values()]
    uses = count_uses(edit)
    answer["policies"] = [
        {
            **show_policy(policy, owner, uses),
            "policy_version_list": [show_version(policy, version) for version in policy.versions],
        }
        for scope, policies in ((_OWN, own), (_OF_AWS, of_aws))
        for policy, owner in policies
        if scope in wanted
    ]
    return answer


def _show(kind: Kind, edit: Edit, identity: ManagedIdentity) -> Members:
    attached = [
        {"policy_arn": arn, "policy_name": arn.rpartition("/")[2]}
        for arn in identity.attached_policies
    ]
    inline = [
        {"policy_name": name, "policy_document": document}
        for name, document in identity.inline_policies.items()
    ]
    members: Members = {
        **show_identity(edit, identity),
        f"{kind.word.lower()}_policy_list": inline,
        "attached_managed_policies": attached,
    }
    if isinstance(identity, ManagedUser):
        members["group_list"] = list(identity.groups)
    if isinstance(identity, ManagedRole):
        members["instance_profile_list"] = []
    return members


OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "GetAccountAuthorizationDetails": get_account_authorization_details,
}
