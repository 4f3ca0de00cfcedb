"""Who has a managed policy, and whose permissions boundary it is.

Source: IAM API Reference, "ListEntitiesForPolicy".
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.identities import (
    KINDS,
    check_attachable,
    find_own_policy,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.resources.managed_identity import (
    ManagedGroup,
    ManagedIdentity,
    ManagedRole,
    ManagedUser,
)


def list_entities_for_policy(edit: Edit, request: Members) -> Members:
    """ListEntitiesForPolicy: of a policy of the account's own, or of AWS's.

    What is filtered by the kind of policy, and not of entity, is told where the policy is of it.
    """
    arn, usage = request["policy_arn"], request.get("policy_usage_filter")
    wanted, prefix = request.get("entity_filter"), request.get("path_prefix", "/")
    check_attachable(edit, arn)
    own = find_own_policy(edit, arn) is not None
    if wanted == ("LocalManagedPolicy" if own else "AWSManagedPolicy"):
        wanted = None
    answer: Members = {"is_truncated": False}
    for kind in KINDS:
        word = kind.word.lower()
        answer[f"policy_{word}s"] = [
            {kind.member: one.name, f"{word}_id": one.id}
            for one in edit.all(kind.type)
            if wanted in (None, kind.word)
            and one.path.startswith(prefix)
            and any(usage in (None, use) for use in _uses(one, arn))
        ]
    return answer


def count_uses(edit: Edit) -> tuple[Counter[str], Counter[str]]:
    """Count by ARN who has each policy, and whose boundary it is."""
    users, roles = edit.all(ManagedUser), edit.all(ManagedRole)
    owners: list[ManagedUser | ManagedRole] = [*users, *roles]
    holders = [*owners, *edit.all(ManagedGroup)]
    attached = Counter(arn for one in holders for arn in one.attached_policies)
    bounding = Counter(one.permissions_boundary for one in owners if one.permissions_boundary)
    return attached, bounding


def _uses(identity: ManagedIdentity, arn: str) -> Iterator[str]:
    if arn in identity.attached_policies:
        yield "PermissionsPolicy"
    if not isinstance(identity, ManagedGroup) and identity.permissions_boundary == arn:
        yield "PermissionsBoundary"


OPERATIONS: Final[dict[str, Callable[[Edit, Members], Members]]] = {
    "ListEntitiesForPolicy": list_entities_for_policy,
}
