"""What usage plans meter: the rate and the quota of each API key. Source: SEC-KEY-04, DP-LIM-13.

A plan's limits hold for each key by itself, over all stages of the plan; a route that the plan
gives a rate of its own has that instead. Counts are kept in memory: a restart begins anew.
"""

from datetime import UTC, datetime
from typing import Final

from routekey.errors import QuotaExceeded, Throttled
from routekey.gateway.buckets import TokenBucket, complete_rate
from routekey.resources.key_ring import Subscription
from routekey.resources.usage import QuotaSettings, ThrottleSettings, UsagePlan

PAIRS_MAX: Final = 100_000
"""Keys in plans: AWS's 10,000 keys with 10 plans each (CP-KEY-04). No client can make more."""

DAYS_MAX: Final = 31
"""What is known of a key's past: the longest period of a quota."""

_DAYS_A_WEEK: Final = 7
_MS_A_DAY: Final = 24 * 3600 * 1000
_THURSDAY: Final = 3
"""1 January 1970; a week begins on Monday here. AWS does not say when one begins."""


class UsageMeter:
    """The buckets and counters of every key in every plan."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[object, ...], TokenBucket] = {}
        self._counters: dict[tuple[str, str], _Counter] = {}

    def take_nowait(self, subscription: Subscription, route_key: str, now_ms: int) -> None:
        """Let one event of a key pass, and count it; one that is throttled does not count.

        Raises:
            Throttled: the key's rate is used up.
            QuotaExceeded: its quota of this day, week or month is.
        """
        plan, key_id = subscription.plan, subscription.key.id
        own = subscription.stage.throttle.get(route_key)
        throttle = plan.throttle if own is None else own
        if throttle is not None:
            target = "" if own is None else f"{subscription.stage.api_id}/{route_key}"
            bucket = self._bucket((plan.id, key_id, target), throttle, now_ms)
            if not bucket.take_nowait(now_ms):
                raise Throttled(f"the rate of API key {key_id} in plan {plan.name} is used up")
        if plan.quota is not None:
            counter = self._counter(plan.id, key_id, plan.quota, now_ms)
            if not counter.take_nowait(plan.quota, now_ms):
                raise QuotaExceeded(f"the quota of API key {key_id} in plan {plan.name} is used up")

    def list_days(self, plan: UsagePlan, key_id: str, days: range) -> list[tuple[int, int]]:
        """List what a key used on each day, and what it had left of its quota then.

        Args:
            plan: a plan with a quota.
            key_id: the key's.
            days: since 1970, in UTC. Only the last `DAYS_MAX` days with events are known.
        """
        if plan.quota is None:
            return []
        counter = self._counters.get((plan.id, key_id))
        if counter is None:
            return [(0, plan.quota.limit)] * len(days)
        return [counter.tell_day(plan.quota, day) for day in days]

    def set_remaining(self, plan: UsagePlan, key_id: str, remaining: int, now_ms: int) -> None:
        """Let a key have so many events for the rest of the present period."""
        if plan.quota is not None:
            counter = self._counter(plan.id, key_id, plan.quota, now_ms)
            counter.set_remaining(plan.quota, remaining, now_ms)

    def _counter(self, plan_id: str, key_id: str, quota: QuotaSettings, now_ms: int) -> "_Counter":
        counter = self._counters.get((plan_id, key_id))
        if counter is None:
            if len(self._counters) >= PAIRS_MAX:
                del self._counters[next(iter(self._counters))]
            counter = self._counters[plan_id, key_id] = _Counter(quota, now_ms)
        return counter

    def _bucket(
        self, place: tuple[str, str, str], throttle: ThrottleSettings, now_ms: int
    ) -> TokenBucket:
        rate, burst = complete_rate(throttle.rate_limit or None, throttle.burst_limit or None)
        key = (*place, rate, burst)
        bucket = self._buckets.get(key)
        if bucket is None:
            if len(self._buckets) >= PAIRS_MAX:
                self._buckets.clear()  # settings that were edited leave their buckets behind
            bucket = self._buckets[key] = TokenBucket(rate, burst, now_ms)
        return bucket


class _Counter:
    """The events of one key in the current period, and a log of its days."""

    __slots__ = ("_days", "_period", "_used")

    def __init__(self, quota: QuotaSettings, now_ms: int) -> None:
        self._period = _period_of(quota, now_ms)
        self._used = quota.offset  # what the first period has less, as it may have begun long ago
        self._days: dict[int, tuple[int, int]] = {}
        """By day: how many events there were, and how many were left."""

    def take_nowait(self, quota: QuotaSettings, now_ms: int) -> bool:
        self._begin_period(quota, now_ms)
        if self._used >= quota.limit:
            return False
        self._used += 1
        self._note(quota, now_ms, 1)
        return True

    def set_remaining(self, quota: QuotaSettings, remaining: int, now_ms: int) -> None:
        self._begin_period(quota, now_ms)
        self._used = quota.limit - remaining
        self._note(quota, now_ms, 0)

    def tell_day(self, quota: QuotaSettings, day: int) -> tuple[int, int]:
        if day in self._days:
            return self._days[day]
        period = _period_of(quota, day * _MS_A_DAY)
        for earlier in reversed(self._days):
            if earlier < day and _period_of(quota, earlier * _MS_A_DAY) == period:
                return 0, self._days[earlier][1]
        return 0, quota.limit

    def _begin_period(self, quota: QuotaSettings, now_ms: int) -> None:
        period = _period_of(quota, now_ms)
        if period != self._period:
            self._period, self._used = period, 0

    def _note(self, quota: QuotaSettings, now_ms: int, count: int) -> None:
        day = now_ms // _MS_A_DAY
        if day not in self._days and len(self._days) >= DAYS_MAX:
            del self._days[next(iter(self._days))]
        before = self._days.get(day, (0, 0))[0]
        self._days[day] = before + count, quota.limit - self._used


def _period_of(quota: QuotaSettings, now_ms: int) -> tuple[str, int]:
    """Name the period that a moment is in, in UTC."""
    days = now_ms // _MS_A_DAY
    if quota.period == "MONTH":
        at = datetime.fromtimestamp(now_ms // 1000, UTC)
        return quota.period, at.year * 12 + at.month
    if quota.period == "WEEK":
        return quota.period, (days + _THURSDAY) // _DAYS_A_WEEK
    return quota.period, days
