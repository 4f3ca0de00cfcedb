"""The control plane: `apigatewayv2`, and what WebSocket APIs need of `apigateway`.

One file for each kind of resource holds its operations: plain functions on an `Edit`, in the words
of the Developer Guide. `shapes.py` turns HTTP into members and back by AWS's own service models,
`plane.py` runs the operations, `http.py` lets callers in.
"""

from starlette.routing import Route

from routekey.endpoints.control_plane import (
    account,
    api_keys,
    api_mappings,
    apis,
    authorizers,
    deployments,
    domain_names,
    integration_responses,
    integrations,
    models,
    route_responses,
    routes,
    stages,
    tags,
    usage,
    usage_plans,
    vpc_links,
)
from routekey.endpoints.control_plane.http import Door, ServedService, serve
from routekey.endpoints.control_plane.plane import Action, ControlPlane
from routekey.endpoints.control_plane.shapes import load_service

__all__ = ["ControlPlane", "Door", "create_control_plane"]

_V2: dict[str, Action] = {
    **api_mappings.OPERATIONS,
    **apis.OPERATIONS,
    **authorizers.OPERATIONS,
    **deployments.OPERATIONS,
    **domain_names.OPERATIONS,
    **integration_responses.OPERATIONS,
    **integrations.OPERATIONS,
    **models.OPERATIONS,
    **route_responses.OPERATIONS,
    **routes.OPERATIONS,
    **stages.OPERATIONS,
    **tags.OPERATIONS,
    **vpc_links.OPERATIONS,
}
_V1: dict[str, Action] = {
    **account.OPERATIONS,
    **api_keys.OPERATIONS,
    **tags.OPERATIONS,
    **usage_plans.OPERATIONS,
}


def create_control_plane(plane: ControlPlane, door: Door, meter: usage.Meter) -> list[Route]:
    """Make the routes of the control plane, for the admin application.

    Args:
        plane: the resources, opened.
        door: who may ask.
        meter: counts what API keys use.
    """
    v2 = ServedService(
        service=load_service("apigatewayv2", "2018-11-29"), actions=_V2, prefix="/v2"
    )
    actions = {**_V1, **usage.make_operations(meter)}
    v1 = ServedService(service=load_service("apigateway", "2015-07-09"), actions=actions, prefix="")
    return [
        *serve(["/v2/{rest:path}"], v2, plane, door),
        *serve(v1.service.list_paths(1), v1, plane, door),
    ]
