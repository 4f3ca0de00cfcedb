"""Asking the integration: the one step that three of the four stories share."""

from routekey.gateway.inputs import Inputs
from routekey.gateway.integrations import build_call
from routekey.gateway.journal import EventJournal
from routekey.gateway.ports import IntegrationOutcome
from routekey.gateway.world import World


async def ask_integration(
    world: World, inputs: Inputs, journal: EventJournal | None
) -> IntegrationOutcome:
    """Ask a route's integration, once (DP-INT-05), and note what was asked and answered.

    Raises:
        GatewayResponse: the call cannot be built, or nobody answered it.
    """
    call = build_call(inputs)
    if journal is None:
        return await world.integrations.invoke(call)
    journal.call = call
    asked_ms = world.clock.now_ms()
    try:
        journal.outcome = await world.integrations.invoke(call)
    finally:
        journal.integration_latency_ms = world.clock.now_ms() - asked_ms
    return journal.outcome
