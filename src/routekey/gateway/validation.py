"""Request models: whether a message has the shape that its route asks for.

Source: DP-RTE-20 to DP-RTE-22, DP-UNK-28.
"""

from routekey.errors import BadRequestBody
from routekey.resources.api import DEFAULT
from routekey.resources.snapshot import RouteSnapshot


def validate_request(route: RouteSnapshot, body: bytes) -> None:
    """Check a message against the model that the route's expression selects.

    A route without models checks nothing. Proxy integrations are checked as others are (DP-UNK-28).

    Raises:
        BadRequestBody: the message does not fit, or no model is selected and there is no
            `$default` one (DP-RTE-20).
    """
    models = route.models
    if not models:
        return
    key = DEFAULT if route.select_model is None else route.select_model(body)
    schema = models.get(key) or models.get(DEFAULT)
    if schema is None:
        raise BadRequestBody(f"[no model for {key!r}, and no $default]")
    problem = schema.validate(body)
    if problem is not None:
        raise BadRequestBody(problem)
