"""IAM users, roles, groups and policies as they are edited: policies as the texts that were given.

A project describes them in this form too. What decides about requests are `identity.User` and
`identity.Role`, made from these.
"""

import json
from base64 import b32encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from typing import TypeAlias

from routekey.arn import Arn
from routekey.ids import AccountId
from routekey.languages.iam import (
    Policy,
    managed_documents,
    managed_policy,
    parse_policy,
    parse_resource_policy,
)
from routekey.resources.identity import Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What a user signs with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    create_date: int = 0
    """Seconds since 1970, as all dates here; 0 in a project, whose files know no dates."""
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedUser:
    """A user."""

    name: str
    id: str
    path: str = "/"
    create_date: int = 0
    inline_policies: Mapping[str, str] = field(default_factory=dict)
    """By name, JSON text."""
    attached_policies: tuple[str, ...] = ()
    """ARNs of managed policies: AWS's, and the account's own."""
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    access_keys: tuple[AccessKey, ...] = ()
    groups: tuple[str, ...] = ()
    """By name; he has their policies."""
    described: "ManagedUser | None" = None
    """As a project described him last, to tell its news from what was edited through the API."""

    def arn(self, account_id: AccountId) -> str:
        """Name it as policies do."""
        return f"arn:aws:iam::{account_id}:user{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRole:
    """A role."""

    name: str
    id: str
    path: str = "/"
    create_date: int = 0
    inline_policies: Mapping[str, str] = field(default_factory=dict)
    attached_policies: tuple[str, ...] = ()
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    trust_policy: str | None = None
    """JSON text; None is not known, see `identity.Role.trust`."""
    description: str = ""
    max_session_duration: int = 3600
    """Seconds."""
    described: "ManagedRole | None" = None
    """As a project described it last; so with groups and policies."""

    def arn(self, account_id: AccountId) -> str:
        """Name it as policies do."""
        return f"arn:aws:iam::{account_id}:role{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedGroup:
    """A group: what its users may all do."""

    name: str
    id: str
    path: str = "/"
    create_date: int = 0
    inline_policies: Mapping[str, str] = field(default_factory=dict)
    attached_policies: tuple[str, ...] = ()
    described: "ManagedGroup | None" = None

    def arn(self, account_id: AccountId) -> str:
        """Name it as policies do."""
        return f"arn:aws:iam::{account_id}:group{self.path}{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One version of a policy; its text never changes."""

    number: int
    document: str
    """JSON text."""
    create_date: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPolicy:
    """A policy of the account's own, which is attached by its ARN."""

    name: str
    id: str
    path: str = "/"
    create_date: int = 0
    document: str
    """JSON text of the default version: the one that counts."""
    version: int = 1
    """Its number."""
    version_date: int = 0
    """When it was made."""
    other_versions: tuple[PolicyVersion, ...] = ()
    """By number."""
    versions_made: int = 1
    """How many ever were: no number is given twice."""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    described: "ManagedPolicy | None" = None

    @property
    def versions(self) -> tuple[PolicyVersion, ...]:
        """All versions, the newest first."""
        default = PolicyVersion(
            number=self.version, document=self.document, create_date=self.version_date
        )
        versions = (*self.other_versions, default)
        return tuple(sorted(versions, key=lambda one: one.number, reverse=True))

    def with_version(self, document: str, now: int) -> "ManagedPolicy":
        """Add a version, which does not count yet."""
        number = self.versions_made + 1
        made = PolicyVersion(number=number, document=document, create_date=now)
        return replace(self, other_versions=(*self.other_versions, made), versions_made=number)

    def with_default(self, number: int) -> "ManagedPolicy":
        """Let another version count. It has to be there."""
        (chosen,) = (one for one in self.versions if one.number == number)
        others = tuple(one for one in reversed(self.versions) if one is not chosen)
        return replace(
            self,
            document=chosen.document,
            version=number,
            version_date=chosen.create_date,
            other_versions=others,
        )

    def arn(self, account_id: AccountId) -> str:
        """Name it as those do that attach it."""
        return f"arn:aws:iam::{account_id}:policy{self.path}{self.name}"


