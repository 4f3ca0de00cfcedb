"""Token buckets: who may pass now. Source: DP-LIM-10 to DP-LIM-12, DP-HSK-17.

A bucket holds `burst` tokens and is refilled at `rate` tokens a second; a request takes one or is
refused. It keeps two numbers and no timer: what flowed in meanwhile is reckoned when somebody asks.
"""

from routekey.errors import Throttled
from routekey.ids import ApiId
from routekey.quotas import Limits
from routekey.resources.snapshot import RouteSnapshot, Snapshot

_BUCKETS_MAX = 100_000
"""Stages and routes with a rate of their own; 300 routes on 300 APIs stay below it."""


class TokenBucket:
    """One rate with its burst."""

    __slots__ = ("_burst", "_rate_per_ms", "_tokens", "_updated_ms")

    def __init__(self, rate: float, burst: int, now_ms: int) -> None:
        self._rate_per_ms = rate / 1000
        self._burst = float(burst)
        self._tokens = self._burst
        self._updated_ms = now_ms

    def take_nowait(self, now_ms: int) -> bool:
        """Take a token; False where there is none. A rate and burst of 0 never give one."""
        elapsed_ms = now_ms - self._updated_ms
        if elapsed_ms > 0:  # a clock set back refills nothing, and takes nothing away
            self._tokens = min(self._burst, self._tokens + elapsed_ms * self._rate_per_ms)
        self._updated_ms = now_ms
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class Throttles:
    """Every bucket of the gateway: the account's, new connections', stages' and routes'."""

    def __init__(self, limits: Limits, now_ms: int) -> None:
        self._account = _bucket(limits.account_rate, limits.account_burst, now_ms)
        self._connections = _bucket(
            limits.new_connections_per_second, int(limits.new_connections_per_second), now_ms
        )
        self._routes: dict[tuple[ApiId, str, str, float, int], TokenBucket] = {}

    def take_nowait(self, snapshot: Snapshot, route: RouteSnapshot | None, now_ms: int) -> None:
        """Let one event pass, or refuse it.

        Args:
            snapshot: the stage.
            route: the route, for its own settings; None for one without.
            now_ms: the time.

        Raises:
            Throttled: the account's, the stage's or the route's rate is used up.
        """
        if self._account is not None and not self._account.take_nowait(now_ms):
            raise Throttled("the account's rate is used up")
        if route is None:
            return
        rate = route.settings.throttling_rate_limit
        burst = route.settings.throttling_burst_limit
        if rate is None and burst is None:
            return
        bucket = self._route_bucket(snapshot, route, rate, burst, now_ms)
        if not bucket.take_nowait(now_ms):
            raise Throttled(f"the rate of route {route.route.route_key} is used up")

    def take_connection_nowait(self, now_ms: int) -> None:
        """Let one new connection pass, or refuse it.

        Raises:
            Throttled: too many new connections in this second.
        """
        if self._connections is not None and not self._connections.take_nowait(now_ms):
            raise Throttled("too many new connections per second")

    def take_command_nowait(self, now_ms: int) -> bool:
        """Let one `@connections` call pass: it counts against the account (DP-MGM-19)."""
        return self._account is None or self._account.take_nowait(now_ms)

    def _route_bucket(
        self,
        snapshot: Snapshot,
        route: RouteSnapshot,
        rate: float | None,
        burst: int | None,
        now_ms: int,
    ) -> TokenBucket:
        # One of the two alone means as much as both: a rate without burst lets one pass at a time.
        effective_rate = float(burst or 0) if rate is None else rate
        effective_burst = int(max(rate or 0, 1 if rate else 0)) if burst is None else burst
        own = snapshot.stage.route_settings.get(route.route.route_key) is not None
        key = (
            snapshot.api_id,
            snapshot.stage_name,
            route.route.route_key if own else "",
            effective_rate,
            effective_burst,
        )
        bucket = self._routes.get(key)
        if bucket is None:
            if len(self._routes) >= _BUCKETS_MAX:
                self._routes.clear()  # settings that were edited leave their buckets behind
            bucket = self._routes[key] = TokenBucket(effective_rate, effective_burst, now_ms)
        return bucket


def _bucket(rate: float, burst: int, now_ms: int) -> TokenBucket | None:
    """Make the bucket of a limit; 0 switches it off (`quotas.Limits`)."""
    return TokenBucket(rate, max(burst, 1), now_ms) if rate else None
