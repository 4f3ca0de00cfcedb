"""Time, as the heart sees it: a port to ask, and the three ways AWS writes it."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Clock(Protocol):
    """Tell the time. Tests own one and move it."""

    def now_ms(self) -> int:
        """Tell the time in milliseconds since 1970, UTC."""
        ...


def format_clf(epoch_ms: int) -> str:
    """Write a time as `requestTime` has it: `25/Sep/2026:00:01:14 +0000`. Source: DP-EVT-05."""
    return _clf_of_second(epoch_ms // 1000)


def format_iso(epoch_ms: int) -> str:
    """Write a time as `@connections` has it: `2026-09-25T00:22:29.887Z`. Source: DP-MGM-08."""
    return f"{_utc(epoch_ms // 1000):%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"


def format_amz_date(epoch_ms: int) -> str:
    """Write a time as SigV4 has it: `20230804T000000Z`. Source: SEC-ERR-05."""
    return f"{_utc(epoch_ms // 1000):%Y%m%dT%H%M%SZ}"


@lru_cache(maxsize=4)  # the current second and its neighbours: messages come thousands a second
def _clf_of_second(epoch_seconds: int) -> str:
    at = _utc(epoch_seconds)
    return f"{at:%d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0000"  # %b would follow the locale


def _utc(epoch_seconds: int) -> datetime:
    return datetime.fromtimestamp(epoch_seconds, UTC)