ManagedIdentity: TypeAlias = ManagedUser | ManagedRole | ManagedGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedIdentities:
    """Everybody of an account, and the policies that they share."""

    roles: tuple[ManagedRole, ...] = ()
    users: tuple[ManagedUser, ...] = ()
    groups: tuple[ManagedGroup, ...] = ()
    policies: tuple[ManagedPolicy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """Everybody of an account, ready to be asked."""

    roles: tuple[Role, ...] = ()
    users: tuple[User, ...] = ()


def compile_identities(managed: ManagedIdentities, account_id: AccountId) -> Identities:
    """Make what decides about requests."""
    own = {policy.arn(account_id): policy for policy in managed.policies}
    policies = _Policies(
        own={arn: parse_policy(one.document, name=arn) for arn, one in own.items()},
        groups={group.name: group for group in managed.groups},
    )
    return Identities(
        roles=tuple(_compile_role(role, policies, account_id) for role in managed.roles),
        users=tuple(_compile_user(user, policies, account_id) for user in managed.users),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Policies:
    """What identities have their policies from, besides themselves."""

    own: Mapping[str, Policy]
    """The account's, by ARN."""
    groups: Mapping[str, ManagedGroup]
    """By name."""

    def of(self, identity: ManagedIdentity) -> Iterator[Policy]:
        """Give all policies of an identity. What is attached and gone allows nothing."""
        for name, text in identity.inline_policies.items():
            yield parse_policy(text, name=name)
        for arn in identity.attached_policies:
            policy = self._find(arn)
            if policy is not None:
                yield policy
        if isinstance(identity, ManagedUser):
            for name in identity.groups:
                if (group := self.groups.get(name)) is not None:
                    yield from self.of(group)

    def boundary(self, identity: ManagedUser | ManagedRole) -> Policy | None:
        """Give the permissions boundary of an identity. One that is gone allows nothing."""
        arn = identity.permissions_boundary
        return None if arn is None else self._find(arn) or Policy(name=arn)

    def _find(self, arn: str) -> Policy | None:
        return self.own.get(arn) or managed_policy(arn)


def _compile_role(role: ManagedRole, policies: _Policies, account_id: AccountId) -> Role:
    trust = role.trust_policy
    return Role(
        arn=role.arn(account_id),
        role_id=role.id,
        policies=tuple(policies.of(role)),
        boundary=policies.boundary(role),
        trust=None if trust is None else parse_resource_policy(trust),
        tags=role.tags,
        max_session_duration=role.max_session_duration,
    )


def _compile_user(user: ManagedUser, policies: _Policies, account_id: AccountId) -> User:
    return User(
        arn=user.arn(account_id),
        user_id=user.id,
        policies=tuple(policies.of(user)),
        boundary=policies.boundary(user),
        tags=user.tags,
        access_keys={
            key.access_key_id: key.secret_access_key if key.is_active else None
            for key in user.access_keys
        },
    )


def find_policy(arn: str) -> Policy | None:
    """Find a managed policy of AWS that can be attached."""
    return managed_policy(arn) if Arn.parse(arn) is not None else None


@cache
def aws_policies() -> Mapping[str, ManagedPolicy]:
    """Give the managed policies of AWS whose text we have, by ARN.

    AWS's ids, version numbers and dates are not known here: each has an id of the right form and
    one version, of 1970.
    """
    made = [
        ManagedPolicy(
            name=name,
            id=f"ANPA{b32encode(sha256(name.encode()).digest())[:17].decode('ascii')}",
            path=f"/{folder}{slash}",
            document=json.dumps(document),
        )
        for path, document in managed_documents().items()
        for folder, slash, name in (path.rpartition("/"),)
    ]
    return {policy.arn(AccountId("aws")): policy for policy in made}
