"""What a route asks of its integration.

An `IntegrationCall` is complete: an adapter only has to make it. Source: DP-INT-01 to DP-INT-09.
"""

from routekey.errors import ApiConfigurationError
from routekey.gateway.events import Event, proxy_event
from routekey.gateway.ports import IntegrationCall, LambdaCall
from routekey.resources.integration_uri import FunctionTarget
from routekey.resources.snapshot import RouteSnapshot, Snapshot


def build_call(snapshot: Snapshot, route: RouteSnapshot, event: Event) -> IntegrationCall:
    """Build the call of a route for an event.

    Raises:
        ApiConfigurationError: the route has no integration (DP-INT-09).
    """
    integration = route.integration
    if integration is None:
        raise ApiConfigurationError(f"the route {route.route.route_key} has no integration")
    if isinstance(route.target, FunctionTarget):
        return LambdaCall(
            function_arn=route.target.function_arn,
            payload=proxy_event(snapshot, route, event),
            source_arn=route.arn,
            timeout_ms=integration.timeout_in_millis,
            trace_id=event.trace_id,
            credentials_arn=route.credentials_arn,
        )
    raise ApiConfigurationError(f"integrations of type {integration.integration_type}")
