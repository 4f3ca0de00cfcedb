"""Everything that one project describes: what a loader gives, and what the gateway serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from routekey.ids import AccountId
from routekey.resources.api import Api, Authorizer, Integration, Model, Origin, Route, Stage
from routekey.resources.domain import DomainName
from routekey.resources.function import EventSource, Function
from routekey.resources.identity import Role, User
from routekey.resources.managed_identity import ManagedIdentities, compile_identities
from routekey.resources.service import ServiceResource
from routekey.resources.usage import ApiKey, UsagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a user should know of a project that works nevertheless."""

    text: str
    file: str | None = None
    line: int | None = None
    resource: str | None = None
    is_refused: bool = False
    """Whether AWS would refuse what is said here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """APIs, functions and identities, whatever language they were described in."""

    region: str
    account_id: AccountId
    apis: tuple[Api, ...] = ()
    functions: tuple[Function, ...] = ()
    functions_without_code: tuple[str, ...] = ()
    """Names of functions that are described and have no code that runs here: notices say why."""
    event_sources: tuple[EventSource, ...] = ()
    identities: ManagedIdentities = field(default_factory=ManagedIdentities)
    """Roles, users, groups and policies as they are described; `roles` and `users` decide."""
    api_keys: tuple[ApiKey, ...] = ()
    usage_plans: tuple[UsagePlan, ...] = ()
    domain_names: tuple[DomainName, ...] = ()
    """Custom domain names, with their API mappings."""
    services: tuple[ServiceResource, ...] = ()
    """Tables, queues and the like, which functions find in other services."""
    outputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict, hash=False, repr=False)
    """What the project tells once it is deployed, by stack and name, where somebody asked. It may
    hold secrets."""
    notices: tuple[Notice, ...] = ()
    files: tuple[str, ...] = ()
    """Absolute paths of the descriptions that were read: a change of one reloads the project."""
    file_patterns: tuple[str, ...] = ()
    """Paths with wildcards (`/folder/*.tf`): a file that appears there is a description too."""

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles, ready to decide as long as nobody edits them."""
        return compile_identities(self.identities, self.account_id).roles

    @property
    def users(self) -> tuple[User, ...]:
        """The users, likewise."""
        return compile_identities(self.identities, self.account_id).users


def with_origins(project: Project) -> Project:
    """Say of each resource that it comes from this project, where it does not say it itself.

    The control plane tells by its origin whether a resource is a project's.
    """
    place = Origin(file=project.files[0] if project.files else "project")
    return replace(
        project,
        apis=tuple(_place_api(api, place) for api in project.apis),
        functions=tuple(_place(function, place) for function in project.functions),
    )


def _place_api(api: Api, place: Origin) -> Api:
    return replace(
        _place(api, place),
        routes=tuple(_place(route, place) for route in api.routes),
        integrations=tuple(_place(integration, place) for integration in api.integrations),
        authorizers=tuple(_place(authorizer, place) for authorizer in api.authorizers),
        models=tuple(_place(model, place) for model in api.models),
        stages=tuple(_place(stage, place) for stage in api.stages),
    )


Placed = TypeVar("Placed", Api, Route, Integration, Authorizer, Model, Stage, Function)


def _place(resource: Placed, place: Origin) -> Placed:
    return resource if resource.origin is not None else replace(resource, origin=place)
