"""Websocket events become the resources that the framework makes of them, under its logical ids.

Templates mention those ids (`WebsocketsApi`, `WebsocketsDeploymentStage`), so they are part of the
contract. Source: CP-SF-01 to CP-SF-05.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from routekey.projects.document import Place, Value

API = "WebsocketsApi"
DEPLOYMENT = "WebsocketsDeployment"
STAGE = "WebsocketsDeploymentStage"
LOG_GROUP = "WebsocketsLogGroup"
_LOG_FORMAT: Final = (
    "$context.identity.sourceIp $context.identity.caller $context.identity.user "
    '[$context.requestTime] "$context.eventType $context.routeKey $context.connectionId" '
    "$context.requestId"
)
"""The framework's own."""
_IDENTITY_SOURCE: Final[list[Value]] = ["route.request.header.Auth"]
_SPECIAL = {"$": "S", "-": "Dash", "_": "Underscore", "/": "Slash", ".": "Period", " ": "Space"}
Resources = dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebsocketEvent:
    """One `websocket` event of a function."""

    function: str
    """The function's key in `functions`."""
    route: str
    authorizer: Value
    route_response: Value
    place: Place


def read_events(function: str, events: Value, place: Place) -> Iterator[WebsocketEvent]:
    """Read the websocket events among the events of a function.

    Raises:
        ProjectError: an event has no route.
    """
    for index, event in enumerate(events if isinstance(events, list) else []):
        if event == "websocket" or not isinstance(event, dict) or "websocket" not in event:
            continue
        here = place / index / "websocket"
        value = event["websocket"]
        details: Mapping[str, Value] = value if isinstance(value, dict) else {"route": value}
        route = details.get("route") or details.get("routeKey")  # of the first plugin, in 2018
        if not isinstance(route, str):
            is_beside = value is None and "route" in event
            raise here.error(
                "the websocket event has no route",
                "Indent route, so that it is below websocket"
                if is_beside
                else "Name one, as route: $default or route: send",
            )
        yield WebsocketEvent(
            function=function,
            route=route,
            authorizer=details.get("authorizer"),
            route_response=details.get("routeResponseSelectionExpression"),
            place=here,
        )


def logical_name(name: str) -> str:
    """Make a logical id's part of a name, as the framework does."""
    text = "".join(_SPECIAL.get(character, character) for character in name)
    return text[:1].upper() + text[1:]


def function_id(name: str) -> str:
    """Tell the logical id of a function."""
    return f"{logical_name(name)}LambdaFunction"


def route_id(route_key: str) -> str:
    """Tell the logical id of a route."""
    return f"{logical_name(route_key)}WebsocketsRoute"


def api_resources(
    name: Value, selection: Value, description: Value, stage: str, logging: Resources
) -> Resources:
    """Make the API, its deployment and its stage, which logs as `logging` says."""
    return {
        API: _resource(
            "Api",
            Name=name,
            ProtocolType="WEBSOCKET",
            RouteSelectionExpression=selection,
            Description=description,
        ),
        DEPLOYMENT: _resource("Deployment", ApiId=_ref(API)),
        STAGE: _resource(
            "Stage", ApiId=_ref(API), StageName=stage, DeploymentId=_ref(DEPLOYMENT), **logging
        ),
    }


def log_resources(settings: Value, service: str, stage: str) -> tuple[Resources, Resources]:
    """Make the log group that `provider.logs.websocket` asks for.

    Returns:
        The resource, and what the stage has of it; both empty where nothing is asked for.

    Source: CP-SF-02, CP-SF-03.
    """
    if not settings:
        return {}, {}
    wanted: Mapping[str, Value] = settings if isinstance(settings, dict) else {}
    properties: Resources = {}
    if wanted.get("accessLogging") is not False:
        properties["AccessLogSettings"] = {
            "DestinationArn": {"Fn::GetAtt": [LOG_GROUP, "Arn"]},
            "Format": wanted.get("format") or _LOG_FORMAT,
        }
    if wanted.get("executionLogging") is not False:
        properties["DefaultRouteSettings"] = {
            "DataTraceEnabled": wanted.get("fullExecutionData") is not False,
            "LoggingLevel": wanted.get("level") or "INFO",
        }
    name = f"/aws/websocket/{service}-{stage}"
    group: Value = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}}
    return {LOG_GROUP: group}, properties


