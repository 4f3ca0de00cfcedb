"""Who may do what: roles, users and the keys that they sign with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routekey.languages.iam import Policy
from routekey.languages.sigv4 import derive_signing_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An IAM role with all its policies, managed and inline."""

    arn: str
    """`arn:aws:iam::{account}:role/{path}{name}`."""
    role_id: str
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    trust: Policy | None = None
    """Who may take the role. None is not known: then only API Gateway itself may."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """`aws:PrincipalTag/{key}` of its sessions."""
    max_session_duration: int = 3600
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An IAM user with all his policies, those of his groups included."""

    arn: str
    user_id: str
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """`aws:PrincipalTag/{key}`."""
    access_keys: Mapping[str, str | None] = field(default_factory=dict, hash=False, repr=False)
    """The secrets of his keys, by id; None for a key that is switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever signed a request."""

    arn: str
    """A user, `…:assumed-role/{role}/{session}`, or the account's root."""
    account: str
    user_id: str
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session_policies: tuple[Policy, ...] = ()
    """They narrow what the policies give; empty narrows nothing."""
    role_arn: str | None = None
    """Of a session: its role, with the path that the session's ARN lacks."""
    issued_ms: int | None = None
    """When a session began, in milliseconds since 1970; None for who has lasting keys."""
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The role's or user's, under those of the session."""
    is_administrator: bool = False
    """Whether everything is allowed, unasked: the developer himself under `run`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a request can be signed with."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    principal: Principal
    session_token: str | None = field(default=None, repr=False)
    """Set on temporary credentials, which are only good together with it."""
    expires_ms: int | None = None
    """Milliseconds since 1970; None never expires."""

    def find_signing_key(self, date: str, region: str, service: str) -> bytes | None:
        """Derive the key that signs on a day, in a region, for a service."""
        return derive_signing_key(self.secret_access_key, date, region, service)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCredential(Credential):
    """A credential whose secret is not kept: only the signing keys that were derived from it."""

    secret_access_key: str = field(default="", init=False, repr=False)
    signing_keys: Mapping[tuple[str, str, str], bytes] = field(hash=False, repr=False)
    """By day (`yyyymmdd`), region and service."""

    def find_signing_key(self, date: str, region: str, service: str) -> bytes | None:
        """Find the key that signs on a day, in a region, for a service."""
        return self.signing_keys.get((date, region, service))
