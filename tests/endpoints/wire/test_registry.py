"""The timer that all connections of a listener share."""

import asyncio

from endpoints.wire.support import DATE, FixedClock
from routekey.endpoints.wire.registry import Registry
from routekey.endpoints.wire.settings import Settings


class Patient:
    """Something that waits and knows when its wait ended."""

    def __init__(self) -> None:
        self.deadline = 0.0
        self.expired: asyncio.Queue[float] = asyncio.Queue()

    def expire(self) -> None:
        self.expired.put_nowait(asyncio.get_running_loop().time())


class Failing(Patient):
    """Something whose end fails."""

    def expire(self) -> None:
        super().expire()
        raise ZeroDivisionError


class Line:
    """A connection."""

    def close(self, code: int, reason: str) -> None:
        """Nothing to close."""

    def abort(self) -> None:
        """Nothing to abort."""


def registry() -> Registry:
    return Registry(Settings(tick_seconds=0.01), FixedClock())


async def test_a_deadline_is_never_early_and_comes_once() -> None:
    shared, patient = registry(), Patient()
    begin = asyncio.get_running_loop().time()
    shared.watch(patient, 0.05)
    assert await patient.expired.get() - begin >= 0.05
    another = Patient()
    shared.watch(another, 0.02)
    await another.expired.get()
    assert patient.expired.empty()
    shared.stop()


async def test_the_last_deadline_counts() -> None:
    shared, early, late = registry(), Patient(), Patient()
    shared.watch(early, 0.01)
    shared.watch(late, 0.01)
    shared.watch(late, 60)
    await early.expired.get()
    assert late.expired.empty()
    shared.stop()


async def test_who_is_no_longer_watched_does_not_expire() -> None:
    shared, forgotten, watched = registry(), Patient(), Patient()
    shared.watch(forgotten, 0.01)
    shared.watch(watched, 0.03)
    shared.unwatch(forgotten)
    shared.unwatch(forgotten)
    await watched.expired.get()
    assert forgotten.expired.empty()
    shared.stop()


async def test_an_end_that_fails_does_not_stop_the_timer() -> None:
    shared, failing, patient = registry(), Failing(), Patient()
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: failures.append(type(context["exception"]))
    )
    shared.watch(failing, 0.01)
    shared.watch(patient, 0.05)
    await patient.expired.get()
    assert failures == [ZeroDivisionError]
    shared.stop()


async def test_the_date_is_that_of_the_clock() -> None:
    shared = registry()
    assert shared.date == DATE
    shared.stop()


async def test_the_registry_is_empty_when_the_last_connection_is_gone() -> None:
    shared, first, second = registry(), Line(), Line()
    await shared.wait_empty()
    shared.add(first)
    waiting = asyncio.gather(shared.wait_empty())
    await asyncio.sleep(0)
    shared.discard(first)
    shared.add(second)  # one has turned into the other
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not waiting.done()
    shared.discard(second)
    await waiting
    shared.stop()
