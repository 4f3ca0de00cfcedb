"""Resources as the control plane keeps them: what is served, and what is only kept.

`api.py` holds what a gateway needs to serve an API. Whoever manages one by program expects to read
back everything that he wrote, and when it was made: these types add that and nothing else. Their
defaults are those that AWS fills in (CP-RESP-03).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from routekey.ids import ApiId
from routekey.resources.api import (
    Api,
    Authorizer,
    Integration,
    IntegrationResponse,
    Route,
    RouteResponse,
    Stage,
)
from routekey.resources.domain import DomainName
from routekey.resources.function import Code, EventSource, Function
from routekey.resources.usage import ApiKey, UsagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRouteResponse(RouteResponse):
    """A route response. Source: CP-ROUTE-09."""

    response_parameters: Mapping[str, bool] = field(default_factory=dict)
    """Kept without effect, as its models are (DP-INT-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedRoute(Route):
    """A route. Source: CP-ROUTE-04."""

    authorization_scopes: tuple[str, ...] = ()
    """For JWT authorizers, which WebSocket APIs do not have."""
    responses: tuple[ManagedRouteResponse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedIntegration(Integration):
    """An integration. Source: CP-INT-01."""

    payload_format_version: str = "1.0"
    integration_subtype: str | None = None
    """For HTTP APIs; kept without effect, as the next one."""
    response_parameters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    responses: tuple[IntegrationResponse, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedAuthorizer(Authorizer):
    """An authorizer. Source: CP-AUTHZ-08."""

    identity_validation_expression: str | None = None
    """Kept; without effect for WebSocket APIs (DP-AUT-04)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedStage(Stage):
    """A stage. Source: CP-RESP-03."""

    created_date: int
    """Seconds since 1970, as all dates here."""
    last_updated_date: int
    last_deployment_status_message: str | None = None
    """What became of the last automatic deployment (CP-DEPLOY-05)."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedApi(Api):
    """An API as it is edited: nothing of it is served before it is deployed (CP-DEPLOY-01)."""

    created_date: int
    ip_address_type: str = "ipv4"
    routes: tuple[ManagedRoute, ...] = ()
    integrations: tuple[ManagedIntegration, ...] = ()
    authorizers: tuple[ManagedAuthorizer, ...] = ()
    stages: tuple[ManagedStage, ...] = ()
    is_from_project: bool = False
    """Whether a project describes it."""
    described: Api | None = None
    """As the project described it last, to tell its news from what was edited through the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPermission:
    """One statement of a layer version's policy, kept without effect."""

    statement_id: str
    principal: str
    action: str
    organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVersion:
    """A layer as it was published once. Source: LAM-ENV-06."""

    version: int
    code: Code
    code_sha256: str
    code_size: int
    created_date: int
    description: str = ""
    compatible_architectures: tuple[str, ...] = ()
    """Kept without effect, as the next two."""
    compatible_runtimes: tuple[str, ...] = ()
    license_info: str | None = None
    permissions: tuple[LayerPermission, ...] = ()
    policy_revision_id: str = ""
    """A UUID, another one after each change of the permissions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedLayer:
    """A layer with its versions."""

    layer_name: str
    versions: tuple[LayerVersion, ...] = ()
    """By number."""
    versions_published: int = 0
    """How many ever were, deleted ones too."""

    def find_version(self, number: int) -> LayerVersion | None:
        """Find a version."""
        return next((one for one in self.versions if one.version == number), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReference:
    """What a function tells of one of its layers."""

    arn: str
    code_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedFunction(Function):
    """A function, with what Lambda tells of one and running it does not need."""

    code_sha256: str
    """Base64, of the zip file; empty where a project's folder is the code."""
    code_size: int
    last_modified: int
    """Seconds since 1970."""
    revision_id: str
    """A UUID, another one after each change."""
    architectures: tuple[str, ...] = ("x86_64",)
    """Kept without effect, as what follows down to `tracing_mode`."""
    ephemeral_storage_mb: int = 512
    file_system_configs: tuple[Mapping[str, str | Mapping[str, str]], ...] = ()
    is_ipv6_allowed: bool = False
    kms_key_arn: str = ""
    log_group: str = ""
    security_group_ids: tuple[str, ...] = ()
    snap_start_apply_on: str = "None"
    subnet_ids: tuple[str, ...] = ()
    system_log_level: str = "INFO"
    tracing_mode: str = "PassThrough"
    tags: Mapping[str, str] = field(default_factory=dict)
    alias_descriptions: Mapping[str, str] = field(default_factory=dict)
    """By alias."""
    versions: tuple["ManagedFunction", ...] = ()
    """Published, by number; what all versions share is told of the function only."""
    layer_references: tuple[LayerReference, ...] = ()
    """Of the layers that came through the API, which stay when their versions are deleted."""
    versions_published: int = 0
    """How many ever were, deleted ones too: no number is given twice."""
    described: Function | None = None
    """As a project described it last, to tell its news from what was edited through the API."""

    def list_callable(self) -> Iterator["ManagedFunction"]:
        """List what can be called: `$LATEST` and what was published, each with what they share."""
        yield replace(self, versions=())
        for version in self.versions:
            yield replace(
                version,
                alias_weights=self.alias_weights,
                aliases=self.aliases,
                permissions=self.permissions,
                reserved_concurrent_executions=self.reserved_concurrent_executions,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedEventSource(EventSource):
    """An event source mapping."""

    uuid: str
    last_modified: int = 0
    """Seconds since 1970."""
    is_enabled: bool = True
    bisect_batch_on_function_error: bool | None = None
    """Kept without effect, as what follows."""
    kept: Mapping[str, object] = field(default_factory=dict)
    """Further members, by Lambda's names in snake case."""
    maximum_batching_window_in_seconds: int = 0
    maximum_record_age_in_seconds: int | None = None
    maximum_retry_attempts: int | None = None
    parallelization_factor: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    tumbling_window_in_seconds: int | None = None

    def as_read(self) -> EventSource:
        """Leave out what reading it does not need."""
        return EventSource(
            function_name=self.function_name,
            event_source_arn=self.event_source_arn,
            batch_size=self.batch_size,
            starting_position=self.starting_position,
            is_partial=self.is_partial,
            filter_patterns=self.filter_patterns,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectShare:
    """What a project described last that bears no origin: it goes when the project drops it."""

    described_keys: tuple[ApiKey, ...] = ()
    described_plans: tuple[UsagePlan, ...] = ()
    described_domains: tuple[DomainName, ...] = ()
    described_sources: tuple[ManagedEventSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """An API as it was at one moment. Source: CP-DEPLOY-01, CP-DEPLOY-04."""

    deployment_id: str
    api: ManagedApi
    """Frozen. Its stages are not part of it: stage settings apply without a deployment."""
    created_date: int
    description: str = ""
    auto_deployed: bool = False
    is_from_project: bool = False

    @property
    def key(self) -> str:
        """What it is found by among all deployments."""
        return deployment_key(self.api.api_id, self.deployment_id)


def deployment_key(api_id: ApiId, deployment_id: str) -> str:
    """Tell what a deployment is found by: its own id is one of its API's only."""
    return f"{api_id}/{deployment_id}"
