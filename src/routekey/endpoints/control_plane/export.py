"""The account's APIs as a CloudFormation template, to take them elsewhere.

A resource's properties in CloudFormation are the members of the request that makes it, under the
names of the service model: so the operations tell the resource, and the model names it. What the
template describes is what is edited now, not what an older deployment froze. Functions and
identities are described in `export_functions.py`.

Source: CP-CFN-01, CP-CFN-03, CP-DEPLOY-05.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

import orjson
from botocore.model import ListShape, MapShape, Shape, StructureShape
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from routekey.endpoints.control_plane import (
    api_mappings,
    apis,
    authorizers,
    domain_names,
    integration_responses,
    integrations,
    models,
    route_responses,
    routes,
    stages,
)
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.export_functions import (
    CODE_FOLDER,
    describe_functions,
    find_package,
)
from routekey.endpoints.control_plane.http import Door, render_refusal, respond
from routekey.endpoints.control_plane.plane import Action, ControlPlane
from routekey.endpoints.control_plane.refusals import NotFoundException
from routekey.endpoints.control_plane.shapes import Members, load_service, snake_case
from routekey.errors import AwsException
from routekey.ids import AccountId

Template = dict[str, Any]

_NOT_ALPHANUMERIC: Final = re.compile("[^A-Za-z0-9]")
_COMPUTED: Final = frozenset({"api_gateway_domain_name", "domain_name_status", "hosted_zone_id"})
"""Members of a domain name that the service fills in."""


def export_template(edit: Edit, _: Members) -> Members:
    """Describe every API, custom domain name with its mappings, function and identity."""
    resources: dict[str, Template] = {}
    logical_ids: dict[str, str] = {}
    for api in _items(edit, apis.get_apis):
        logical_ids[api["api_id"]] = _logical_id("Api", api["api_id"])
        resources |= _describe_api(edit, api)
    for domain in _items(edit, domain_names.get_domain_names):
        resources |= _describe_domain(edit, domain)
    resources |= describe_functions(edit, logical_ids)
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}


def create_export(plane: ControlPlane, door: Door, account_id: AccountId) -> list[Route]:
    """Make the routes for the admin application, for who may read all APIs and functions.

    `GET /export` gives the template, and `GET /export/code/HASH.zip` what it names.
    """
    functions = f"arn:aws:lambda:{door.region}:{account_id}:function:*"
    rights = (
        ("apigateway:GET", f"arn:aws:apigateway:{door.region}::/apis"),
        ("iam:GetAccountAuthorizationDetails", "*"),
        ("lambda:GetFunction", functions),
    )

    def admit(request: Request) -> None:
        for action, resource in rights:
            door.admit(request, b"", action=action, resource=resource, service="apigateway")

    async def export(request: Request) -> Response:
        request_id = door.ids.uuid()
        try:
            admit(request)
            template = await plane.run(export_template, {})
        except AwsException as error:
            return render_refusal(error, request_id)
        return respond(orjson.dumps(template, option=orjson.OPT_INDENT_2), 200, request_id)

    async def fetch(request: Request) -> Response:
        request_id = door.ids.uuid()
        try:
            admit(request)
            found = await plane.run(find_package, {"name": request.path_params["name"]})
            if found["path"] is None:
                raise NotFoundException("No function has this code")
        except AwsException as error:
            return render_refusal(error, request_id)
        return FileResponse(found["path"], media_type="application/zip")

    return [
        Route("/export", export, methods=["GET"]),
        Route(f"/export/{CODE_FOLDER}/{{name}}", fetch, methods=["GET"]),
    ]


def _describe_api(edit: Edit, api: Members) -> dict[str, Template]:
    here = {"api_id": api["api_id"]}
    ref = {"ApiId": {"Ref": _logical_id("Api", api["api_id"])}}
    found = {_logical_id("Api", api["api_id"]): _describe("Api", api)}
    for model in _items(edit, models.get_models, here):
        found[_logical_id("Model", model["model_id"])] = _describe("Model", model, **ref)
    for authorizer in _items(edit, authorizers.get_authorizers, here):
        logical_id = _logical_id("Authorizer", authorizer["authorizer_id"])
        found[logical_id] = _describe("Authorizer", authorizer, **ref)
    for integration in _items(edit, integrations.get_integrations, here):
        found |= _describe_integration(edit, integration, here, ref)
    route_ids = []
    for route in _items(edit, routes.get_routes, here):
        route_ids.append(_logical_id("Route", route["route_id"]))
        found |= _describe_route(edit, route, here, ref)
    deployment_id = _logical_id("Deployment", api["api_id"])
    if route_ids:  # one without routes cannot be deployed (CP-DEPLOY-05)
        found[deployment_id] = {**_describe("Deployment", {}, **ref), "DependsOn": route_ids}
    for stage in _items(edit, stages.get_stages, here):
        is_deployed = bool(route_ids) and not stage["auto_deploy"] and "deployment_id" in stage
        more = {"DeploymentId": {"Ref": deployment_id}} if is_deployed else {}
        given = {name: value for name, value in stage.items() if name != "deployment_id"}
        logical_id = _stage_id(api["api_id"], stage["stage_name"])
        found[logical_id] = _describe("Stage", given, **ref, **more)
        if route_ids:  # its settings name routes, which have to be there (CP-STAGE-06)
            found[logical_id]["DependsOn"] = route_ids
    return found


def _describe_integration(
    edit: Edit, integration: Members, here: Members, ref: Template
) -> dict[str, Template]:
    logical_id = _logical_id("Integration", integration["integration_id"])
    found = {logical_id: _describe("Integration", integration, **ref)}
    here = {**here, "integration_id": integration["integration_id"]}
    for response in _items(edit, integration_responses.get_integration_responses, here):
        found[_logical_id(logical_id, response["integration_response_id"])] = _describe(
            "IntegrationResponse", response, **ref, IntegrationId={"Ref": logical_id}
        )
    return found


def _describe_route(
    edit: Edit, route: Members, here: Members, ref: Template
) -> dict[str, Template]:
    logical_id = _logical_id("Route", route["route_id"])
    more: Template = {}
    if "target" in route:
        target = _logical_id("Integration", route["target"].removeprefix("integrations/"))
        more["Target"] = {"Fn::Join": ["/", ["integrations", {"Ref": target}]]}
    if "authorizer_id" in route:
        more["AuthorizerId"] = {"Ref": _logical_id("Authorizer", route["authorizer_id"])}
    found = {logical_id: _describe("Route", route, **ref, **more)}
    here = {**here, "route_id": route["route_id"]}
    for response in _items(edit, route_responses.get_route_responses, here):
        found[_logical_id(logical_id, response["route_response_id"])] = _describe(
            "RouteResponse", response, **ref, RouteId={"Ref": logical_id}
        )
    return found


def _describe_domain(edit: Edit, domain: Members) -> dict[str, Template]:
    name = domain["domain_name"]
    configurations = [
        {key: value for key, value in one.items() if key not in _COMPUTED}
        for one in domain["domain_name_configurations"]
    ]
    logical_id = _logical_id("DomainName", name)
    given = {**domain, "domain_name_configurations": configurations}
    found = {logical_id: _describe("DomainName", given)}
    for mapping in _items(edit, api_mappings.get_api_mappings, {"domain_name": name}):
        found[_logical_id("ApiMapping", mapping["api_mapping_id"])] = _describe(
            "ApiMapping",
            mapping,
            ApiId={"Ref": _logical_id("Api", mapping["api_id"])},
            DomainName={"Ref": logical_id},
            Stage={"Ref": _stage_id(mapping["api_id"], mapping["stage"])},
        )
    return found


def _items(edit: Edit, action: Action, request: Members | None = None) -> list[Members]:
    """Ask a list operation for all that it has."""
    found: list[Members] = []
    token: Members = {}
    while True:
        answer = action(edit, {**(request or {}), **token})
        found += answer["items"]
        if "next_token" not in answer:
            return found
        token = {"next_token": answer["next_token"]}


def _describe(kind: str, members: Members, **more: object) -> Template:
    """Write a resource of a kind, with the members that a request to make one has."""
    shape = load_service("apigatewayv2", "2018-11-29").find_input(f"Create{kind}")
    properties = cast("Template", _name(shape, members))
    return {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": {**properties, **more}}


def _name(shape: Shape, value: object) -> object:
    """Give members the names of the model."""
    match shape.type_name:
        case "structure":
            inside = cast("Mapping[str, object]", value)
            return {
                name: _name(member, found)
                for name, member in cast("StructureShape", shape).members.items()
                if (found := inside.get(snake_case(name))) is not None
            }
        case "list":
            member = cast("ListShape", shape).member
            return [_name(member, item) for item in cast("list[object]", value)]
        case "map":
            member = cast("MapShape", shape).value
            items = cast("Mapping[str, object]", value).items()
            return {key: _name(member, item) for key, item in items}
        case _:
            return value


def _stage_id(api_id: str, stage: str) -> str:
    return _logical_id("Stage", f"{api_id}{stage.encode().hex()}")


def _logical_id(kind: str, name: str) -> str:
    """Make a logical id, which has letters and digits only."""
    return kind + _NOT_ALPHANUMERIC.sub(lambda match: match[0].encode().hex(), name)
