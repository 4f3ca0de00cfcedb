"""Asynchronous invocations: accepted at once, run when there is room, tried again on failure.

Source: LAM-INV-02, LAM-INV-03, LAM-INV-08.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from routekey.errors import (
    FunctionDisabledError,
    FunctionInvokeError,
    FunctionRecursionError,
    FunctionThrottledError,
)
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.resources.function import USUAL_EVENTS, EventInvokeConfig
from routekey.tasks import at_rest, spawn

RETRY_SECONDS: Final = (60.0, 120.0)  # LAM-INV-08: two retries
EVENTS_MAX: Final = 1000  # waiting, running or between tries
EVENTS_BYTES_MAX: Final = 64 * 1024 * 1024
_THROTTLED_SECONDS: Final = 1.0  # doubled each time, up to
_THROTTLED_SECONDS_MAX: Final = 300.0  # as Lambda does, for as long as it keeps the event

SUCCESS: Final = "Success"
RETRIES_EXHAUSTED: Final = "RetriesExhausted"
EVENT_AGE_EXCEEDED: Final = "EventAgeExceeded"
RECURSIVE_INVOCATION: Final = "RecursiveInvocation"
ZERO_RESERVED_CONCURRENCY: Final = "ZeroReservedConcurrency"

Attempt = Callable[[FunctionCall, str], Awaitable[FunctionResult]]
"""Runs a call under a request id, which all tries of an event share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a function wants to become of an event."""

    config: EventInvokeConfig = USUAL_EVENTS
    dead_letter_target: str | None = None
    """The ARN of who gets it when it fails for good, beside the destination."""
    may_recur: bool = False
    """Whether it may lead to further ones of its function without end."""


USUAL_FATE: Final = Fate()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedEvent:
    """An event that was handled, or is not tried any more."""

    call: FunctionCall
    request_id: str
    fate: Fate
    condition: str
    """Why it ended: one of the constants above."""
    invoke_count: int
    result: FunctionResult | None
    """Of the last try; None where the function never took the event."""
    refusal: FunctionInvokeError | None = None
    """Why the last try did not take place, if it did not."""

    @property
    def destination(self) -> str | None:
        """The ARN of who wants to know of it."""
        config = self.fate.config
        return config.on_success if self.condition == SUCCESS else config.on_failure

    @property
    def dead_letter_target(self) -> str | None:
        """The ARN of who gets the event itself, since it has failed."""
        return None if self.condition == SUCCESS else self.fate.dead_letter_target


Farewell = Callable[[EndedEvent], Awaitable[None]]
"""Takes an event that has ended, as destinations do. It raises nothing."""


class DeferredCalls:
    """The events that functions have yet to see, or to see again."""

    def __init__(
        self, attempt: Attempt, on_end: Farewell, retry_seconds: tuple[float, ...]
    ) -> None:
        self._attempt = attempt
        self._on_end = on_end
        self._retry_seconds = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0

    def accept(
        self, call: FunctionCall, request_id: str, fate: Fate = USUAL_FATE
    ) -> FunctionResult:
        """Take an event; its fate says how often it is tried, for how long, and who is told.

        Raises:
            FunctionThrottledError: too many wait already.
        """
        size = self._bytes + len(call.payload)
        if len(self._tasks) >= EVENTS_MAX or size > EVENTS_BYTES_MAX:
            raise FunctionThrottledError(call.function, "the queue of asynchronous events is full")
        self._bytes = size
        task = spawn(self._run(call, request_id, fate), f"event for {call.function}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return FunctionResult(payload=b"", request_id=request_id)

    async def close(self) -> None:
        """Drop the events that still wait."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, call: FunctionCall, request_id: str, fate: Fate) -> None:
        try:
            await self._on_end(await self._try_all(call, request_id, fate))
        finally:
            self._bytes -= len(call.payload)

    async def _try_all(self, call: FunctionCall, request_id: str, fate: Fate) -> EndedEvent:
        """Try as often as the function wants. A try that would come too late is not waited for."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + fate.config.age_seconds_max
        condition, count, result, refusal = RETRIES_EXHAUSTED, 0, None, None
        try:
            for seconds in (0.0, *self._retry_seconds[: fate.config.retries_max]):
                if loop.time() + seconds > ends:
                    condition = EVENT_AGE_EXCEEDED
                    break
                with at_rest():
                    await asyncio.sleep(seconds)
                result = await self._try(call, request_id, ends)
                count += 1
                if result.function_error is None:
                    condition = SUCCESS
                    break
        except FunctionInvokeError as error:
            condition, refusal = _name_condition(error), error
        return EndedEvent(
            call=call,
            request_id=request_id,
            fate=fate,
            condition=condition,
            invoke_count=count,
            result=result,
            refusal=refusal,
        )

    async def _try(self, call: FunctionCall, request_id: str, ends: float) -> FunctionResult:
        """Run once; while there is no room, wait longer and longer."""
        seconds = _THROTTLED_SECONDS
        while True:
            try:
                return await self._attempt(call, request_id)
            except FunctionDisabledError:
                raise
            except FunctionThrottledError:
                if asyncio.get_running_loop().time() + seconds > ends:
                    raise
            with at_rest():
                await asyncio.sleep(seconds)
            seconds = min(2 * seconds, _THROTTLED_SECONDS_MAX)


def _name_condition(refusal: FunctionInvokeError) -> str:
    """Say in Lambda's words why an event was refused for good."""
    match refusal:
        case FunctionDisabledError():
            return ZERO_RESERVED_CONCURRENCY
        case FunctionThrottledError():  # it never had room
            return EVENT_AGE_EXCEEDED
        case FunctionRecursionError():
            return RECURSIVE_INVOCATION
    return RETRIES_EXHAUSTED  # the function is gone
