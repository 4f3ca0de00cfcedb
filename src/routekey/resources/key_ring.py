"""API keys and usage plans, ready to be asked: which key opens which stage, by which plan.

Plans and keys change without a deployment (CP-KEY-05), so they are no part of a snapshot. What a
plan then meters is `gateway/metering.py`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routekey.resources.usage import ApiKey, PlannedStage, UsagePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A key's place in a plan, at one stage."""

    key: ApiKey
    plan: UsagePlan
    stage: PlannedStage


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Every API key of the account, and the stages that they open."""

    keys: Mapping[str, ApiKey] = field(default_factory=dict, repr=False)
    """By value."""
    subscriptions: Mapping[tuple[str, str, str], Subscription] = field(
        default_factory=dict, repr=False
    )
    """By the key's id, API and stage."""

    def find_key(self, value: str) -> ApiKey | None:
        """Find an enabled key by what a client sends (CP-KEY-03)."""
        key = self.keys.get(value)
        return key if key is not None and key.enabled else None

    def find_subscription(self, key_id: str, api_id: str, stage: str) -> Subscription | None:
        """Find the plan under which an enabled key opens a stage; None where none does."""
        found = self.subscriptions.get((key_id, api_id, stage))
        return found if found is not None and found.key.enabled else None


def compile_key_ring(api_keys: Iterable[ApiKey], usage_plans: Iterable[UsagePlan]) -> KeyRing:
    """Put keys and plans together.

    A plan may name keys that are gone: they open nothing. AWS lets a key into one plan of a stage
    only; where there are two, the first counts.
    """
    by_id = {key.id: key for key in api_keys}
    subscriptions: dict[tuple[str, str, str], Subscription] = {}
    for plan in usage_plans:
        for stage in plan.api_stages:
            for key_id in plan.key_ids:
                key = by_id.get(key_id)
                if key is not None:
                    place = (key_id, stage.api_id, stage.stage)
                    subscriptions.setdefault(place, Subscription(key=key, plan=plan, stage=stage))
    return KeyRing(keys={key.value: key for key in by_id.values()}, subscriptions=subscriptions)
