"""Routes and route responses. Source: CP-ROUTE-01 to CP-ROUTE-13."""

import re
from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import (
    ConflictException,
    NotFoundException,
    TooManyRequestsException,
)
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException
from routekey.quotas import ROUTES_PER_API
from routekey.resources.api import CONNECT, DEFAULT, DISCONNECT, AuthorizationType
from routekey.resources.managed import ManagedApi, ManagedRoute

_ID_LENGTH: Final = 7
_RESERVED: Final = (CONNECT, DISCONNECT, DEFAULT)
_TARGET_CHARACTERS_MAX: Final = 128
_PARAMETER: Final = re.compile(r"route\.request\.(header|querystring)\.[^\s.][^\s]*")


def create_route(edit: Edit, request: Members) -> Members:
    """CreateRoute."""
    api = find_api(edit, request)
    if len(api.routes) >= ROUTES_PER_API:  # CP-ROUTE-11
        raise TooManyRequestsException(
            "Maximum number of Routes for this API has been reached. Please contact AWS if you "
            "need additional Routes."
        )
    route = make(ManagedRoute, _flatten(request), route_id=edit.new_id(_ID_LENGTH))
    return _keep(edit, api, route)


def get_route(edit: Edit, request: Members) -> Members:
    """GetRoute."""
    return _show(find_route(find_api(edit, request), request))


def get_routes(edit: Edit, request: Members) -> Members:
    """GetRoutes."""
    return page(find_api(edit, request).routes, lambda route: route.route_id, _show, request)


def update_route(edit: Edit, request: Members) -> Members:
    """UpdateRoute. Parameters that are not mentioned stay, as those of maps do."""
    api = find_api(edit, request)
    before = find_route(api, request)
    changes = _flatten(request)
    if "request_parameters" in changes:
        merged = {**before.request_parameters, **changes["request_parameters"]}
        changes["request_parameters"] = merged
    return _keep(edit, api, change(before, changes))


def delete_route(edit: Edit, request: Members) -> Members:
    """DeleteRoute."""
    api = find_api(edit, request)
    route = find_route(api, request)
    edit.put(api.api_id, replace(api, routes=drop(api.routes, "route_id", route.route_id)))
    return {}


def delete_route_request_parameter(edit: Edit, request: Members) -> Members:
    """DeleteRouteRequestParameter."""
    api = find_api(edit, request)
    route = find_route(api, request)
    key = request["request_parameter_key"]
    if key not in route.request_parameters:
        raise NotFoundException("Invalid request parameter key specified")
    left = {name: value for name, value in route.request_parameters.items() if name != key}
    keep_route(edit, api, replace(route, request_parameters=left))
    return {}


def find_route(api: ManagedApi, request: Members) -> ManagedRoute:
    """Find the route that a path names.

    Raises:
        NotFoundException: there is none. Source: CP-ROUTE-10.
    """
    route = find(api.routes, "route_id", request["route_id"])
    if route is None:
        raise NotFoundException("Invalid route identifier specified")
    return route


def keep_route(edit: Edit, api: ManagedApi, route: ManagedRoute) -> None:
    """Keep a route in its API."""
    edit.put(api.api_id, replace(api, routes=put(api.routes, route, "route_id")))


def _keep(edit: Edit, api: ManagedApi, route: ManagedRoute) -> Members:
    _check_key(api, route)
    if route.authorization_type is not AuthorizationType.NONE and route.route_key != CONNECT:
        raise BadRequestException(  # CP-ROUTE-05
            "Currently, authorization is restricted to the $connect route only"
        )
    if route.authorizer_id and find(api.authorizers, "authorizer_id", route.authorizer_id) is None:
        raise BadRequestException("Invalid Authorizer identifier specified")
    _check_target(api, route)
    for name in route.request_parameters:
        if not _PARAMETER.fullmatch(name):  # CP-ROUTE-06
            raise BadRequestException(f"Invalid request parameter specified: {name}")
    if route.route_response_selection_expression not in {None, DEFAULT}:  # CP-ROUTE-08
        raise BadRequestException(
            "Invalid route response selection expression specified. Must be $default"
        )
    keep_route(edit, api, route)
    return _show(route)


def _check_key(api: ManagedApi, route: ManagedRoute) -> None:
    key = route.route_key
    if not key:
        raise BadRequestException("Route key is required")  # CP-ROUTE-03
    if key.startswith("$") and key not in _RESERVED:  # CP-ROUTE-01
        raise BadRequestException(
            f"Route keys starting with '$' are reserved. Must be one of [{', '.join(_RESERVED)}]"
        )
    same = find(api.routes, "route_key", key)
    if same is not None and same.route_id != route.route_id:  # CP-ROUTE-02
        raise ConflictException(f"Route with key {key} already exists for this API")


def _check_target(api: ManagedApi, route: ManagedRoute) -> None:
    if route.target is None:
        return
    integration_id = route.integration_id
    if integration_id is None or len(route.target) > _TARGET_CHARACTERS_MAX:  # CP-ROUTE-04
        raise BadRequestException(
            "Invalid target specified. It must have the form integrations/{integrationId}"
        )
    if find(api.integrations, "integration_id", integration_id) is None:
        raise BadRequestException("Invalid integration identifier specified")


def _flatten(request: Members) -> Members:
    """Take `{"required": …}` off the parameters, which say nothing else. Source: CP-ROUTE-06."""
    if request.get("authorization_type") == "JWT":  # CP-ROUTE-05
        raise BadRequestException(
            "Authorization type JWT is not supported on WEBSOCKET protocol Apis"
        )
    members = dict(request)
    if "request_parameters" in members:
        members["request_parameters"] = {
            name: bool(constraint.get("required", False))
            for name, constraint in request["request_parameters"].items()
        }
    return members


def _show(route: ManagedRoute) -> Members:
    members = describe(route)
    if route.request_parameters:
        members["request_parameters"] = {
            name: {"required": required} for name, required in route.request_parameters.items()
        }
    return members


OPERATIONS: Final = {
    "CreateRoute": create_route,
    "DeleteRoute": delete_route,
    "DeleteRouteRequestParameter": delete_route_request_parameter,
    "GetRoute": get_route,
    "GetRoutes": get_routes,
    "UpdateRoute": update_route,
}
