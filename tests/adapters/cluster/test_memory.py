import pytest

from routekey.adapters.cluster.memory import LocalConnections
from routekey.errors import GoneException, LimitExceededException
from routekey.gateway.lifecycle import Connection
from routekey.ids import ApiId, StageName
from routekey.testing.fakes import SOME_TIME_MS, CountingIds, FakeClock, RecordingChannel

API = ApiId("6behyoa40f")
OTHER = ApiId("other00000")


def opened(clock: FakeClock, channel: RecordingChannel | None) -> Connection:
    return Connection(
        id=CountingIds().connection_id(),
        api_id=API,
        stage=StageName("dev"),
        domain_name="",
        source_ip="203.0.113.7",
        user_agent=None,
        connected_at_ms=clock.now_ms(),
        last_active_at_ms=clock.now_ms(),
        event_place=b"",
        event_names=b"",
        channel=channel,
    )


@pytest.mark.rule("DP-MGM-16")
async def test_a_message_sent_counts_as_activity_and_a_look_does_not() -> None:
    clock, channel = FakeClock(), RecordingChannel()
    connections, connection = LocalConnections(clock), opened(clock, channel)
    connections.add(connection)
    clock.advance(60)
    status = await connections.describe(API, connection.id)
    assert status.last_active_at_ms == SOME_TIME_MS
    await connections.send(API, connection.id, b"hello")
    assert channel.frames == [b"hello"]
    status = await connections.describe(API, connection.id)
    assert (status.connected_at_ms, status.last_active_at_ms) == (SOME_TIME_MS, clock.now_ms())


@pytest.mark.rule("DP-MGM-09")
async def test_a_client_that_does_not_read_is_no_activity() -> None:
    clock, channel = FakeClock(), RecordingChannel(is_full=True)
    connections, connection = LocalConnections(clock), opened(clock, channel)
    connections.add(connection)
    clock.advance(60)
    with pytest.raises(LimitExceededException):
        await connections.send(API, connection.id, b"hello")
    assert connection.last_active_at_ms == SOME_TIME_MS


@pytest.mark.rule("DP-DIS-03", "DP-MGM-17")
async def test_a_deleted_connection_is_closed_normally_and_gone_at_once() -> None:
    clock, channel = FakeClock(), RecordingChannel()
    connections, connection = LocalConnections(clock), opened(clock, channel)
    connections.add(connection)
    await connections.disconnect(API, connection.id)
    assert channel.closed == (1000, "Connection Closed Normally")
    with pytest.raises(GoneException):
        await connections.disconnect(API, connection.id)
    assert len(connections) == 0


@pytest.mark.rule("DP-MGM-06")
async def test_a_connection_does_not_exist_for_another_api() -> None:
    clock, channel = FakeClock(), RecordingChannel()
    connections, connection = LocalConnections(clock), opened(clock, channel)
    connections.add(connection)
    with pytest.raises(GoneException):
        await connections.send(OTHER, connection.id, b"hello")
    with pytest.raises(GoneException):
        await connections.describe(OTHER, connection.id)
    with pytest.raises(GoneException):
        await connections.disconnect(OTHER, connection.id)
    assert channel.frames == []
    assert list(connections) == [connection]


async def test_a_connection_whose_socket_is_gone_is_gone() -> None:
    clock = FakeClock()
    connections, connection = LocalConnections(clock), opened(clock, None)
    connections.add(connection)
    with pytest.raises(GoneException):
        await connections.send(API, connection.id, b"hello")
    await connections.disconnect(API, connection.id)
    connections.remove(connection)
