import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.gateway.lifecycle import Connection, DeadlineWheel
from routekey.ids import ApiId, ConnectionId, StageName
from routekey.quotas import Limits
from routekey.testing.fakes import SOME_TIME_MS, CountingIds, FakeClock, RecordingChannel


def open_connection(clock: FakeClock) -> Connection:
    return Connection(
        id=CountingIds().connection_id(),
        api_id=ApiId("6behyoa40f"),
        stage=StageName("dev"),
        domain_name="",
        source_ip="203.0.113.7",
        user_agent="ua",
        connected_at_ms=clock.now_ms(),
        last_active_at_ms=clock.now_ms(),
        event_place=b"",
        event_names=b"",
        channel=RecordingChannel(),
    )


def swept(wheel: DeadlineWheel, clock: FakeClock) -> list[Connection]:
    return list(wheel.sweep(clock.now_ms()))


@pytest.mark.rule("DP-LIM-06")
def test_a_connection_without_messages_is_over_after_ten_minutes() -> None:
    clock = FakeClock()
    wheel = DeadlineWheel(Limits(), clock.now_ms())
    connection = open_connection(clock)
    wheel.add(connection)
    clock.advance(599)
    assert swept(wheel, clock) == []
    clock.advance(2)
    assert swept(wheel, clock) == [connection]
    clock.advance(1000)
    assert swept(wheel, clock) == []


@pytest.mark.rule("DP-LIM-06", "DP-LIM-09")
def test_a_busy_connection_lives_for_two_hours_and_no_longer() -> None:
    clock = FakeClock()
    wheel = DeadlineWheel(Limits(), clock.now_ms())
    connection = open_connection(clock)
    wheel.add(connection)
    for _ in range(7199):
        clock.advance(1)
        connection.last_active_at_ms = clock.now_ms()
        assert swept(wheel, clock) == []
    clock.advance(2)
    assert swept(wheel, clock) == [connection]


def test_a_connection_that_closed_is_kept_by_nobody() -> None:
    clock = FakeClock()
    wheel = DeadlineWheel(Limits(), clock.now_ms())
    first, second = open_connection(clock), open_connection(clock)
    second.id = ConnectionId("another")
    for connection in (first, second):
        wheel.add(connection)
    wheel.remove(first)
    wheel.remove(first)
    clock.advance(10_000)
    assert swept(wheel, clock) == [second]
    wheel.add(second)
    wheel.remove(second)
    assert not wheel._slots


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        (Limits(idle_seconds_max=0), 7200),
        (Limits(connection_seconds_max=0), 600),
        (Limits(idle_seconds_max=1, connection_seconds_max=2), 1),
    ],
)
def test_each_limit_can_be_changed_or_switched_off(limits: Limits, seconds: int) -> None:
    clock = FakeClock()
    wheel = DeadlineWheel(limits, clock.now_ms())
    connection = open_connection(clock)
    wheel.add(connection)
    clock.advance(seconds - 0.5)
    assert swept(wheel, clock) == []
    clock.advance(1.5)
    assert swept(wheel, clock) == [connection]


def test_with_both_limits_off_a_connection_stays() -> None:
    clock = FakeClock()
    wheel = DeadlineWheel(Limits(idle_seconds_max=0, connection_seconds_max=0), clock.now_ms())
    wheel.add(open_connection(clock))
    clock.advance(1e6)
    assert swept(wheel, clock) == []


@given(st.lists(st.integers(-5, 400), max_size=60))
def test_whatever_the_clock_does_nobody_is_closed_early_or_forgotten(steps: list[int]) -> None:
    clock = FakeClock()
    wheel = DeadlineWheel(Limits(), clock.now_ms())
    connection = open_connection(clock)
    wheel.add(connection)
    gone = []
    for step in steps:
        clock.advance(step)
        gone += swept(wheel, clock)
        if gone:
            break
    elapsed = (clock.now_ms() - SOME_TIME_MS) / 1000
    if gone:
        assert elapsed >= 600
    clock.advance(1200)
    assert gone or swept(wheel, clock) == [connection]
