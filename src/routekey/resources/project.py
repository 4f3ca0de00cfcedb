"""Everything that one project describes: what a loader gives, and what the gateway serves."""

from dataclasses import dataclass

from routekey.ids import AccountId
from routekey.resources.api import Api
from routekey.resources.domain import DomainName
from routekey.resources.function import Function
from routekey.resources.identity import Role, User
from routekey.resources.service import ServiceResource
from routekey.resources.usage import ApiKey, UsagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a user should know of a project that works nevertheless."""

    text: str
    file: str | None = None
    line: int | None = None
    resource: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """APIs, functions and identities, whatever language they were described in."""

    region: str
    account_id: AccountId
    apis: tuple[Api, ...] = ()
    functions: tuple[Function, ...] = ()
    roles: tuple[Role, ...] = ()
    users: tuple[User, ...] = ()
    api_keys: tuple[ApiKey, ...] = ()
    usage_plans: tuple[UsagePlan, ...] = ()
    domain_names: tuple[DomainName, ...] = ()
    """Custom domain names, with their API mappings."""
    services: tuple[ServiceResource, ...] = ()
    """Tables, queues and the like, which functions find in other services."""
    notices: tuple[Notice, ...] = ()
    files: tuple[str, ...] = ()
    """Absolute paths of the descriptions that were read: a change of one reloads the project."""
    file_patterns: tuple[str, ...] = ()
    """Paths with wildcards (`/folder/*.tf`): a file that appears there is a description too."""
