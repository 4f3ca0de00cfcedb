"""Event source mappings: functions that queues and streams call.

Each source has one reader, which waits for the function before it reads on, so that a stream's
records stay in order. Only local services are read: those of AWS have their real Lambda.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from routekey.adapters.functions.event_records import (
    Reader,
    Record,
    identify_record,
    make_filter,
    make_reader,
)
from routekey.adapters.functions.local_clients import FindEndpoint, make_clients
from routekey.errors import FunctionInvokeError, InputError
from routekey.gateway.ports import FunctionCall, FunctionResult, Functions
from routekey.resources.function import EventSource
from routekey.tasks import at_rest, spawn

_READERS_MAX: Final = 16
"""Threads, each with one request at a time; sources beyond take turns."""
_QUIET_SECONDS: Final = 0.2
"""Between two looks at a source that had nothing."""
_RETRY_SECONDS: Final = 1.0  # doubled each time, up to
_RETRY_SECONDS_MAX: Final = 60.0


class EventSources:
    """The readers of all sources.

    Args:
        functions: what they call.
        find_endpoint: tells where the services are.
        region: of the services.
        complain: tells the user what does not work, once.
    """

    def __init__(
        self,
        functions: Functions,
        find_endpoint: FindEndpoint,
        region: str,
        complain: Callable[[str], None],
    ) -> None:
        self._functions = functions
        self._find_endpoint = find_endpoint
        self._region = region
        self._complain = complain
        self._tasks: dict[EventSource, asyncio.Task[None]] = {}
        self._threads = ThreadPoolExecutor(_READERS_MAX, thread_name_prefix="event sources")

    async def replace(self, sources: Iterable[EventSource]) -> None:
        """Read these sources from now on; those that stay keep their position."""
        wanted = set(sources)
        old = [self._tasks.pop(source) for source in set(self._tasks) - wanted]
        await _cancel(old)
        for source in wanted - set(self._tasks):
            name = f"read {source.event_source_arn}"
            self._tasks[source] = spawn(self._follow(source), name)

    async def close(self) -> None:
        """Read no more."""
        tasks, self._tasks = list(self._tasks.values()), {}
        await _cancel(tasks)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _follow(self, source: EventSource) -> None:
        """Read a source for ever; what goes wrong is told, and tried again later and later."""
        seconds = _RETRY_SECONDS
        while True:
            try:
                endpoint = await self._find_endpoint()
                if endpoint is None:
                    self._complain(f"{source.event_source_arn} is at AWS, and is not read here")
                    return
                clients = make_clients(endpoint, self._region)
                reader = await self._beside(make_reader, source, clients)
                seconds = _RETRY_SECONDS
                await self._read_all(source, reader)
            except (BotoCoreError, ClientError, InputError, KeyError) as error:
                self._complain(f"{source.event_source_arn} cannot be read: {error}")
            with at_rest():
                await asyncio.sleep(seconds)
            seconds = min(2 * seconds, _RETRY_SECONDS_MAX)

    async def _read_all(self, source: EventSource, reader: Reader) -> None:
        seconds = _RETRY_SECONDS
        wants = make_filter(source.filter_patterns)
        while True:
            with at_rest():
                records: list[Record] = await self._beside(reader.read)
                if not records:
                    await asyncio.sleep(_QUIET_SECONDS)
                    continue
            given = [record for record in records if wants(record)]
            failed = await self._call(source, given) if given else set()
            if failed is None:
                failed = {identify_record(record) for record in given}
            await self._beside(reader.settle, failed)
            if failed:
                with at_rest():
                    await asyncio.sleep(seconds)
                seconds = min(2 * seconds, _RETRY_SECONDS_MAX)
            else:
                seconds = _RETRY_SECONDS

    async def _call(self, source: EventSource, records: list[Record]) -> set[str] | None:
        """Hand records to the function; tell which have failed, None for all of them."""
        payload = json.dumps({"Records": records}, separators=(",", ":")).encode()
        call = FunctionCall(
            function=source.function_name, payload=payload, trace_id=find_trace_header(records)
        )
        try:
            result = await self._functions.invoke(call)
        except FunctionInvokeError as error:
            self._complain(f"{source.event_source_arn}: {error}")
            return None
        return read_failures(result, is_partial=source.is_partial)

    async def _beside(self, work: Callable[..., Any], *arguments: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


def find_trace_header(records: Iterable[Record]) -> str:
    """Find the trace that records are part of: of the first that knows; empty where none does."""
    headers = (record.get("attributes", {}).get("AWSTraceHeader", "") for record in records)
    return next(filter(None, headers), "")


def read_failures(result: FunctionResult, *, is_partial: bool) -> set[str] | None:
    """Tell which records a function has not handled; None for all of them.

    A partial answer that is malformed, or names no record, counts as a failure of all, as on
    Lambda.
    """
    if result.function_error is not None:
        return None
    if not is_partial:
        return set()
    try:
        answer = json.loads(result.payload)
        failures = (answer or {}).get("batchItemFailures") or []
        failed = {failure["itemIdentifier"] for failure in failures}
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return failed if all(isinstance(name, str) and name for name in failed) else None


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    waiting = list(tasks)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
