"""How many environments this machine holds: whose idle one goes when another function needs one."""

from collections.abc import Iterable
from typing import Protocol


class Tenant(Protocol):
    """A pool, as far as its place on the machine is concerned."""

    @property
    def size(self) -> int:
        """How many environments it has."""
        ...

    @property
    def idle_since(self) -> float | None:
        """Since when its oldest idle environment is idle; None where all are busy."""
        ...

    def drop_oldest(self) -> None:
        """Close its oldest idle environment."""
        ...

    def serve_queue(self) -> None:
        """Look again at the calls that wait."""
        ...


class Capacity:
    """The room that all pools share."""

    def __init__(self, environments_max: int) -> None:
        self._environments_max = environments_max
        self._tenants: set[Tenant] = set()

    def join(self, tenant: Tenant) -> None:
        """Take note of a pool."""
        self._tenants.add(tenant)

    def leave(self, tenant: Tenant) -> None:
        """Forget a pool, which has closed its environments."""
        self._tenants.discard(tenant)

    @property
    def has_room(self) -> bool:
        """Whether one more environment may start without another one's end."""
        return sum(tenant.size for tenant in self._tenants) < self._environments_max

    def make_room(self) -> bool:
        """Tell whether one more environment may start; the longest idle one goes for it."""
        if self.has_room:
            return True
        idle = [(t.idle_since, t) for t in self._tenants if t.idle_since is not None]
        if not idle:
            return False
        _, tenant = min(idle, key=lambda pair: pair[0])
        tenant.drop_oldest()
        return True

    def offer(self) -> None:
        """Let the pools whose calls wait look again: an environment has become idle."""
        if not self.has_room:
            for tenant in _copy(self._tenants):
                tenant.serve_queue()


def _copy(tenants: Iterable[Tenant]) -> tuple[Tenant, ...]:
    return tuple(tenants)  # serving one may change the set
