"""IAM users and roles as they are edited: policies as the texts that were given.

What decides about requests are `identity.User` and `identity.Role`, made from these.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from routekey.arn import Arn
from routekey.ids import AccountId
from routekey.languages.iam import Policy, managed_policy, parse_policy, parse_resource_policy
from routekey.resources.identity import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What a user signs with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    create_date: int
    """Seconds since 1970, as all dates here."""
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedUser:
    """A user."""

    name: str
    id: str
    path: str = "/"
    create_date: int
    inline_policies: Mapping[str, str] = field(default_factory=dict)
    """By name, JSON text."""
    attached_policies: tuple[str, ...] = ()
    """ARNs of AWS's managed policies."""
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    access_keys: tuple[AccessKey, ...] = ()

    def arn(self, account_id: AccountId) -> str:
        """Name it as policies do."""
        return f"arn:aws:iam::{account_id}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRole:
    """A role."""

    name: str
    id: str
    path: str = "/"
    create_date: int
    inline_policies: Mapping[str, str] = field(default_factory=dict)
    attached_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    trust_policy: str
    """JSON text."""
    description: str = ""
    max_session_duration: int = 3600
    """Seconds."""

    def arn(self, account_id: AccountId) -> str:
        """Name it as policies do."""
        return f"arn:aws:iam::{account_id}:role{self.path}{self.name}"


ManagedIdentity: TypeAlias = ManagedUser | ManagedRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """Everybody whom the control plane keeps, ready to be asked."""

    roles: tuple[Role, ...] = ()
    users: tuple[User, ...] = ()


def compile_identities(
    roles: Iterable[ManagedRole], users: Iterable[ManagedUser], account_id: AccountId
) -> Identities:
    """Make what decides about requests."""
    return Identities(
        roles=tuple(compile_role(role, account_id) for role in roles),
        users=tuple(compile_user(user, account_id) for user in users),
    )


def compile_role(role: ManagedRole, account_id: AccountId) -> Role:
    """Make what decides about a role's requests."""
    return Role(
        arn=role.arn(account_id),
        role_id=role.id,
        policies=tuple(_compile_policies(role)),
        boundary=_compile_boundary(role),
        trust=parse_resource_policy(role.trust_policy),
        tags=role.tags,
        max_session_duration=role.max_session_duration,
    )


def compile_user(user: ManagedUser, account_id: AccountId) -> User:
    """Make what decides about a user's requests."""
    return User(
        arn=user.arn(account_id),
        user_id=user.id,
        policies=tuple(_compile_policies(user)),
        boundary=_compile_boundary(user),
        tags=user.tags,
        access_keys={
            key.access_key_id: key.secret_access_key if key.is_active else None
            for key in user.access_keys
        },
    )


def find_policy(arn: str) -> Policy | None:
    """Find a managed policy that can be attached: one of AWS, as no others are kept here."""
    return managed_policy(arn) if Arn.parse(arn) is not None else None


def _compile_policies(identity: ManagedIdentity) -> Iterator[Policy]:
    for name, text in identity.inline_policies.items():
        yield parse_policy(text, name=name)
    for arn in identity.attached_policies:
        policy = find_policy(arn)
        if policy is not None:
            yield policy


def _compile_boundary(identity: ManagedIdentity) -> Policy | None:
    arn = identity.permissions_boundary
    return None if arn is None else find_policy(arn)
