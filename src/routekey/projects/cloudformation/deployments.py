"""Deployments that may miss a route: AWS makes resources in the order of their dependencies.

A deployment is a copy of the API at the moment when it is made (CP-DEPLOY-01). One that does not
wait for a route may be made before it, and then the route is not served. Here all routes are, so
that somebody should be told.
"""

from collections.abc import Iterable, Mapping

from routekey.projects.cloudformation.references import Resource
from routekey.projects.cloudformation.template import Declaration
from routekey.projects.notices import Notices

_ROUTE = "AWS::ApiGatewayV2::Route"
_DEPLOYMENT = "AWS::ApiGatewayV2::Deployment"


def report_missed_routes(
    resources: Iterable[Resource], declared: Mapping[str, Declaration], notices: Notices
) -> None:
    """Name the routes of one stack that a deployment of the same stack does not wait for."""
    resources = list(resources)
    routes: dict[str, list[Resource]] = {}
    for resource in resources:
        if resource.type == _ROUTE:
            routes.setdefault(resource.properties.text("ApiId"), []).append(resource)
    for resource in resources:
        if resource.type != _DEPLOYMENT:
            continue
        awaited = _closure(resource.logical_id, declared)
        mine = routes.get(resource.properties.text("ApiId"), [])
        missed = [route.logical_id for route in mine if route.logical_id not in awaited]
        if missed:
            notices.add(
                f"does not wait for {', '.join(missed)}: on AWS it may be made before them, and "
                "miss them. Name them in its DependsOn",
                resource.place,
            )


def _closure(logical_id: str, declared: Mapping[str, Declaration]) -> set[str]:
    """Follow `DependsOn` from a resource, over as many steps as there are."""
    found: set[str] = set()
    waiting = [logical_id]
    while waiting:
        declaration = declared.get(waiting.pop())
        for name in declaration.depends_on if declaration else ():
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found
