"""Asynchronous invocations: accepted at once, run when there is room, tried again on failure.

Source: LAM-INV-02, LAM-INV-03, LAM-INV-08.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from routekey.errors import FunctionInvokeError, FunctionThrottledError
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.resources.function import USUAL_EVENTS, EventInvokeConfig
from routekey.tasks import spawn

RETRY_SECONDS: Final = (60.0, 120.0)  # LAM-INV-08: two retries
EVENTS_MAX: Final = 1000  # waiting, running or between tries
EVENTS_BYTES_MAX: Final = 64 * 1024 * 1024
_THROTTLED_SECONDS: Final = 1.0  # doubled each time, up to
_THROTTLED_SECONDS_MAX: Final = 300.0  # as Lambda does, for as long as it keeps the event

RETRIES_EXHAUSTED: Final = "RetriesExhausted"
EVENT_AGE_EXCEEDED: Final = "EventAgeExceeded"

Attempt = Callable[[FunctionCall, str], Awaitable[FunctionResult]]
"""Runs a call under a request id, which all tries of an event share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEvent:
    """An event that is not tried any more."""

    call: FunctionCall
    request_id: str
    destination: str | None
    """The ARN of who wants to know of it."""
    condition: str
    """`RetriesExhausted` or `EventAgeExceeded`."""
    invoke_count: int
    result: FunctionResult | None
    """Of the last try; None where the function never took the event."""


Failure = Callable[[FailedEvent], Awaitable[None]]
"""Takes an event that has failed for good, as an on-failure destination does. It raises nothing."""


class DeferredCalls:
    """The events that functions have yet to see, or to see again."""

    def __init__(
        self, attempt: Attempt, on_failure: Failure, retry_seconds: tuple[float, ...]
    ) -> None:
        self._attempt = attempt
        self._on_failure = on_failure
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0

    def accept(
        self, call: FunctionCall, request_id: str, config: EventInvokeConfig = USUAL_EVENTS
    ) -> FunctionResult:
        """Take an event; the config says how often it is tried, and for how long.

        Raises:
            FunctionThrottledError: too many wait already.
        """
        size = self._bytes + len(call.payload)
        if len(self._tasks) >= EVENTS_MAX or size > EVENTS_BYTES_MAX:
            raise FunctionThrottledError(call.function, "the queue of asynchronous events is full")
        self._bytes = size
        task = spawn(self._run(call, request_id, config), f"event for {call.function}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return FunctionResult(payload=b"", request_id=request_id)

    async def close(self) -> None:
        """Drop the events that still wait."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, call: FunctionCall, request_id: str, config: EventInvokeConfig) -> None:
        try:
            failed = await self._try_all(call, request_id, config)
            if failed is not None:
                await self._on_failure(failed)
        finally:
            self._bytes -= len(call.payload)

    async def _try_all(
        self, call: FunctionCall, request_id: str, config: EventInvokeConfig
    ) -> FailedEvent | None:
        """Try as often as the function wants; None when it has worked.

        A try that would come too late is not waited for.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + config.maximum_event_age_in_seconds
        condition, count, result = RETRIES_EXHAUSTED, 0, None
        try:
            for seconds in (0.0, *self._retry_seconds[: config.maximum_retry_attempts]):
                if loop.time() + seconds > ends:
                    condition = EVENT_AGE_EXCEEDED
                    break
                await asyncio.sleep(seconds)
                result = await self._try(call, request_id, ends)
                count += 1
                if result.function_error is None:
                    return None
        except FunctionThrottledError:  # it never had room
            condition = EVENT_AGE_EXCEEDED
        except FunctionInvokeError:  # it is gone
            pass
        return FailedEvent(
            call=call,
            request_id=request_id,
            destination=config.on_failure,
            condition=condition,
            invoke_count=count,
            result=result,
        )

    async def _try(self, call: FunctionCall, request_id: str, ends: float) -> FunctionResult:
        """Run once; while there is no room, wait longer and longer."""
        seconds = _THROTTLED_SECONDS
        while True:
            try:
                return await self._attempt(call, request_id)
            except FunctionThrottledError:
                if asyncio.get_running_loop().time() + seconds > ends:
                    raise
            await asyncio.sleep(seconds)
            seconds = min(2 * seconds, _THROTTLED_SECONDS_MAX)
