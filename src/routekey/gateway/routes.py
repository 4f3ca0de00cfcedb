"""Which route a message takes. Source: DP-RTE-09 to DP-RTE-15."""

from routekey.errors import ResourceNotFound
from routekey.resources.api import DEFAULT
from routekey.resources.snapshot import RouteSnapshot, Snapshot


def select_route(snapshot: Snapshot, body: bytes) -> RouteSnapshot:
    """Choose the route that a message goes to.

    The API's route selection expression is evaluated on the body. The route whose key equals the
    result wins, then `$default`. A client that sends `$connect` or `$disconnect` reaches neither:
    they are not among the snapshot's message routes (DP-RTE-13).

    Args:
        snapshot: the stage as it is deployed now.
        body: the whole message. It need not be JSON.

    Raises:
        ResourceNotFound: no key matches and there is no `$default` (DP-RTE-14).
    """
    routes = snapshot.routes
    route = routes.get(snapshot.select_route_key(body)) or routes.get(DEFAULT)
    if route is None:
        raise ResourceNotFound("no route matches the message, and the API has no $default")
    return route
