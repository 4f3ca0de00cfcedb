"""The frozen, compiled view of a deployment: all that the data plane ever reads.

Made from an `Api` and one of its stages when a project is loaded or a stage deployed. Everything
that can be decided then is decided then (expressions parsed, targets found, the constant head of
each event rendered), so that a message only looks things up. Whatever does not compile raises an
`InputError` that names its place, and the snapshot that served before goes on serving.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from routekey.arn import route_arn
from routekey.choices import DEFAULT_CHOICES, Choices
from routekey.errors import InputError, ProjectError
from routekey.ids import AccountId, ApiId, StageName
from routekey.languages.json_schema import Schema, compile_schema
from routekey.languages.selection import compile_route_selector
from routekey.resources.api import (
    CONNECT,
    DEFAULT,
    DISCONNECT,
    Api,
    Authorizer,
    Integration,
    IntegrationType,
    Model,
    Route,
    RouteSettings,
    Stage,
    placed,
)
from routekey.resources.integration_plan import IntegrationPlan, compile_plan
from routekey.resources.integration_uri import (
    FunctionTarget,
    IntegrationTarget,
    fill_stage_variables,
    parse_integration_uri,
)

_PROXIES: Final = frozenset({IntegrationType.AWS_PROXY, IntegrationType.HTTP_PROXY})


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSnapshot:
    """One route, ready to run."""

    route: Route
    integration: Integration | None
    """None answers a message with an error (DP-INT-09) and lets a `$connect` pass (DP-HSK-04)."""
    target: IntegrationTarget | None
    """None for MOCK, which asks nobody."""
    credentials_arn: str | None
    arn: str
    """The route's own, as permissions and policies name it."""
    is_two_way: bool
    event_head: bytes
    """Where a MESSAGE event begins: stage variables, if any, and the route key."""
    plan: IntegrationPlan | None
    """What the integration maps; None for a Lambda proxy, and where there is no integration."""
    select_model: Callable[[bytes], str] | None
    """The model selection expression; None selects `$default` (DP-RTE-20)."""
    models: Mapping[str, Schema]
    """By key; empty validates nothing."""
    authorizer: Authorizer | None
    settings: RouteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A stage as it is deployed."""

    api: Api
    stage: Stage
    region: str
    account_id: AccountId
    domain_name: str
    """`{apiId}.execute-api.{region}.amazonaws.com`."""
    select_route_key: Callable[[bytes], str]
    """The API's route selection expression: a message's bytes in, a string out, never raising."""
    routes: Mapping[str, RouteSnapshot]
    """What a message can reach, by route key: `$default`, but not `$connect` or `$disconnect`."""
    connect: RouteSnapshot | None
    disconnect: RouteSnapshot | None
    requires_keys: bool
    """Whether a route asks for an API key: else `x-api-key` is a header of the client's own."""
    stage_variables_json: bytes
    """`"stageVariables":{…},`, or nothing where the stage has none (DP-EVT-01)."""
    choices: Choices
    """How it behaves where AWS's behaviour is not known."""

    @property
    def api_id(self) -> ApiId:
        """The API's id."""
        return self.api.api_id

    @property
    def stage_name(self) -> StageName:
        """The stage's name."""
        return self.stage.stage_name


def execute_api_domain(api_id: ApiId, region: str) -> str:
    """Name the host under which AWS would serve an API. Source: DP-URL-01."""
    return f"{api_id}.execute-api.{region}.amazonaws.com"


def compile_snapshot(
    api: Api,
    stage: Stage,
    *,
    region: str,
    account_id: AccountId,
    choices: Choices = DEFAULT_CHOICES,
) -> Snapshot:
    """Compile what a stage serves.

    Raises:
        InputError: an expression, URI or reference of the API does not hold.
    """
    variables = dict(stage.stage_variables)
    variables_json = b'"stageVariables":' + orjson.dumps(variables) + b"," if variables else b""
    compiled: dict[str, RouteSnapshot] = {}
    for route in api.routes:  # the last of two with one key wins
        with placed(route.origin):
            compiled[route.route_key] = _compile_route(
                api, stage, route, variables_json, choices, region=region, account_id=account_id
            )
    connect = compiled.pop(CONNECT, None)
    disconnect = compiled.pop(DISCONNECT, None)
    with placed(api.origin):
        select_route_key = compile_route_selector(
            api.route_selection_expression, is_text_only=choices.route_value == "text"
        )
    return Snapshot(
        api=api,
        stage=stage,
        region=region,
        account_id=account_id,
        domain_name=execute_api_domain(api.api_id, region),
        select_route_key=select_route_key,
        routes=compiled,
        connect=connect,
        disconnect=disconnect,
        requires_keys=any(
            each.route.api_key_required for each in (connect, *compiled.values()) if each
        ),
        stage_variables_json=variables_json,
        choices=choices,
    )


