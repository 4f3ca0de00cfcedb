"""`AWS::ApiGatewayV2::*` resources become APIs.

All routes are taken, whatever a Deployment depends on: a template is loaded as a whole, and not in
the order in which AWS happens to make its parts (see "Traps", in-the-wild 3).
Source: CP-CFN-01.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routekey.ids import ApiId, StageName
from routekey.projects.cloudformation.properties import read_fields
from routekey.projects.cloudformation.references import Resource
from routekey.projects.notices import Notices
from routekey.resources.api import (
    AccessLogSettings,
    Api,
    Authorizer,
    Integration,
    IntegrationResponse,
    Model,
    Origin,
    Route,
    RouteResponse,
    Stage,
)

STAGE_WITHOUT_A_NAME = StageName("dev")
"""The stage of an API that has none: AWS would serve it nowhere."""

_PREFIX = "AWS::ApiGatewayV2::"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The resources of all APIs: by type, and by the id of what they are a part of."""

    by_parent: Mapping[tuple[str, str], Sequence[Resource]]

    def of(self, kind: str, parent: str) -> Sequence[Resource]:
        return self.by_parent.get((kind, parent), ())


def build_apis(
    resources: Iterable[Resource], notices: Notices, *, stage: str | None = None
) -> tuple[Api, ...]:
    """Build the WebSocket APIs of a project.

    Args:
        resources: every resource of the project; those of other services are passed over.
        notices: takes what is left out, and why.
        stage: the name for the stage of an API that has none.

    Raises:
        ProjectError: a property is missing or wrong, or a route's target is not there.
    """
    apis: dict[str, Resource] = {}
    parts: defaultdict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in resources:
        if resource.type == "AWS::ApiGateway::RestApi":
            notices.add("is a REST API; only WebSocket APIs are served", resource.place)
        elif resource.type == f"{_PREFIX}Api":
            _add_api(apis, resource)
        elif resource.type in _PARENTS:
            parent = resource.properties.text(_PARENTS[resource.type])
            parts[resource.type.removeprefix(_PREFIX), parent].append(resource)
    _report_orphans(parts, apis, notices)
    sorted_parts = _Parts(parts)
    return tuple(
        _build_api(ApiId(api_id), api, sorted_parts, notices, StageName(stage or ""))
        for api_id, api in apis.items()
        if _is_websocket(api, notices)
    )


def _add_api(apis: dict[str, Resource], api: Resource) -> None:
    api_id = api.reference()
    if (other := apis.setdefault(api_id, api)) is not api:
        raise api.place.error(f"the API id {api_id} is also that of {other.logical_id}")


_PARENTS = {
    f"{_PREFIX}Authorizer": "ApiId",
    f"{_PREFIX}Deployment": "ApiId",
    f"{_PREFIX}Integration": "ApiId",
    f"{_PREFIX}IntegrationResponse": "IntegrationId",
    f"{_PREFIX}Model": "ApiId",
    f"{_PREFIX}Route": "ApiId",
    f"{_PREFIX}RouteResponse": "RouteId",
    f"{_PREFIX}Stage": "ApiId",
}


def _is_websocket(api: Resource, notices: Notices) -> bool:
    if api.properties.text("ProtocolType", "HTTP") == "WEBSOCKET":
        return True
    notices.add("is an HTTP API; only WebSocket APIs are served", api.place)
    return False


def _build_api(
    api_id: ApiId, api: Resource, parts: _Parts, notices: Notices, stage: StageName
) -> Api:
    integrations = tuple(
        _build_integration(part, parts) for part in parts.of("Integration", api_id)
    )
    routes = parts.of("Route", api_id)
    _check_targets(routes, integrations)
    _report_doubles(routes, notices)
    return read_fields(
        Api,
        api.properties,
        api_id=api_id,
        name=api.properties.text("Name", api.logical_id),
        routes=tuple(_build_route(route, parts) for route in routes),
        integrations=integrations,
        authorizers=tuple(
            read_fields(
                Authorizer,
                part.properties,
                authorizer_id=part.reference(),
                origin=_origin(part),
            )
            for part in parts.of("Authorizer", api_id)
        ),
        models=tuple(
            read_fields(Model, part.properties, model_id=part.reference(), origin=_origin(part))
            for part in parts.of("Model", api_id)
        ),
        stages=_build_stages(api_id, api, parts, notices, stage),
        origin=_origin(api),
    )


def _build_route(route: Resource, parts: _Parts) -> Route:
    responses = tuple(
        read_fields(RouteResponse, part.properties, route_response_id=part.reference())
        for part in parts.of("RouteResponse", route.reference())
    )
    return read_fields(
        Route,
        route.properties,
        route_id=route.reference(),
        responses=responses,
        origin=_origin(route),
    )


def _build_integration(integration: Resource, parts: _Parts) -> Integration:
    responses = tuple(
        read_fields(IntegrationResponse, part.properties, integration_response_id=part.reference())
        for part in parts.of("IntegrationResponse", integration.reference())
    )
    properties = integration.properties
    return read_fields(
        Integration,
        properties,
        integration_id=integration.reference(),
        tls_server_name_to_verify=properties.inner("TlsConfig").optional_text("ServerNameToVerify"),
        responses=responses,
        origin=_origin(integration),
    )


def _build_stages(
    api_id: ApiId, api: Resource, parts: _Parts, notices: Notices, stage: StageName
) -> tuple[Stage, ...]:
    stages = [_build_stage(part) for part in parts.of("Stage", api_id)]
    if stages:
        return tuple(stages)
    names = [
        StageName(part.properties.text("StageName"))
        for part in parts.of("Deployment", api_id)
        if "StageName" in part.properties
    ]
    name = stage or (names[0] if names else STAGE_WITHOUT_A_NAME)
    notices.add(
        f"has no stage, and could not be called on AWS; it is served as {name}. Give it one, or "
        f"name it: --stage {name}",
        api.place,
    )
    return (Stage(stage_name=name, origin=_origin(api)),)


def _build_stage(stage: Resource) -> Stage:
    properties = stage.properties
    settings = properties.inner("AccessLogSettings")
    is_logged = "DestinationArn" in settings and "Format" in settings
    return read_fields(
        Stage,
        properties,
        access_log_settings=read_fields(AccessLogSettings, settings) if is_logged else None,
        origin=_origin(stage),
    )


def _check_targets(routes: Iterable[Resource], integrations: Iterable[Integration]) -> None:
    known = {f"integrations/{integration.integration_id}" for integration in integrations}
    for route in routes:
        target = route.properties.optional_text("Target")
        if target and target not in known:
            place = route.properties.place / "Target"
            raise place.error(
                f"the target {target} is not an integration of this API",
                "A target reads integrations/ID, with the id of an integration",
            )


def _report_doubles(routes: Iterable[Resource], notices: Notices) -> None:
    seen: set[str] = set()
    for route in routes:
        key = route.properties.text("RouteKey")
        if key in seen:
            notices.add(f"the route {key} is declared twice; this one counts", route.place)
        seen.add(key)


def _report_orphans(
    parts: Mapping[tuple[str, str], Sequence[Resource]],
    apis: Mapping[str, Resource],
    notices: Notices,
) -> None:
    """Name the parts of APIs that are not in this project."""
    for (kind, parent), resources in parts.items():
        if _PARENTS[f"{_PREFIX}{kind}"] == "ApiId" and parent not in apis:
            for resource in resources:
                notices.add(f"is a part of the API {parent}, which is not here", resource.place)


def _origin(resource: Resource) -> Origin:
    return resource.place.origin()
