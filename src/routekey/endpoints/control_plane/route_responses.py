"""Route responses, whose presence makes a route two-way. Source: CP-ROUTE-09, CP-ROUTE-10."""

from dataclasses import replace
from typing import Final

from routekey.endpoints.control_plane.apis import find_api
from routekey.endpoints.control_plane.edit import Edit
from routekey.endpoints.control_plane.records import change, describe, drop, find, make, page, put
from routekey.endpoints.control_plane.refusals import ConflictException, NotFoundException
from routekey.endpoints.control_plane.routes import find_route, keep_route
from routekey.endpoints.control_plane.shapes import Members
from routekey.errors import BadRequestException
from routekey.resources.api import DEFAULT
from routekey.resources.managed import ManagedApi, ManagedRoute, ManagedRouteResponse

_ID: Final = "route_response_id"
_ID_LENGTH: Final = 6


def create_route_response(edit: Edit, request: Members) -> Members:
    """CreateRouteResponse."""
    api, route = _find_route(edit, request)
    new_id = edit.new_id(_ID_LENGTH)
    response = make(ManagedRouteResponse, _flatten(request), route_response_id=new_id)
    return _keep(edit, api, route, response)


def get_route_response(edit: Edit, request: Members) -> Members:
    """GetRouteResponse."""
    _, route = _find_route(edit, request)
    return _show(_find(route, request))


def get_route_responses(edit: Edit, request: Members) -> Members:
    """GetRouteResponses."""
    _, route = _find_route(edit, request)
    return page(route.responses, lambda response: response.route_response_id, _show, request)


def update_route_response(edit: Edit, request: Members) -> Members:
    """UpdateRouteResponse."""
    api, route = _find_route(edit, request)
    return _keep(edit, api, route, change(_find(route, request), _flatten(request)))


def delete_route_response(edit: Edit, request: Members) -> Members:
    """DeleteRouteResponse."""
    api, route = _find_route(edit, request)
    gone = _find(route, request)
    keep_route(
        edit, api, replace(route, responses=drop(route.responses, _ID, gone.route_response_id))
    )
    return {}


def _find_route(edit: Edit, request: Members) -> tuple[ManagedApi, ManagedRoute]:
    api = find_api(edit, request)
    return api, find_route(api, request)


def _find(route: ManagedRoute, request: Members) -> ManagedRouteResponse:
    response = find(route.responses, _ID, request[_ID])
    if response is None:
        raise NotFoundException("Invalid RouteResponse identifier specified")
    return response


def _keep(
    edit: Edit, api: ManagedApi, route: ManagedRoute, response: ManagedRouteResponse
) -> Members:
    key = response.route_response_key
    if key != DEFAULT:  # CP-ROUTE-09
        raise BadRequestException("Invalid route response key specified. Must be $default")
    same = find(route.responses, "route_response_key", key)
    if same is not None and same.route_response_id != response.route_response_id:
        raise ConflictException(f"RouteResponse with key {key} already exists for this Route")
    keep_route(edit, api, replace(route, responses=put(route.responses, response, _ID)))
    return _show(response)


def _flatten(request: Members) -> Members:
    """Take `{"required": …}` off the parameters, which say nothing else."""
    members = dict(request)
    if "response_parameters" in members:
        members["response_parameters"] = {
            name: bool(constraint.get("required", False))
            for name, constraint in request["response_parameters"].items()
        }
    return members


def _show(response: ManagedRouteResponse) -> Members:
    members = describe(response)
    if response.response_parameters:
        members["response_parameters"] = {
            name: {"required": required} for name, required in response.response_parameters.items()
        }
    return members


OPERATIONS: Final = {
    "CreateRouteResponse": create_route_response,
    "DeleteRouteResponse": delete_route_response,
    "GetRouteResponse": get_route_response,
    "GetRouteResponses": get_route_responses,
    "UpdateRouteResponse": update_route_response,
}
