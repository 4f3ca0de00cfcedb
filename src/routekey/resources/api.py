"""What an API is made of, as the control plane edits it.

Names and defaults are those of the `apigatewayv2` service model in snake case, so that a resource's
members on the wire are derived from its fields. Nothing here is compiled: see `snapshot.py`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from routekey.errors import InputError
from routekey.ids import ApiId, RouteKey, StageName

CONNECT: Final = RouteKey("$connect")
DISCONNECT: Final = RouteKey("$disconnect")
CALLER: Final = "arn:aws:iam::*:user/*"
"""In place of a role: whoever opened the connection is who calls. Source: DP-INT-07."""
DEFAULT: Final = RouteKey("$default")


class AuthorizationType(StrEnum):
    """Who may open a connection; only `$connect` is ever checked (DP-AUT-01)."""

    NONE = "NONE"
    AWS_IAM = "AWS_IAM"
    CUSTOM = "CUSTOM"


class IntegrationType(StrEnum):
    """Whom a route asks. Source: DP-INT-01."""

    AWS = "AWS"
    AWS_PROXY = "AWS_PROXY"
    HTTP = "HTTP"
    HTTP_PROXY = "HTTP_PROXY"
    MOCK = "MOCK"


class PassthroughBehavior(StrEnum):
    """What happens to a message for which no template matches. Source: DP-INT-46."""

    WHEN_NO_MATCH = "WHEN_NO_MATCH"
    WHEN_NO_TEMPLATES = "WHEN_NO_TEMPLATES"
    NEVER = "NEVER"


class ContentHandling(StrEnum):
    """How payloads change between text and bytes. Source: DP-INT-58."""

    CONVERT_TO_BINARY = "CONVERT_TO_BINARY"
    CONVERT_TO_TEXT = "CONVERT_TO_TEXT"


class LoggingLevel(StrEnum):
    """How much the execution log says. Source: DP-MON-17."""

    OFF = "OFF"
    ERROR = "ERROR"
    INFO = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a resource was written, for messages to people."""

    file: str
    line: int | None = None
    """1-based."""
    logical_id: str | None = None


@contextmanager
def placed(origin: Origin | None) -> Iterator[None]:
    """Give an `InputError` the place of the resource that is read inside, where it has none."""
    try:
        yield
    except InputError as error:
        if error.file is None and origin is not None:
            error.file, error.line = origin.file, origin.line
            error.resource = error.resource or origin.logical_id
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationResponse:
    """What becomes of a backend's answer. Source: DP-INT-52 to DP-INT-55."""

    integration_response_key: str
    """`$default`, or a pattern between slashes."""
    integration_response_id: str = ""
    response_templates: Mapping[str, str] = field(default_factory=dict)
    response_parameters: Mapping[str, str] = field(default_factory=dict)
    template_selection_expression: str | None = None
    content_handling_strategy: ContentHandling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """The backend of one or more routes."""

    integration_id: str
    integration_type: IntegrationType
    integration_uri: str = ""
    integration_method: str = "POST"
    credentials_arn: str | None = None
    """A role, or `CALLER`; None leaves it to the function's own policy (DP-INT-07)."""
    connection_type: str = "INTERNET"
    connection_id: str | None = None
    """A VPC link, which is treated as plain HTTP (DP-UNK-32)."""
    passthrough_behavior: PassthroughBehavior = PassthroughBehavior.WHEN_NO_MATCH
    content_handling_strategy: ContentHandling | None = None
    request_parameters: Mapping[str, str] = field(default_factory=dict)
    request_templates: Mapping[str, str] = field(default_factory=dict)
    template_selection_expression: str | None = None
    timeout_in_millis: int = 29_000
    tls_server_name_to_verify: str | None = None
    description: str = ""
    responses: tuple[IntegrationResponse, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteResponse:
    """Its presence makes a route two-way; models on it have no effect. Source: DP-INT-11."""

    route_response_key: str = "$default"
    route_response_id: str = ""
    model_selection_expression: str | None = None
    response_models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which messages go where."""

    route_id: str
    route_key: RouteKey
    target: str | None = None
    """`integrations/{integration_id}`; None answers no message (DP-INT-09)."""
    authorization_type: AuthorizationType = AuthorizationType.NONE
    authorizer_id: str | None = None
    api_key_required: bool = False
    operation_name: str | None = None
    model_selection_expression: str | None = None
    request_models: Mapping[str, str] = field(default_factory=dict)
    request_parameters: Mapping[str, bool] = field(default_factory=dict)
    """`route.request.querystring.x` → whether it is required (DP-INT-49)."""
    route_response_selection_expression: str | None = None
    responses: tuple[RouteResponse, ...] = ()
    origin: Origin | None = None

    @property
    def integration_id(self) -> str | None:
        """The id of the integration behind this route."""
        prefix = "integrations/"
        if self.target is None or not self.target.startswith(prefix):
            return None
        return self.target[len(prefix) :]

    @property
    def is_two_way(self) -> bool:
        """Whether the integration's answer goes back (DP-INT-11, DP-INT-12)."""
        return bool(self.responses) or bool(self.route_response_selection_expression)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """A Lambda function that decides who may connect. Source: DP-AUT-02."""

    authorizer_id: str
    name: str
    authorizer_uri: str
    identity_source: tuple[str, ...] = ()
    authorizer_credentials_arn: str | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A JSON schema, draft 4, for message bodies. Source: DP-RTE-20."""

    model_id: str
    name: str
    schema: str
    """JSON text."""
    content_type: str = "application/json"
    description: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSettings:
    """Throttling and logging of a stage, or of one of its routes. Source: DP-LIM-11, DP-MON-17."""

    data_trace_enabled: bool = False
    detailed_metrics_enabled: bool = False
    logging_level: LoggingLevel = LoggingLevel.OFF
    throttling_burst_limit: int | None = None
    throttling_rate_limit: float | None = None
    """Requests per second; 0 lets nothing pass (DP-HSK-17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLogSettings:
    """Where and how access is logged. Source: DP-MON-11."""

    destination_arn: str
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A name under which a deployment is served."""

    stage_name: StageName
    deployment_id: str | None = None
    auto_deploy: bool = False
    stage_variables: Mapping[str, str] = field(default_factory=dict)
    default_route_settings: RouteSettings = RouteSettings()
    route_settings: Mapping[str, RouteSettings] = field(default_factory=dict)
    """By route key, `$connect` included."""
    access_log_settings: AccessLogSettings | None = None
    client_certificate_id: str | None = None
    description: str = ""
    origin: Origin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """A WebSocket API with everything that a deployment freezes, and its stages."""

    api_id: ApiId
    name: str
    route_selection_expression: str
    api_key_selection_expression: str = "$request.header.x-api-key"
    disable_execute_api_endpoint: bool = False
    disable_schema_validation: bool = False
    """Whether models that do not hold are passed over by a deployment. Source: CP-API-07."""
    description: str = ""
    version: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    """The last of two with one key wins."""
    integrations: tuple[Integration, ...] = ()
    authorizers: tuple[Authorizer, ...] = ()
    models: tuple[Model, ...] = ()
    stages: tuple[Stage, ...] = ()
    origin: Origin | None = None
