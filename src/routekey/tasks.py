"""Tasks that nobody awaits: one helper that keeps a reference and logs the failure.

`run_soon` starts a coroutine at once, in the caller's stack, and makes a Task only if it has to
wait. A message that needs no integration is so answered within the read that brought it, at the
price of a function call (CPython's own eager tasks need 3.12).
"""

import asyncio
import logging
import types
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar, cast

logger = logging.getLogger("routekey.tasks")

_T = TypeVar("_T")

_running: set[asyncio.Task[None]] = set()
"""The loop itself holds tasks weakly: one that nobody holds may vanish in mid-flight."""


def spawn(coroutine: Coroutine[object, object, None], name: str) -> asyncio.Task[None]:
    """Run a coroutine in a task of its own; its failure is logged under `name`."""
    task = asyncio.get_running_loop().create_task(coroutine, name=name)  # the one place
    _running.add(task)
    task.add_done_callback(_finish)
    return task


def run_soon(coroutine: Coroutine[object, object, None], name: str) -> None:
    """Run a coroutine until it first waits; make a task of the rest, if there is one.

    The first part runs without a current task: code that needs one (`asyncio.timeout`) has to
    come behind an await that really waits.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration:
        return
    except Exception:
        logger.exception("%s failed", name)
        return
    task = asyncio.get_running_loop().create_task(_finish_later(coroutine, waits_for, name))
    _running.add(task)


@types.coroutine
def within(
    seconds: float, coroutine: Coroutine[object, object, _T]
) -> Generator[object, object, _T]:
    """Await a coroutine for so long at most; then cancel what it waits for, once.

    Unlike `asyncio.timeout` it may be awaited in the first part of what `run_soon` runs.

    Raises:
        TimeoutError: the time was over first.
    """
    try:
        waits_for = coroutine.send(None)
    except StopIteration as done:
        at_once: _T = done.value
        return at_once
    limit = _Limit()
    watch = _find_watch(asyncio.get_running_loop(), seconds)
    watch.add(limit)
    try:
        while True:
            limit.wait(waits_for)
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001  # a cancellation is the coroutine's
                waits_for = coroutine.throw(error)
            else:
                waits_for = coroutine.send(sent)
    except StopIteration as done:
        result: _T = done.value
        return result
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if limit.has_cancelled and (task is None or not task.cancelling()):
            raise TimeoutError from None
        raise  # somebody else cancelled the task
    finally:
        watch.discard(limit)


class _Limit:
    """The end of the time that `within` gives, and what is waited for when it comes."""

    __slots__ = ("_is_over", "_waits_for", "has_cancelled")

    def __init__(self) -> None:
        self._waits_for: object = None
        self._is_over = False
        self.has_cancelled = False

    def wait(self, waits_for: object) -> None:
        """Take note of what is waited for next: a future, or None for one turn of the loop."""
        self._waits_for = waits_for
        if self._is_over and not self.has_cancelled:
            self.end()

    def end(self) -> None:
        """Cancel what is waited for, unless it has just come; then what comes next goes."""
        self._is_over = True
        if isinstance(self._waits_for, asyncio.Future):
            self.has_cancelled = self._waits_for.cancel()


class _Watch:
    """One timer for all that may take so long: who began first is over first.

    A timer of the loop for each costs 2 µs, and nearly all are cancelled.
    """

    __slots__ = ("_limits", "_loop", "_seconds", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._loop = loop
        self._seconds = seconds
        self._limits: dict[_Limit, float] = {}
        """When each is over, in the loop's time; the first to end is the first."""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether no timer runs, or ever will."""
        return self._timer is None or self._loop.is_closed()

    def add(self, limit: _Limit) -> None:
        """Watch one; it ends, unless it is discarded first."""
        ends_at = self._limits[limit] = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_at(ends_at, self._end_late)

    def discard(self, limit: _Limit) -> None:
        """Watch it no longer."""
        self._limits.pop(limit, None)

    def _end_late(self) -> None:
        self._timer = None
        now = self._loop.time()
        while self._limits:
            limit, ends_at = next(iter(self._limits.items()))
            if ends_at > now:
                self._timer = self._loop.call_at(ends_at, self._end_late)
                return
            del self._limits[limit]
            limit.end()


_watches: dict[tuple[asyncio.AbstractEventLoop, float], _Watch] = {}
_WATCHES_MAX: Final = 100
"""So many different times as routes have for their integrations; idle ones go when it is full."""


def _find_watch(loop: asyncio.AbstractEventLoop, seconds: float) -> _Watch:
    watch = _watches.get((loop, seconds))
    if watch is None:
        if len(_watches) >= _WATCHES_MAX:
            for key in [key for key, each in _watches.items() if each.is_idle]:
                del _watches[key]
        watch = _watches[loop, seconds] = _Watch(loop, seconds)
    return watch


_resting: set[asyncio.Task[object] | None] = set()
_LOOK_SECONDS: Final = 0.05
"""How late it may be noticed that a task has come to rest."""


@contextmanager
def at_rest() -> Iterator[None]:
    """Mark what the current task does as waiting for work: a stop need not wait for it.

    Its end is the business of whoever has spawned it.
    """
    task = asyncio.current_task()
    _resting.add(task)
    try:
        yield
    finally:
        _resting.discard(task)


async def wait_for_all(seconds: float) -> None:
    """Wait until no task works any more, so long at most; cancel those that still do."""
    loop = asyncio.get_running_loop()
    tasks = {task for task in _running if task.get_loop() is loop}
    ends_at = loop.time() + seconds
    while (working := tasks - _resting) and (left := ends_at - loop.time()) > 0:
        done, _ = await asyncio.wait(working, timeout=min(left, _LOOK_SECONDS))
        tasks -= done
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    _running.difference_update(working)


@types.coroutine
def _resume(
    coroutine: Coroutine[object, object, None], waits_for: object
) -> Generator[object, object, None]:
    """Run the rest of a coroutine that has already yielded once."""
    try:
        while True:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001  # a cancellation is the coroutine's
                waits_for = coroutine.throw(error)
            else:
                waits_for = coroutine.send(sent)
    except StopIteration:
        return


async def _finish_later(
    coroutine: Coroutine[object, object, None], waits_for: object, name: str
) -> None:
    """Run the rest in a task that ends its own bookkeeping: a callback is a turn of the loop."""
    try:
        await _resume(coroutine, waits_for)
    except Exception:
        logger.exception("%s failed", name)
    finally:
        _running.discard(cast("asyncio.Task[None]", asyncio.current_task()))


def _finish(task: asyncio.Task[None]) -> None:
    _running.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.error("%s failed", task.get_name(), exc_info=error)
