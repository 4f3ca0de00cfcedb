"""API keys: who shows one, and what it opens. Source: SEC-KEY-01 to SEC-KEY-05, DP-AUT-14.

A key is read once, in the handshake, and stays with the connection: message routes that require one
go by that (SEC-KEY-03). It is looked up again each time, so a key that is disabled, or taken out of
its plan, is of no use from then on (CP-KEY-05).
"""

from typing import Final

from routekey.errors import InvalidApiKey
from routekey.gateway.events import ConnectEvent
from routekey.gateway.lifecycle import Connection
from routekey.gateway.world import World
from routekey.resources.snapshot import RouteSnapshot, Snapshot

FROM_AUTHORIZER: Final = "$context.authorizer.usageIdentifierKey"
"""The selection expression that takes the key from the Lambda authorizer's answer."""
_HEADER: Final = "x-api-key"


def admit_header_key(
    world: World, snapshot: Snapshot, route: RouteSnapshot, event: ConnectEvent
) -> None:
    """Check the key in a handshake's header, before anybody is authorized (DP-HSK-01).

    Raises:
        InvalidApiKey: the route requires a key, and there is none that opens this stage.
        GatewayResponse: the key's rate or quota is used up.
    """
    if snapshot.api.api_key_selection_expression != FROM_AUTHORIZER:
        value = event.handshake.header(_HEADER)
        _admit(world, snapshot, route, event, value, f"the handshake has no {_HEADER} header")


def admit_authorizer_key(
    world: World, snapshot: Snapshot, route: RouteSnapshot, event: ConnectEvent, value: str | None
) -> None:
    """Check the key that the Lambda authorizer named (SEC-AUTH-12).

    Raises:
        InvalidApiKey: the route requires a key, and this is none that opens this stage.
        GatewayResponse: the key's rate or quota is used up.
    """
    if snapshot.api.api_key_selection_expression == FROM_AUTHORIZER:
        _admit(world, snapshot, route, event, value, "no authorizer gave a usageIdentifierKey")


def admit_message(
    world: World, connection: Connection, snapshot: Snapshot, route: RouteSnapshot, now_ms: int
) -> None:
    """Check the key that a connection was opened with, as a message's route requires one.

    Raises:
        InvalidApiKey: it opens this stage no longer, or there was none.
        GatewayResponse: its rate or quota is used up.
    """
    key_id = (connection.caller or {}).get("apiKeyId")
    if key_id is None:
        raise InvalidApiKey("the connection was opened without an API key")
    _meter(world, snapshot, route, key_id, now_ms)


def _admit(
    world: World,
    snapshot: Snapshot,
    route: RouteSnapshot,
    event: ConnectEvent,
    value: str | None,
    absence: str,
) -> None:
    if not snapshot.requires_keys:
        return
    is_required = route.route.api_key_required
    key = world.directory.keys.find_key(value) if value else None
    if key is None:
        if is_required:
            raise InvalidApiKey("the API key is unknown or disabled" if value else absence)
        return
    connection = event.connection
    shown = {"apiKey": key.value, "apiKeyId": key.id}  # SEC-KEY-05
    connection.caller = {**(connection.caller or {}), **shown}
    if is_required:
        _meter(world, snapshot, route, key.id, event.epoch_ms)


def _meter(
    world: World, snapshot: Snapshot, route: RouteSnapshot, key_id: str, now_ms: int
) -> None:
    """Count an event against the key's plan; routes without the requirement do not (DP-LIM-13)."""
    subscription = world.directory.keys.find_subscription(
        key_id, snapshot.api_id, snapshot.stage_name
    )
    if subscription is None:
        raise InvalidApiKey(
            f"the API key {key_id} is disabled, or in no usage plan of {snapshot.api_id}"
            f"/{snapshot.stage_name}"
        )
    world.throttles.plans.take_nowait(subscription, route.route.route_key, now_ms)
