"""AWS's numbers: one table. They are not configuration; `Limits` says which of them hold here.

Each row names the limit that an operator may set, or says why there is none.

Source: DP-LIM-01 to DP-LIM-10.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One limit of API Gateway or Lambda."""

    value: int
    unit: str
    is_adjustable: bool
    """Whether AWS raises it on request."""
    source: str
    limit: str = ""
    """The field of `Limits` that changes it here; empty where nothing does."""
    fixed_because: str = ""
    """Why nothing does."""


FRAME_BYTES_MAX: Final = 32 * 1024
MESSAGE_BYTES_MAX: Final = 128 * 1024
IDLE_SECONDS_MAX: Final = 10 * 60
CONNECTION_SECONDS_MAX: Final = 2 * 60 * 60
URL_CHARACTERS_MAX: Final = 4096
HEADER_BYTES_MAX: Final = 10_240
INTEGRATION_TIMEOUT_MS_MIN: Final = 50
INTEGRATION_TIMEOUT_MS_MAX: Final = 29_000
AUTHORIZER_RESULT_BYTES_MAX: Final = 8 * 1024
TEMPLATE_BYTES_MAX: Final = 300 * 1024
FOREACH_ITERATIONS_MAX: Final = 1000
NEW_CONNECTIONS_PER_SECOND: Final = 500
ACCOUNT_RATE: Final = 10_000
ACCOUNT_BURST: Final = 5_000
ROUTES_PER_API: Final = 300
FUNCTION_RESPONSE_BYTES_MAX: Final = 6 * 1024 * 1024 + 100
FUNCTION_TIMEOUT_SECONDS_MAX: Final = 900

QUOTAS: Final = MappingProxyType(
    {
        "frame": Quota(
            value=FRAME_BYTES_MAX, unit="bytes", is_adjustable=False, source="DP-LIM-03"
        ),
        "message": Quota(
            value=MESSAGE_BYTES_MAX, unit="bytes", is_adjustable=False, source="DP-LIM-03"
        ),
        "idle": Quota(
            value=IDLE_SECONDS_MAX, unit="seconds", is_adjustable=False, source="DP-LIM-06"
        ),
        "connection duration": Quota(
            value=CONNECTION_SECONDS_MAX, unit="seconds", is_adjustable=False, source="DP-LIM-09"
        ),
        "URL length": Quota(
            value=URL_CHARACTERS_MAX, unit="characters", is_adjustable=False, source="DP-URL-04"
        ),
        "header block": Quota(
            value=HEADER_BYTES_MAX, unit="bytes", is_adjustable=False, source="DP-EVT-21"
        ),
        "integration timeout": Quota(
            value=INTEGRATION_TIMEOUT_MS_MAX, unit="ms", is_adjustable=False, source="DP-INT-04"
        ),
        "authorizer result": Quota(
            value=AUTHORIZER_RESULT_BYTES_MAX, unit="bytes", is_adjustable=False, source="DP-AUT-09"
        ),
        "mapping template": Quota(
            value=TEMPLATE_BYTES_MAX, unit="bytes", is_adjustable=False, source="DP-VTL-14"
        ),
        "#foreach iterations": Quota(
            value=FOREACH_ITERATIONS_MAX, unit="", is_adjustable=False, source="DP-VTL-14"
        ),
        "new connections": Quota(
            value=NEW_CONNECTIONS_PER_SECOND,
            unit="per second",
            is_adjustable=True,
            source="DP-LIM-01",
        ),
        "requests": Quota(
            value=ACCOUNT_RATE, unit="per second", is_adjustable=True, source="DP-LIM-10"
        ),
        "request burst": Quota(
            value=ACCOUNT_BURST, unit="", is_adjustable=True, source="DP-LIM-10"
        ),
        "routes per API": Quota(
            value=ROUTES_PER_API, unit="", is_adjustable=True, source="DP-LIM-01"
        ),
        "function response": Quota(
            value=FUNCTION_RESPONSE_BYTES_MAX,
            unit="bytes",
            is_adjustable=False,
            source="LAM-RAPI-08",
        ),
        "function timeout": Quota(
            value=FUNCTION_TIMEOUT_SECONDS_MAX,
            unit="seconds",
            is_adjustable=False,
            source="LAM-LIFE-04",
        ),
    }
)
"""Every quota by its name in the Developer Guide, as `routekey limits` and the docs print them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that hold here: AWS's by default, raised or off where the operator says so.

    A value of 0 switches a limit off, except for the two sizes: a gateway that takes frames of any
    size can be made to run out of memory by anyone.
    """

    frame_bytes_max: int = FRAME_BYTES_MAX
    message_bytes_max: int = MESSAGE_BYTES_MAX
    idle_seconds_max: int = IDLE_SECONDS_MAX
    connection_seconds_max: int = CONNECTION_SECONDS_MAX
    account_rate: float = ACCOUNT_RATE
    account_burst: int = ACCOUNT_BURST
    new_connections_per_second: float = NEW_CONNECTIONS_PER_SECOND
    is_idle_reset_by_ping: bool = False
    """Whether a Ping counts as traffic; contested, and no by default (DP-LIM-07)."""

    def __post_init__(self) -> None:
        """Refuse the sizes that would not bound anything."""
        if self.frame_bytes_max < 1 or self.message_bytes_max < 1:
            msg = "frame_bytes_max and message_bytes_max must be at least 1"
            raise ValueError(msg)
