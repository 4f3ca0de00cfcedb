"""Who may pass now: the rates of the account, of stages and routes, and of usage plans.

Source: DP-LIM-10 to DP-LIM-12, DP-HSK-17.
"""

from routekey.errors import Throttled
from routekey.gateway.buckets import TokenBucket, complete_rate
from routekey.gateway.metering import UsageMeter
from routekey.ids import ApiId
from routekey.quotas import Limits
from routekey.resources.snapshot import RouteSnapshot, Snapshot

_BUCKETS_MAX = 100_000
"""Stages and routes with a rate of their own; 300 routes on 300 APIs stay below it."""


class Throttles:
    """Every bucket of the gateway: the account's, new connections', stages' and routes'."""

    def __init__(self, limits: Limits, now_ms: int) -> None:
        self.plans = UsageMeter()
        """What API keys may, by their usage plans."""
        self._account = _bucket(limits.account_rate, limits.account_burst, now_ms)
        self._connections = _bucket(
            limits.new_connections_per_second, int(limits.new_connections_per_second), now_ms
        )
        self._routes: dict[tuple[ApiId, str, str, float, int], TokenBucket] = {}

    def take_nowait(self, snapshot: Snapshot, route: RouteSnapshot | None, now_ms: int) -> None:
        """Let one event pass, or refuse it: first the route or stage, then the account.

        What a route refuses takes nothing from the others (CP-STAGE-14).

        Args:
            snapshot: the stage.
            route: the route, for its own settings; None for one without.
            now_ms: the time.

        Raises:
            Throttled: the account's, the stage's or the route's rate is used up.
        """
        if route is not None:
            rate = route.settings.throttling_rate_limit
            burst = route.settings.throttling_burst_limit
            if rate is not None or burst is not None:
                self._take_of_route(snapshot, route, rate, burst, now_ms)
        if self._account is not None and not self._account.take_nowait(now_ms):
            raise Throttled("the account's rate is used up")

    def _take_of_route(
        self,
        snapshot: Snapshot,
        route: RouteSnapshot,
        rate: float | None,
        burst: int | None,
        now_ms: int,
    ) -> None:
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
        effective_rate, effective_burst = complete_rate(rate, burst)
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
