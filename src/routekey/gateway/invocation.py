"""Asking the integration: the one step that three of the four stories share."""

from functools import lru_cache

from routekey.gateway.inputs import Inputs
from routekey.gateway.integrations import build_call
from routekey.gateway.journal import EventJournal
from routekey.gateway.ports import IntegrationOutcome, MockCall, MockOutcome
from routekey.gateway.world import World


@lru_cache(maxsize=1000)  # all statuses of three digits
def mock_outcome(status: int) -> MockOutcome:
    """Give the outcome of a MOCK integration: the status that its request template named."""
    return MockOutcome(status=status)


async def ask_integration(
    world: World, inputs: Inputs, journal: EventJournal | None
) -> IntegrationOutcome:
    """Ask a route's integration, once (DP-INT-05), and note what was asked and answered.

    Raises:
        GatewayResponse: the call cannot be built, or nobody answered it.
    """
    call = build_call(inputs)
    if isinstance(call, MockCall):  # it asks nobody (DP-INT-40)
        outcome = mock_outcome(call.status)
        if journal is not None:
            journal.call, journal.outcome = call, outcome
        return outcome
    if journal is None:
        return await world.integrations.invoke(call)
    journal.call = call = world.journals.link(journal, call)
    journal.asked_ms = asked_ms = world.clock.now_ms()
    try:
        journal.outcome = await world.integrations.invoke(call)
    finally:
        journal.integration_latency_ms = world.clock.now_ms() - asked_ms
    return journal.outcome