def event_resources(event: WebsocketEvent, functions: Mapping[str, Value]) -> Resources:
    """Make the route, the integration and the permission of an event.

    Raises:
        ProjectError: the authorizer is none of the functions, and no ARN.
    """
    function, route = logical_name(event.function), logical_name(event.route)
    integration = f"{function}WebsocketsIntegration"
    resources: Resources = {
        integration: _resource(
            "Integration",
            ApiId=_ref(API),
            IntegrationType="AWS_PROXY",
            IntegrationUri=_invocation_uri(_arn_of(event.function)),
        ),
        f"{function}LambdaPermissionWebsockets": _permission(_arn_of(event.function)),
    }
    properties: dict[str, Value] = {
        "ApiId": _ref(API),
        "RouteKey": event.route,
        "AuthorizationType": "NONE",
        "Target": {"Fn::Join": ["/", ["integrations", _ref(integration)]]},
    }
    if event.route_response is not None:
        properties["RouteResponseSelectionExpression"] = event.route_response
        resources[f"{route}WebsocketsRouteResponse"] = _resource(
            "RouteResponse",
            ApiId=_ref(API),
            RouteId=_ref(route_id(event.route)),
            RouteResponseKey="$default",
        )
    if event.authorizer is not None:
        name, more = _authorizer(event, functions)
        resources |= more
        properties |= {"AuthorizationType": "CUSTOM", "AuthorizerId": _ref(name)}
    resources[route_id(event.route)] = {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": properties,
    }
    return resources


def _authorizer(event: WebsocketEvent, functions: Mapping[str, Value]) -> tuple[str, Resources]:
    value = event.authorizer
    details: Mapping[str, Value] = value if isinstance(value, dict) else {}
    name = details.get("name", value if isinstance(value, str) else None)
    arn: Value = details.get("arn")
    if isinstance(name, str) and name.startswith("arn:"):
        arn, name = name, name.rpartition(":")[2]
    elif arn is None and isinstance(value, dict) and len(value) == 1 and "name" not in value:
        arn = value  # a function of CloudFormation
    if arn is None:
        if not isinstance(name, str) or name not in functions:
            raise event.place.error(
                f"the authorizer {name} is none of the functions",
                "Name one of them, or give its ARN",
            )
        arn = _arn_of(name)
    title = logical_name(name if isinstance(name, str) else event.function)
    source = details.get("identitySource", _IDENTITY_SOURCE)
    return f"{title}WebsocketsAuthorizer", {
        f"{title}WebsocketsAuthorizer": _resource(
            "Authorizer",
            ApiId=_ref(API),
            Name=title,
            AuthorizerType="REQUEST",
            AuthorizerUri=_invocation_uri(arn),
            IdentitySource=source,
        ),
        f"{title}LambdaPermissionWebsockets": _permission(arn),
    }


def _resource(kind: str, **properties: Value) -> Value:
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": dict(properties)}


def _permission(arn: Value) -> Value:
    return {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": arn,
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
        },
    }


def _ref(logical_id: str) -> Value:
    return {"Ref": logical_id}


def _arn_of(function: str) -> Value:
    return {"Fn::GetAtt": [function_id(function), "Arn"]}


def _invocation_uri(arn: Value) -> Value:
    path = ":lambda:path/2015-03-31/functions/"
    parts: list[Value] = ["arn:aws:apigateway:", _ref("AWS::Region"), path, arn, "/invocations"]
    return {"Fn::Join": ["", parts]}
