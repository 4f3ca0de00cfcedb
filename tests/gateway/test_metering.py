from dataclasses import replace

import pytest

from routekey.errors import GatewayResponse, QuotaExceeded, Throttled
from routekey.gateway import metering
from routekey.gateway.metering import UsageMeter
from routekey.resources.key_ring import Subscription
from routekey.resources.usage import (
    ApiKey,
    PlannedStage,
    QuotaSettings,
    ThrottleSettings,
    UsagePlan,
)
from routekey.testing.fakes import SOME_TIME_MS

GOLD = ApiKey(id="gold", value="value-of-gold", enabled=True)
DEV = PlannedStage(api_id="6behyoa40f", stage="dev")
TWO_AT_ONCE = ThrottleSettings(rate_limit=1, burst_limit=2)
DAY_MS = 24 * 3600 * 1000


def subscribe(plan: UsagePlan, *, key: ApiKey = GOLD, stage: PlannedStage = DEV) -> Subscription:
    return Subscription(key=key, plan=plan, stage=stage)


def plan_with(
    *, throttle: ThrottleSettings | None = None, quota: QuotaSettings | None = None
) -> UsagePlan:
    return UsagePlan(id="plan", name="plan", throttle=throttle, quota=quota)


def passed(
    meter: UsageMeter,
    subscription: Subscription,
    *,
    route: str = "join",
    at_ms: int = SOME_TIME_MS,
    refusal: type[GatewayResponse] = Throttled,
) -> int:
    """Count how many of twenty events pass."""
    for count in range(20):
        try:
            meter.take_nowait(subscription, route, at_ms)
        except refusal:
            return count
    return 20


@pytest.mark.rule("SEC-KEY-04", "DP-LIM-13")
def test_a_plan_s_rate_holds_for_each_key_over_all_its_stages() -> None:
    meter, plan = UsageMeter(), plan_with(throttle=TWO_AT_ONCE)
    other_stage = PlannedStage(api_id="6behyoa40f", stage="prod")
    assert passed(meter, subscribe(plan)) == 2
    assert passed(meter, subscribe(plan, stage=other_stage)) == 0
    assert passed(meter, subscribe(plan, key=replace(GOLD, id="silver"))) == 2
    assert passed(meter, subscribe(plan), at_ms=SOME_TIME_MS + 1000) == 1


@pytest.mark.rule("SEC-KEY-04")
def test_a_route_with_a_rate_of_its_own_in_the_plan_has_that_instead() -> None:
    meter, plan = UsageMeter(), plan_with(throttle=TWO_AT_ONCE)
    stage = replace(DEV, throttle={"join": ThrottleSettings(rate_limit=1, burst_limit=5)})
    assert passed(meter, subscribe(plan, stage=stage), route="join") == 5
    assert passed(meter, subscribe(plan, stage=stage), route="leave") == 2


def test_a_plan_without_limits_meters_nothing() -> None:
    assert passed(UsageMeter(), subscribe(plan_with())) == 20


@pytest.mark.rule("DP-HSK-17")
def test_a_rate_of_zero_lets_nothing_pass() -> None:
    assert passed(UsageMeter(), subscribe(plan_with(throttle=ThrottleSettings()))) == 0


@pytest.mark.rule("SEC-KEY-04")
@pytest.mark.parametrize(("period", "days"), [("DAY", 1), ("WEEK", 7), ("MONTH", 31)])
def test_a_quota_is_full_again_in_the_next_period(period: str, days: int) -> None:
    meter = UsageMeter()
    quota = QuotaSettings(limit=3, period=period)
    subscription = subscribe(plan_with(quota=quota))
    assert passed(meter, subscription, refusal=QuotaExceeded) == 3
    later = SOME_TIME_MS + days * DAY_MS
    assert passed(meter, subscription, at_ms=later, refusal=QuotaExceeded) == 3


