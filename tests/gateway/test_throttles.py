import pytest

from routekey.errors import Throttled
from routekey.gateway.throttles import Throttles
from routekey.quotas import Limits
from routekey.resources.api import Api, RouteSettings, Stage
from routekey.resources.snapshot import Snapshot
from routekey.testing.apis import compile_api, make_api
from routekey.testing.fakes import SOME_TIME_MS

NO_LIMITS = Limits(account_rate=0, new_connections_per_second=0)


def snapshot_with(default: RouteSettings, **routes: RouteSettings) -> Snapshot:
    api = make_api({"one": "a", "two": "a"})
    stage = Stage(
        stage_name=api.stages[0].stage_name, default_route_settings=default, route_settings=routes
    )
    throttled = Api(
        api_id=api.api_id,
        name=api.name,
        route_selection_expression=api.route_selection_expression,
        routes=api.routes,
        integrations=api.integrations,
        stages=(stage,),
    )
    (snapshot,) = compile_api(throttled).values()
    return snapshot


def passed(throttles: Throttles, snapshot: Snapshot, key: str, now_ms: int, tries: int = 20) -> int:
    count = 0
    for _ in range(tries):
        try:
            throttles.take_nowait(snapshot, snapshot.routes[key], now_ms)
        except Throttled:
            break
        count += 1
    return count


@pytest.mark.rule("DP-LIM-11")
def test_a_stage_s_rate_is_shared_and_a_route_s_is_its_own() -> None:
    snapshot = snapshot_with(
        RouteSettings(throttling_rate_limit=1, throttling_burst_limit=3),
        two=RouteSettings(throttling_rate_limit=1, throttling_burst_limit=5),
    )
    throttles = Throttles(NO_LIMITS, SOME_TIME_MS)
    assert passed(throttles, snapshot, "one", SOME_TIME_MS) == 3
    assert passed(throttles, snapshot, "two", SOME_TIME_MS) == 5


@pytest.mark.rule("CP-STAGE-14")
def test_what_a_route_refuses_takes_nothing_from_the_account() -> None:
    slow = RouteSettings(throttling_rate_limit=0, throttling_burst_limit=0)
    throttles = Throttles(Limits(account_rate=1, account_burst=3), SOME_TIME_MS)
    snapshot = snapshot_with(RouteSettings(), two=slow)
    for _ in range(5):
        assert passed(throttles, snapshot, "two", SOME_TIME_MS) == 0
    assert passed(throttles, snapshot, "one", SOME_TIME_MS) == 3


@pytest.mark.rule("DP-HSK-17", "DP-SUR-21")
def test_a_rate_of_zero_lets_nothing_pass() -> None:
    snapshot = snapshot_with(RouteSettings(throttling_rate_limit=0, throttling_burst_limit=0))
    assert passed(Throttles(NO_LIMITS, SOME_TIME_MS), snapshot, "one", SOME_TIME_MS) == 0


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (RouteSettings(throttling_rate_limit=4), 4),
        (RouteSettings(throttling_burst_limit=6), 6),
        (RouteSettings(), 20),
    ],
)
def test_one_of_rate_and_burst_is_enough(settings: RouteSettings, count: int) -> None:
    throttles = Throttles(NO_LIMITS, SOME_TIME_MS)
    assert passed(throttles, snapshot_with(settings), "one", SOME_TIME_MS) == count


@pytest.mark.rule("DP-LIM-10")
def test_the_account_s_rate_holds_for_everything() -> None:
    throttles = Throttles(Limits(account_rate=1, account_burst=2), SOME_TIME_MS)
    snapshot = snapshot_with(RouteSettings())
    throttles.take_nowait(snapshot, None, SOME_TIME_MS)
    assert throttles.take_command_nowait(SOME_TIME_MS)
    assert not throttles.take_command_nowait(SOME_TIME_MS)
    with pytest.raises(Throttled):
        throttles.take_nowait(snapshot, None, SOME_TIME_MS)


@pytest.mark.rule("DP-LIM-01")
def test_new_connections_have_a_rate_of_their_own() -> None:
    throttles = Throttles(Limits(new_connections_per_second=1), SOME_TIME_MS)
    throttles.take_connection_nowait(SOME_TIME_MS)
    with pytest.raises(Throttled):
        throttles.take_connection_nowait(SOME_TIME_MS)
    throttles.take_connection_nowait(SOME_TIME_MS + 1000)


def test_limits_of_zero_are_off() -> None:
    throttles = Throttles(NO_LIMITS, SOME_TIME_MS)
    for _ in range(10_000):
        throttles.take_connection_nowait(SOME_TIME_MS)
        assert throttles.take_command_nowait(SOME_TIME_MS)


def test_buckets_of_settings_that_were_edited_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("routekey.gateway.throttles._BUCKETS_MAX", 2)
    throttles = Throttles(NO_LIMITS, SOME_TIME_MS)
    edits = [
        snapshot_with(RouteSettings(throttling_rate_limit=1, throttling_burst_limit=burst))
        for burst in (3, 4, 5)
    ]
    for snapshot in edits:
        throttles.take_nowait(snapshot, snapshot.routes["one"], SOME_TIME_MS)
    assert passed(throttles, edits[2], "one", SOME_TIME_MS) == 4
    assert passed(throttles, edits[0], "one", SOME_TIME_MS) == 3  # its bucket is a new one
