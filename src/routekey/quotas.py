"""AWS's numbers: one table. They are not configuration; `Limits` says which of them hold here.

Each row names the limit that an operator may set, or says why there is none.

Source: DP-LIM-01 to DP-LIM-10.
"""

from dataclasses import dataclass, fields
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
FUNCTION_MEMORY_MB_MIN: Final = 128
FUNCTION_MEMORY_MB_MAX: Final = 10_240
FUNCTION_LAYERS_MAX: Final = 5

QUOTAS: Final = MappingProxyType(
    {
        "frame": Quota(
            value=FRAME_BYTES_MAX,
            unit="bytes",
            is_adjustable=False,
            source="DP-LIM-03",
            limit="frame_bytes_max",
        ),
        "message": Quota(
            value=MESSAGE_BYTES_MAX,
            unit="bytes",
            is_adjustable=False,
            source="DP-LIM-03",
            limit="message_bytes_max",
        ),
        "idle": Quota(
            value=IDLE_SECONDS_MAX,
            unit="seconds",
            is_adjustable=False,
            source="DP-LIM-06",
            limit="idle_seconds_max",
        ),
        "connection duration": Quota(
            value=CONNECTION_SECONDS_MAX,
            unit="seconds",
            is_adjustable=False,
            source="DP-LIM-09",
            limit="connection_seconds_max",
        ),
        "URL length": Quota(
            value=URL_CHARACTERS_MAX,
            unit="characters",
            is_adjustable=False,
            source="DP-URL-04",
            limit="url_characters_max",
        ),
        "header block": Quota(
            value=HEADER_BYTES_MAX,
            unit="bytes",
            is_adjustable=False,
            source="DP-EVT-21",
            limit="header_bytes_max",
        ),
        "integration timeout": Quota(
            value=INTEGRATION_TIMEOUT_MS_MAX,
            unit="ms",
            is_adjustable=False,
            source="DP-INT-04",
            fixed_because="each integration says its own, and AWS would refuse a longer one",
        ),
        "authorizer result": Quota(
            value=AUTHORIZER_RESULT_BYTES_MAX,
            unit="bytes",
            is_adjustable=False,
            source="DP-AUT-09",
            fixed_because="a connection keeps it, and each event repeats it",
        ),
        "mapping template": Quota(
            value=TEMPLATE_BYTES_MAX,
            unit="bytes",
            is_adjustable=False,
            source="DP-VTL-14",
            fixed_because="AWS would refuse a larger one",
        ),
        "#foreach iterations": Quota(
            value=FOREACH_ITERATIONS_MAX,
            unit="",
            is_adjustable=False,
            source="DP-VTL-14",
            fixed_because="it bounds what a message can make the gateway compute",
        ),
        "new connections": Quota(
            value=NEW_CONNECTIONS_PER_SECOND,
            unit="per second",
            is_adjustable=True,
            source="DP-LIM-01",
            limit="new_connections_per_second",
        ),
        "requests": Quota(
            value=ACCOUNT_RATE,
            unit="per second",
            is_adjustable=True,
            source="DP-LIM-10",
            limit="account_rate",
        ),
        "request burst": Quota(
            value=ACCOUNT_BURST,
            unit="",
            is_adjustable=True,
            source="DP-LIM-10",
            limit="account_burst",
        ),
        "routes per API": Quota(
            value=ROUTES_PER_API,
            unit="",
            is_adjustable=True,
            source="DP-LIM-01",
            fixed_because="only CreateRoute asks: a project's own file may have more",
        ),
        "function response": Quota(
            value=FUNCTION_RESPONSE_BYTES_MAX,
            unit="bytes",
            is_adjustable=False,
            source="LAM-RAPI-08",
            fixed_because="it bounds what one call can make the gateway keep",
        ),
        "function timeout": Quota(
            value=FUNCTION_TIMEOUT_SECONDS_MAX,
            unit="seconds",
            is_adjustable=False,
            source="LAM-LIFE-04",
            fixed_because="each function says its own, and AWS would refuse a longer one",
        ),
        "function memory": Quota(
            value=FUNCTION_MEMORY_MB_MAX,
            unit="MB",
            is_adjustable=False,
            source="LAM-LIFE-04",
            fixed_because="each function says its own, and AWS would refuse a larger one",
        ),
        "function layers": Quota(
            value=FUNCTION_LAYERS_MAX,
            unit="layers",
            is_adjustable=False,
            source="LAM-ENV-06",
            fixed_because="each function names its own, and AWS would refuse more",
        ),
    }
)
"""Every quota by its name in the Developer Guide, as the docs print them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that hold here: AWS's by default, raised or off where the operator says so.

    A value of 0 switches a limit off, except for the sizes: a gateway that takes frames, messages
    or heads of any size can be made to run out of memory by anyone.
    """

    frame_bytes_max: int = FRAME_BYTES_MAX
    message_bytes_max: int = MESSAGE_BYTES_MAX
    url_characters_max: int = URL_CHARACTERS_MAX
    header_bytes_max: int = HEADER_BYTES_MAX
    idle_seconds_max: int = IDLE_SECONDS_MAX
    connection_seconds_max: int = CONNECTION_SECONDS_MAX
    account_rate: float = ACCOUNT_RATE
    account_burst: int = ACCOUNT_BURST
    new_connections_per_second: float = NEW_CONNECTIONS_PER_SECOND

    def __post_init__(self) -> None:
        """Refuse what would not bound anything, and times and rates before zero."""
        for field in fields(self):
            is_size = field.name.endswith(("bytes_max", "characters_max"))
            value, least = getattr(self, field.name), 1 if is_size else 0
            if value < least:
                msg = f"{field.name} must be at least {least}"
                raise ValueError(msg)
