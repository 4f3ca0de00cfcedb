"""The story of a message: a client's frame in, perhaps a frame back.

A connection was authorized when it was opened, so nobody is asked again (DP-AUT-01). Messages of
one connection run side by side: their replies may overtake each other (DP-DIS-08).
"""

from routekey.errors import ResourceNotFound
from routekey.gateway.api_keys import admit_message
from routekey.gateway.events import MessageEvent
from routekey.gateway.inputs import Inputs
from routekey.gateway.invocation import ask_integration, mock_outcome
from routekey.gateway.journal import EventJournal
from routekey.gateway.ports import IntegrationOutcome
from routekey.gateway.responses import build_reply
from routekey.gateway.routes import select_route
from routekey.gateway.validation import validate_request
from routekey.gateway.world import World


async def handle_message(
    world: World, event: MessageEvent, journal: EventJournal | None = None
) -> None:
    """Handle one message from a client, in AWS's order.

    Raises:
        GatewayResponse: what the client is told instead of a reply, on one-way routes too
            (DP-INT-10); the connection stays open (DP-INT-18).
    """
    connection = event.connection
    snapshot = world.directory.find_snapshot(connection.api_id, connection.stage)
    if snapshot is None:
        raise ResourceNotFound("the stage of this connection no longer exists")
    if journal is not None:
        journal.snapshot = snapshot
    route = select_route(snapshot, event.body)
    if journal is not None:
        journal.route = route
    if route.route.api_key_required:
        admit_message(world, connection, snapshot, route, event.epoch_ms)  # CP-STAGE-14
    world.throttles.take_nowait(snapshot, route, event.epoch_ms)
    if route.models:
        validate_request(route, event.body)
    inputs = Inputs(snapshot, route, event)
    plan = route.plan
    if plan is not None and plan.constant_status is not None and journal is None:
        # What is the same for all messages needs no coroutine: 4 % of an echo (DP-INT-40).
        outcome: IntegrationOutcome = mock_outcome(plan.constant_status)
    else:
        outcome = await ask_integration(world, inputs, journal)
    reply = build_reply(inputs, outcome, world.limits.message_bytes_max)
    if reply is not None and connection.channel is not None:
        connection.channel.send_text(
            reply, is_fragmented=snapshot.choices.long_reply == "fragments"
        )
        if journal is not None:
            journal.is_replied = True
