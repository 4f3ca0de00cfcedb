"""Asynchronous invocations: accepted at once, run when there is room, tried again on failure.

Source: LAM-INV-02, LAM-INV-03, LAM-INV-08.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from routekey.errors import FunctionInvokeError, FunctionThrottledError
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.tasks import spawn

RETRY_SECONDS: Final = (60.0, 120.0)  # LAM-INV-08: two retries
EVENTS_MAX: Final = 1000  # waiting, running or between tries
EVENTS_BYTES_MAX: Final = 64 * 1024 * 1024
_THROTTLED_SECONDS: Final = 1.0  # doubled each time, up to
_THROTTLED_SECONDS_MAX: Final = 300.0  # as Lambda does, for up to
_EVENT_SECONDS_MAX: Final = 6 * 3600.0  # which is how long Lambda keeps an event

Attempt = Callable[[FunctionCall, str], Awaitable[FunctionResult]]
"""Runs a call under a request id, which all tries of an event share."""
Failure = Callable[[FunctionCall, FunctionResult], None]
"""Takes an event that has failed for good, as an on-failure destination does."""


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

    def accept(self, call: FunctionCall, request_id: str) -> FunctionResult:
        """Take an event.

        Raises:
            FunctionThrottledError: too many wait already.
        """
        size = self._bytes + len(call.payload)
        if len(self._tasks) >= EVENTS_MAX or size > EVENTS_BYTES_MAX:
            raise FunctionThrottledError(call.function, "the queue of asynchronous events is full")
        self._bytes = size
        task = spawn(self._run(call, request_id), f"event for {call.function}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return FunctionResult(payload=b"", request_id=request_id)

    async def close(self) -> None:
        """Drop the events that still wait."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, call: FunctionCall, request_id: str) -> None:
        try:
            result = await self._try(call, request_id)
            for seconds in self._retry_seconds:
                if result.function_error is None:
                    break
                await asyncio.sleep(seconds)
                result = await self._try(call, request_id)
            if result.function_error is not None:
                self._on_failure(replace(call, is_async=False), result)
        except FunctionInvokeError as error:  # it is gone, or never has room
            payload = str(error).encode()
            failed = FunctionResult(payload=payload, function_error="Unhandled")
            self._on_failure(replace(call, is_async=False), failed)
        finally:
            self._bytes -= len(call.payload)

    async def _try(self, call: FunctionCall, request_id: str) -> FunctionResult:
        """Run once; while there is no room, wait longer and longer."""
        started = asyncio.get_running_loop().time()
        seconds = _THROTTLED_SECONDS
        while True:
            try:
                return await self._attempt(call, request_id)
            except FunctionThrottledError:
                if asyncio.get_running_loop().time() - started > _EVENT_SECONDS_MAX:
                    raise
            await asyncio.sleep(seconds)
            seconds = min(2 * seconds, _THROTTLED_SECONDS_MAX)
