"""Token buckets. Source: DP-LIM-10.

A bucket holds `burst` tokens and is refilled at `rate` tokens a second; a request takes one or is
refused. It keeps two numbers and no timer: what flowed in meanwhile is reckoned when somebody asks.
"""


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


def complete_rate(rate: float | None, burst: int | None) -> tuple[float, int]:
    """Give a limit both its numbers. None of both lets nothing pass (DP-HSK-17).

    One of the two alone means as much as both: a rate without burst lets one pass at a time.
    """
    effective_rate = float(burst or 0) if rate is None else rate
    effective_burst = int(max(rate or 0, 1 if rate else 0)) if burst is None else burst
    return effective_rate, effective_burst
