"""The probes: each starts what it measures, and gives figures by name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much a run puts into each figure."""

    warm_seconds: float
    seconds: float
    idle_connections: int
    many_connections: int
    """Over three gateways: one process may not open so many."""
    crowd: int
    """How many clients a push or a post goes to."""


FULL = Effort(
    warm_seconds=0.7, seconds=2.0, idle_connections=19_000, many_connections=50_000, crowd=1_000
)
QUICK = Effort(
    warm_seconds=0.2, seconds=0.5, idle_connections=1_000, many_connections=3_000, crowd=200
)
