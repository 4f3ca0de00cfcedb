"""The story of a handshake: an upgrade request in, an open connection or a refusal out.

    host → stage → throttle → API key → authorization → `$connect` parameters → `$connect` → 101

The client waits until the `$connect` integration has answered (DP-HSK-02). Its connection id exists
from the start (DP-HSK-03), but answers nobody before the 101: who posts to it gets 410 (DP-DIS-10).
Source: DP-HSK-01 to DP-HSK-12.
"""

import msgspec

from routekey.errors import ForbiddenException
from routekey.gateway.authorization import authorize_connect
from routekey.gateway.events import ConnectEvent, open_record
from routekey.gateway.handshake import Handshake
from routekey.gateway.inputs import Inputs
from routekey.gateway.invocation import ask_integration
from routekey.gateway.journal import EventJournal
from routekey.gateway.responses import Refusal, read_connect_outcome
from routekey.gateway.trace_header import choose_trace_header
from routekey.gateway.world import World
from routekey.resources.snapshot import Snapshot


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A handshake that reached a stage: from here on a refusal names its connection."""

    snapshot: Snapshot
    event: ConnectEvent
    unknown_api_id: str | None
    """The id in the Host header, where the only API answers for another."""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The connection may be opened."""

    subprotocol: str | None
    """What the integration chose for `Sec-WebSocket-Protocol`; nothing else passes (DP-HSK-07)."""


def admit(world: World, handshake: Handshake) -> Admission:
    """Find the stage that a handshake asks for, and allot its ids.

    Raises:
        ForbiddenException: no such stage, or a path beyond it (DP-HSK-13, DP-URL-03).
    """
    address = world.directory.resolve(handshake.host, handshake.path)
    if address is None or address.rest:
        raise ForbiddenException
    now_ms = world.clock.now_ms()
    connection = open_record(address.snapshot, handshake, world.ids.connection_id(), now_ms)
    event = ConnectEvent(
        connection=connection,
        handshake=handshake,
        request_id=world.ids.request_id(),
        epoch_ms=now_ms,
        trace_id=choose_trace_header(handshake.header("x-amzn-trace-id"), world.ids, now_ms),
    )
    return Admission(snapshot=address.snapshot, event=event, unknown_api_id=address.unknown_api_id)


async def handle_connect(
    world: World, admission: Admission, journal: EventJournal | None = None
) -> Accepted | Refusal:
    """Decide on a handshake, in AWS's order.

    Returns:
        `Accepted`, or the `Refusal` that the `$connect` integration itself gave.

    Raises:
        GatewayResponse: the gateway's own refusal (DP-HSK-15).
        AwsException: a signature or permission is missing, on an AWS_IAM route.
    """
    snapshot, event = admission.snapshot, admission.event
    route = snapshot.connect
    if journal is not None:
        journal.snapshot, journal.route = snapshot, route
    world.throttles.take_connection_nowait(event.epoch_ms)
    world.throttles.take_nowait(snapshot, route, event.epoch_ms)
    if route is None:
        return Accepted(subprotocol=None)
    event = await authorize_connect(world, snapshot, route, event)
    if journal is not None:
        journal.event = event
    if route.integration is None:
        return Accepted(subprotocol=None)
    inputs = Inputs(snapshot, route, event)
    outcome = await ask_integration(world, inputs, journal)
    answer = read_connect_outcome(inputs, outcome)
    if not isinstance(answer, Refusal):
        return Accepted(subprotocol=answer)
    if journal is not None:
        journal.refused_status = answer.status
    return answer
