"""The story of a goodbye: the connection is gone, whoever closed it.

Best effort (DP-DIS-01): the answer of the integration is ignored, and an error only shows in the
logs (DP-DIS-05). Nothing can be posted to the connection any more (DP-DIS-02).
"""

from routekey.gateway.events import DisconnectEvent
from routekey.gateway.inputs import Inputs
from routekey.gateway.invocation import ask_integration
from routekey.gateway.journal import EventJournal
from routekey.gateway.world import World


async def handle_disconnect(
    world: World, event: DisconnectEvent, journal: EventJournal | None = None
) -> None:
    """Tell the `$disconnect` integration, if there is one.

    Raises:
        GatewayResponse: the integration could not be asked. There is nobody to tell but the log.
    """
    connection = event.connection
    snapshot = world.directory.find_snapshot(connection.api_id, connection.stage)
    route = None if snapshot is None else snapshot.disconnect
    if journal is not None:
        journal.snapshot, journal.route = snapshot, route
    if snapshot is not None and route is not None and route.integration is not None:
        await ask_integration(world, Inputs(snapshot, route, event), journal)