def _compile_route(
    api: Api,
    stage: Stage,
    route: Route,
    variables_json: bytes,
    choices: Choices,
    *,
    region: str,
    account_id: AccountId,
) -> RouteSnapshot:
    if route.route_key.startswith("$") and route.route_key not in {CONNECT, DISCONNECT, DEFAULT}:
        raise _route_error(
            route,
            f"the route key {route.route_key!r} begins with '$'",
            "Only $connect, $disconnect and $default may (DP-RTE-19).",
        )
    integration = _find_integration(api, route)
    return RouteSnapshot(
        route=route,
        integration=integration,
        target=None if integration is None else _find_target(route, integration, stage),
        credentials_arn=None
        if integration is None or integration.credentials_arn is None
        else fill_stage_variables(integration.credentials_arn, stage.stage_variables),
        arn=route_arn(region, account_id, api.api_id, stage.stage_name, route.route_key),
        is_two_way=_is_two_way(route, choices),
        event_head=b"{"
        + variables_json
        + b'"requestContext":{"routeKey":'
        + orjson.dumps(route.route_key)
        + b",",
        plan=None if integration is None else compile_plan(integration, choices),
        select_model=compile_route_selector(route.model_selection_expression)
        if route.model_selection_expression
        else None,
        models={}
        if integration is not None and _is_unvalidated(integration, choices)
        else _compile_models(api, route),
        authorizer=_find_authorizer(api, route),
        settings=stage.route_settings.get(route.route_key, stage.default_route_settings),
    )


def _is_two_way(route: Route, choices: Choices) -> bool:
    """Tell whether the integration's answer goes back (DP-INT-11, DP-UNK-08)."""
    if choices.response_expression_alone == "one-way":
        return bool(route.responses)
    return route.is_two_way


def _is_unvalidated(integration: Integration, choices: Choices) -> bool:
    """Tell whether models mean nothing to an integration (DP-UNK-28)."""
    return choices.proxy_models == "ignore" and integration.integration_type in _PROXIES


def _find_integration(api: Api, route: Route) -> Integration | None:
    if route.target is None:
        return None
    wanted = route.integration_id
    for integration in api.integrations:
        if integration.integration_id == wanted:
            return integration
    raise _route_error(
        route,
        f"the target {route.target!r} is no integration of this API",
        "Write it as integrations/{IntegrationId}, with the id of an integration that exists.",
    )


def _find_target(route: Route, integration: Integration, stage: Stage) -> IntegrationTarget | None:
    if integration.integration_type is IntegrationType.MOCK:
        return None
    uri = fill_stage_variables(integration.integration_uri, stage.stage_variables)
    target = parse_integration_uri(uri)
    if target is None or (
        integration.integration_type is IntegrationType.AWS_PROXY
        and not isinstance(target, FunctionTarget)
    ):
        origin = integration.origin
        raise ProjectError(
            f"the integration URI {uri!r} of route {route.route_key} is not one that "
            f"{integration.integration_type} can call",
            remedy="AWS_PROXY takes arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
            "{function ARN}/invocations; HTTP takes https://…",
            file=origin.file if origin else None,
            line=origin.line if origin else None,
            resource=origin.logical_id if origin else integration.integration_id,
        )
    return target


def _compile_models(api: Api, route: Route) -> dict[str, Schema]:
    """Compile a route's models; an API may pass over those that do not hold (CP-API-07)."""
    models = {model.name: model for model in api.models}
    compiled: dict[str, Schema] = {}
    for key, name in route.request_models.items():
        try:
            compiled[key.replace("\\$", "$")] = _compile_model(models, route, name)
        except InputError:
            if not api.disable_schema_validation:
                raise
    return compiled


def _compile_model(models: Mapping[str, Model], route: Route, name: str) -> Schema:
    if name not in models:
        raise _route_error(
            route,
            f"the request model {name!r} does not exist",
            "Name a model of this API.",
        )
    with placed(models[name].origin):
        schemas = {other: model.schema for other, model in models.items()}
        return compile_schema(schemas[name], schemas)


def _find_authorizer(api: Api, route: Route) -> Authorizer | None:
    if route.authorizer_id is None:
        return None
    for authorizer in api.authorizers:
        if authorizer.authorizer_id == route.authorizer_id:
            return authorizer
    raise _route_error(
        route,
        f"the authorizer {route.authorizer_id!r} does not exist",
        "Give the route the id of an authorizer of this API.",
    )


def _route_error(route: Route, problem: str, remedy: str) -> ProjectError:
    origin = route.origin
    return ProjectError(
        problem,
        remedy=remedy,
        file=origin.file if origin else None,
        line=origin.line if origin else None,
        resource=origin.logical_id if origin and origin.logical_id else str(route.route_key),
    )