@pytest.mark.rule("SEC-KEY-04")
def test_a_day_ends_at_midnight_utc() -> None:
    meter = UsageMeter()
    subscription = subscribe(plan_with(quota=QuotaSettings(limit=1, period="DAY")))
    midnight = (SOME_TIME_MS // DAY_MS + 1) * DAY_MS
    meter.take_nowait(subscription, "join", SOME_TIME_MS)
    with pytest.raises(QuotaExceeded):
        meter.take_nowait(subscription, "join", midnight - 1)
    meter.take_nowait(subscription, "join", midnight)


def test_the_first_period_has_less_by_the_offset() -> None:
    meter = UsageMeter()
    subscription = subscribe(plan_with(quota=QuotaSettings(limit=3, period="DAY", offset=2)))
    assert passed(meter, subscription, refusal=QuotaExceeded) == 1
    tomorrow = SOME_TIME_MS + DAY_MS
    assert passed(meter, subscription, at_ms=tomorrow, refusal=QuotaExceeded) == 3


def test_what_is_throttled_does_not_count_towards_the_quota() -> None:
    meter = UsageMeter()
    quota = QuotaSettings(limit=3, period="DAY")
    subscription = subscribe(plan_with(throttle=TWO_AT_ONCE, quota=quota))
    assert passed(meter, subscription) == 2
    meter.take_nowait(subscription, "join", SOME_TIME_MS + 1000)
    with pytest.raises(QuotaExceeded):
        meter.take_nowait(subscription, "join", SOME_TIME_MS + 2000)


def test_buckets_and_counters_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metering, "PAIRS_MAX", 2)
    meter = UsageMeter()
    quota = QuotaSettings(limit=1, period="DAY")
    plan = plan_with(throttle=TWO_AT_ONCE, quota=quota)
    for name in ("first", "second", "third"):
        meter.take_nowait(subscribe(plan, key=replace(GOLD, id=name)), "join", SOME_TIME_MS)
    with pytest.raises(QuotaExceeded):
        meter.take_nowait(subscribe(plan, key=replace(GOLD, id="third")), "join", SOME_TIME_MS)


@pytest.mark.rule("CP-KEY-01")
def test_each_day_tells_what_was_used_and_what_was_left() -> None:
    today = SOME_TIME_MS // DAY_MS
    meter, plan = UsageMeter(), plan_with(quota=QuotaSettings(limit=10, period="MONTH"))
    days = range(today - 1, today + 4)
    assert meter.list_days(plan, GOLD.id, days) == [(0, 10)] * 5
    for day in (0, 0, 2):
        meter.take_nowait(subscribe(plan), "join", SOME_TIME_MS + day * DAY_MS)
    assert meter.list_days(plan, GOLD.id, days) == [(0, 10), (2, 8), (0, 8), (1, 7), (0, 7)]
    assert meter.list_days(plan_with(), GOLD.id, days) == []


@pytest.mark.rule("CP-KEY-01")
def test_what_is_left_can_be_set_for_the_present_period() -> None:
    today = SOME_TIME_MS // DAY_MS
    meter, plan = UsageMeter(), plan_with(quota=QuotaSettings(limit=2, period="DAY"))
    meter.set_remaining(plan, GOLD.id, 5, SOME_TIME_MS)
    meter.set_remaining(plan_with(), GOLD.id, 5, SOME_TIME_MS)
    assert passed(meter, subscribe(plan), refusal=QuotaExceeded) == 5
    assert meter.list_days(plan, GOLD.id, range(today, today + 2)) == [(5, 0), (0, 2)]
    tomorrow = SOME_TIME_MS + DAY_MS
    assert passed(meter, subscribe(plan), at_ms=tomorrow, refusal=QuotaExceeded) == 2


def test_a_month_of_days_is_kept() -> None:
    today = SOME_TIME_MS // DAY_MS
    meter, plan = UsageMeter(), plan_with(quota=QuotaSettings(limit=5, period="DAY"))
    for day in range(metering.DAYS_MAX + 1):
        meter.take_nowait(subscribe(plan), "join", SOME_TIME_MS + day * DAY_MS)
    assert meter.list_days(plan, GOLD.id, range(today, today + 2)) == [(0, 5), (1, 4)]
