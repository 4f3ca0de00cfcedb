import asyncio
import logging

import pytest

from routekey.tasks import run_soon, spawn, wait_for_all


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
