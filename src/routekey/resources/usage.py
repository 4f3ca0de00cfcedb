"""API keys and usage plans: who may use a stage, how fast and how much.

They belong to the older `apigateway` API, whose members have other names than those of the newer
one: `throttle.rateLimit` here is `throttlingRateLimit` there.

Source: CP-KEY-01 to CP-KEY-05.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key that a client sends along."""

    id: str
    value: str
    name: str | None = None
    customer_id: str | None = None
    description: str | None = None
    enabled: bool = False
    """A key that is not enabled is as good as none (CP-KEY-03)."""
    created_date: int = 0
    """Seconds since 1970."""
    last_updated_date: int = 0
    stage_keys: tuple[str, ...] = ()
    """`{apiId}/{stage}`; superseded by usage plans."""
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleSettings:
    """A token bucket."""

    burst_limit: int = 0
    rate_limit: float = 0.0
    """Requests per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSettings:
    """How many requests in a day, week or month."""

    limit: int
    period: str
    """`DAY`, `WEEK` or `MONTH`."""
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStage:
    """A stage that a plan opens, with throttles of its own by route key."""

    api_id: str
    stage: str
    throttle: Mapping[str, ThrottleSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePlan:
    """A plan, with the keys that are in it."""

    id: str
    name: str
    description: str | None = None
    api_stages: tuple[PlannedStage, ...] = ()
    throttle: ThrottleSettings | None = None
    quota: QuotaSettings | None = None
    product_code: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    key_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """What holds for the whole account. Source: CP-STAGE-08."""

    cloudwatch_role_arn: str | None = None
