import asyncio
import logging

import pytest

from routekey.tasks import at_rest, run_soon, spawn, wait_for_all, within


async def test_what_never_waits_is_done_at_once() -> None:
    done: list[str] = []

    async def story() -> None:
        done.append("done")

    run_soon(story(), "story")
    assert done == ["done"]


async def test_what_waits_goes_on_in_a_task() -> None:
    done: list[str] = []
    gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def story() -> None:
        done.append(await gate)
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await asyncio.sleep(0)
        done.append("done")

    run_soon(story(), "story")
    assert done == []
    gate.set_result("opened")
    await wait_for_all(10)
    assert done == ["opened", "done"]


async def test_a_failure_of_what_is_awaited_reaches_the_coroutine() -> None:
    caught: list[str] = []
    gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def story() -> None:
        try:
            await gate
        except ValueError as error:
            caught.append(str(error))

    run_soon(story(), "story")
    gate.set_exception(ValueError("broken"))
    await wait_for_all(10)
    assert caught == ["broken"]


@pytest.mark.parametrize("waits", [True, False])
async def test_a_failure_is_logged_under_its_name(
    caplog: pytest.LogCaptureFixture, *, waits: bool
) -> None:
    async def story() -> None:
        if waits:
            await asyncio.sleep(0)
        raise RuntimeError("user code")

    with caplog.at_level(logging.ERROR, "routekey.tasks"):
        run_soon(story(), "the story")
        await wait_for_all(10)
    assert [record.getMessage() for record in caplog.records] == ["the story failed"]


async def test_what_does_not_end_is_cancelled() -> None:
    async def story() -> None:
        await asyncio.get_running_loop().create_future()

    task = spawn(story(), "story")
    await wait_for_all(0)
    assert task.cancelled()


async def test_what_waits_for_work_is_neither_waited_for_nor_cancelled() -> None:
    work: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def story() -> None:
        with at_rest():
            await work

    task = spawn(story(), "story")
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await wait_for_all(600)
    assert not task.done()
    work.set_result(None)
    await task


async def test_what_works_is_waited_for_until_it_comes_to_rest() -> None:
    done: list[str] = []
    work: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def story() -> None:
        await work
        done.append("done")
        with at_rest():
            await asyncio.get_running_loop().create_future()

    task = spawn(story(), "story")
    asyncio.get_running_loop().call_later(0.01, work.set_result, None)
    async with asyncio.timeout(30):
        await wait_for_all(600)
    assert done == ["done"]
    assert not task.done()
    task.cancel()


async def test_what_ends_within_its_time_gives_its_result() -> None:
    gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(gate.set_result, "opened")

    async def story() -> str:
        await asyncio.sleep(0)
        return await gate

    async def at_once() -> str:
        return "done"

    assert await within(10, story()) == "opened"
    assert await within(10, at_once()) == "done"


async def test_what_takes_too_long_is_cancelled() -> None:
    left: list[str] = []

    async def story() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(0)  # what is left to do is not cancelled
            left.append("left")

    with pytest.raises(TimeoutError):
        await within(0.01, story())
    assert left == ["left"]


async def test_what_is_busy_when_its_time_ends_is_cancelled_where_it_waits_next() -> None:
    async def story() -> None:
        for _ in range(1000):
            await asyncio.sleep(0)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(TimeoutError):
        await within(0, story())


async def test_time_may_end_before_there_is_a_task() -> None:
    ended: list[str] = []

    async def story() -> None:
        try:
            await within(0.01, wait_for_ever())
        except TimeoutError:
            ended.append("ended")

    async def wait_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    run_soon(story(), "story")
    await wait_for_all(10)
    assert ended == ["ended"]


async def test_a_cancelled_task_has_not_run_out_of_time() -> None:
    async def wait_for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    async def story() -> None:
        await within(10, wait_for_ever())

    task = spawn(story(), "story")
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_failure_comes_through() -> None:
    async def story() -> None:
        await asyncio.sleep(0)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await within(10, story())


async def test_each_of_many_has_its_own_time() -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    ended: list[tuple[str, bool]] = []

    async def wait(name: str, gate: asyncio.Future[None]) -> None:
        async def pass_gate() -> None:
            await gate

        try:
            await within(0.3, pass_gate())
            ended.append((name, True))
        except TimeoutError:
            ended.append((name, loop.time() - began < 0.3))

    gates = [loop.create_future() for _ in range(4)]
    loop.call_soon(gates[1].set_result, None)
    first = asyncio.gather(wait("late", gates[0]), wait("in time", gates[1]))
    await gates[1]
    second = asyncio.gather(wait("later", gates[2]), wait("in time", gates[3]))
    gates[3].set_result(None)
    await asyncio.gather(first, second)
    assert ended == [("in time", True), ("in time", True), ("late", False), ("later", False)]
