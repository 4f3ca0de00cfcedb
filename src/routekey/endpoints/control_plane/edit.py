"""One change of the account: what an operation reads and writes while it runs.

An operation is a plain function on an `Edit`. It sees what is kept with its own changes on top;
nobody else sees those before they are checked, stored and published all together. If it raises,
nothing has happened (CP-AUTHZ-09).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.ids import AccountId
from routekey.resources.domain import DomainName
from routekey.resources.managed import (
    Deployment,
    ManagedApi,
    ManagedEventSource,
    ManagedFunction,
    ManagedLayer,
    ProjectShare,
)
from routekey.resources.managed_identity import (
    ManagedGroup,
    ManagedPolicy,
    ManagedRole,
    ManagedUser,
)
from routekey.resources.usage import AccountSettings, ApiKey, UsagePlan
from routekey.resources.vpc_link import VpcLink

T = TypeVar("T")

FOLDERS: Final[Mapping[str, type[Any]]] = {
    "account": AccountSettings,
    "apikeys": ApiKey,
    "apis": ManagedApi,
    "deployments": Deployment,
    "domainnames": DomainName,
    "eventsources": ManagedEventSource,
    "functions": ManagedFunction,
    "groups": ManagedGroup,
    "layers": ManagedLayer,
    "policies": ManagedPolicy,
    "project": ProjectShare,
    "roles": ManagedRole,
    "usageplans": UsagePlan,
    "users": ManagedUser,
    "vpclinks": VpcLink,
}
"""What is kept, and the first segment of its key in the store."""

_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"

Kept = dict[type[Any], dict[str, Any]]
"""Every resource, by kind and key."""


class Edit:
    """What is kept, and changes on top of it.

    Args:
        kept: everything; it is not touched.
        region: the gateway's.
        account_id: the account's.
        now: seconds since 1970.
        entropy: gives so many unpredictable bytes.
        choices: how snapshots behave where AWS's behaviour is not known.
    """

    def __init__(
        self,
        kept: Kept,
        *,
        region: str,
        account_id: AccountId,
        now: int,
        entropy: Callable[[int], bytes],
        choices: Choices = DEFAULT_CHOICES,
    ) -> None:
        self._kept = kept
        self._entropy = entropy
        self.region = region
        self.account_id = account_id
        self.now = now
        self.choices = choices
        self.changes: dict[tuple[type[Any], str], Any] = {}
        """What is new, by kind and key; None is removed."""

    def find(self, kind: type[T], key: str) -> T | None:
        """Find a resource."""
        place = (kind, key)
        found: T | None = (
            self.changes[place] if place in self.changes else self._kept[kind].get(key)
        )
        return found

    def all(self, kind: type[T]) -> list[T]:
        """List every resource of a kind."""
        found = dict(self._kept[kind])
        found |= {key: value for (of, key), value in self.changes.items() if of is kind}
        return [value for value in found.values() if value is not None]

    def put(self, key: str, resource: object) -> None:
        """Keep a resource instead of the one under this key, if any."""
        self.changes[type(resource), key] = resource

    def remove(self, kind: type[Any], key: str) -> None:
        """Forget a resource."""
        self.changes[kind, key] = None

    def new_id(self, length: int) -> str:
        """Draw an id: lower-case letters and digits. Source: CP-ID-01 to CP-ID-09."""
        return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in self._entropy(length))

    def new_bytes(self, size: int) -> bytes:
        """Draw what nobody can guess."""
        return self._entropy(size)

    def new_uuid(self) -> str:
        """Draw a UUID."""
        return str(UUID(bytes=self._entropy(16), version=4))

    def arn(self, path: str) -> str:
        """Name a resource of the control plane. Source: CP-ARN-01."""
        return f"arn:aws:apigateway:{self.region}::/{path}"
