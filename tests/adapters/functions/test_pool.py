"""Which environment takes which call, and which call is refused."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from adapters.functions.laboratory import Lab, is_running, wait_for
from routekey.adapters.functions.pool import QUEUE_MAX
from routekey.errors import FunctionThrottledError
from routekey.gateway.ports import FunctionCall
from routekey.resources.function import Function
from routekey.tasks import spawn
from scenarios.running import wait_until

WAIT = """
import os, time
def handler(event, context):
    if event:
        open(event["started"], "w").close()
        while not os.path.exists(event["until"]):
            time.sleep(0.002)
    return os.getpid()
"""

READY = """
import os, pathlib
pathlib.Path(os.environ["READY"], str(os.getpid())).touch()
def handler(event, context):
    return [os.getpid(), os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
"""
"""Its module notes each process that loads it."""


class Gate:
    """Calls that run until they are let go."""

    def __init__(self, lab: Lab, function: str = "f") -> None:
        self.lab = lab
        self.function = function
        self.until = lab.folder / f"{function}-go"
        self.pids: list[int] = []

    async def enter(self, number: int) -> None:
        """Start a call and wait until it runs."""
        started = self.wait_in_queue(number)
        await wait_for(started)

    def wait_in_queue(self, number: int) -> Path:
        started = self.lab.folder / f"{self.function}-{number}"
        spawn(self._call(started), "a call at the gate")
        return started

    async def open(self, calls: int) -> list[int]:
        self.until.touch()
        await wait_until(lambda: len(self.pids) == calls, "the calls at the gate")
        return self.pids

    async def _call(self, started: Path) -> None:
        event = {"started": str(started), "until": str(self.until)}
        self.pids.append(await self.lab.call(event, self.function))


async def limit(lab: Lab, **settings: int) -> None:
    await lab.pools.close()
    lab.pools = lab.make_pools(**settings)


async def test_the_environment_that_was_used_last_is_used_first(lab: Lab) -> None:
    await lab.serve(lab.python(WAIT))
    gate = Gate(lab)
    for number in range(3):
        await gate.enter(number)
    pids = await gate.open(3)
    assert [await lab.call() for _ in range(3)] == [pids[-1]] * 3


async def test_calls_beyond_the_limit_wait_for_their_turn(lab: Lab) -> None:
    await limit(lab, environments_max=1)
    await lab.serve(lab.python(WAIT))
    gate = Gate(lab)
    await gate.enter(0)
    gate.wait_in_queue(1)
    gate.wait_in_queue(2)
    assert len(set(await gate.open(3))) == 1


@pytest.mark.rule("LAM-ENV-08", "LAM-INV-06")
async def test_reserved_concurrency_refuses_at_once(lab: Lab) -> None:
    await lab.serve(lab.python(WAIT, reserved_concurrent_executions=1))
    gate = Gate(lab)
    await gate.enter(0)
    with pytest.raises(FunctionThrottledError, match="reserved concurrency of 1 is used up"):
        await lab.call()
    [pid] = await gate.open(1)
    assert await lab.call() == pid


def noting(lab: Lab, name: str = "f", **changes: Any) -> tuple[Function, Path]:
    """Describe a function whose processes are noted in a folder."""
    folder = lab.folder / f"{name}-ready"
    folder.mkdir()
    return lab.python(READY, name, environment={"READY": str(folder)}, **changes), folder


def pids_in(folder: Path) -> set[int]:
    return {int(path.name) for path in folder.iterdir() if is_running(int(path.name))}


async def wait_ready(folder: Path, count: int) -> set[int]:
    await wait_until(lambda: len(pids_in(folder)) == count, f"{count} processes")
    return pids_in(folder)


async def test_a_function_gets_no_more_ready_environments_than_it_may(lab: Lab) -> None:
    await limit(lab, provisioned_max=1)
    function, folder = noting(lab, provisioned_concurrent_executions=3)
    await lab.serve(function)
    [ready] = await wait_ready(folder, 1)
    assert (await lab.call())[0] == ready
    assert pids_in(folder) == {ready}


@pytest.mark.rule("LAM-ENV-01")
async def test_provisioned_environments_are_ready_before_the_first_call(lab: Lab) -> None:
    function, folder = noting(lab, provisioned_concurrent_executions=2)
    await lab.serve(function)
    ready = await wait_ready(folder, 2)
    pid, kind = await lab.call()
    assert pid in ready
    assert kind == "provisioned-concurrency"
    assert pids_in(folder) == ready


async def test_what_is_to_be_ready_outlives_every_idle_time(lab: Lab) -> None:
    await limit(lab, environments_min=1, idle_seconds_max=0)
    function, folder = noting(lab)
    await lab.serve(function)
    await wait_ready(folder, 1)
    await asyncio.gather(lab.call(), lab.call())
    await lab.pools.retire()
    left = await wait_ready(folder, 1)
    await lab.pools.retire()
    assert pids_in(folder) == left


async def test_what_is_to_be_ready_is_renewed_when_it_is_old(lab: Lab) -> None:
    await limit(lab, environments_min=1, age_seconds_max=0)
    function, folder = noting(lab)
    await lab.serve(function)
    [old] = await wait_ready(folder, 1)
    assert (await lab.call())[0] == old
    await lab.pools.retire()
    await wait_until(lambda: len(pids_in(folder) - {old}) == 1, "the new process")


async def test_an_old_environment_that_is_never_idle_takes_no_further_call(lab: Lab) -> None:
    """Its keys would run out under it."""
    await limit(lab, environments_max=1, age_seconds_max=0)
    await lab.serve(lab.python(WAIT))
    gate = Gate(lab)
    await gate.enter(0)
    gate.wait_in_queue(1)
    await lab.pools.retire()
    old, fresh = await gate.open(2)
    assert old != fresh
    await wait_until(lambda: not is_running(old), "its end")


async def test_what_is_to_be_ready_is_renewed_when_its_process_has_ended(lab: Lab) -> None:
    await limit(lab, environments_min=1)
    function, folder = noting(lab)
    await lab.serve(function)
    [old] = await wait_ready(folder, 1)
    os.kill(old, signal.SIGKILL)
    await wait_ready(folder, 0)
    await wait_until(lambda: not lab.lent_keys, "the news of its end")
    await lab.pools.retire()
    [fresh] = await wait_ready(folder, 1)
    assert (await lab.call())[0] == fresh


async def test_a_ready_environment_makes_room_for_a_call_and_comes_back(lab: Lab) -> None:
    await limit(lab, environments_total_max=1, idle_seconds_max=0)
    function, folder = noting(lab, provisioned_concurrent_executions=3)
    await lab.serve(function, lab.python(WAIT, "g"))
    await wait_ready(folder, 1)
    assert await lab.call(function="g")
    await wait_ready(folder, 0)
    await lab.pools.retire()  # the other one's environment goes
    await lab.pools.retire()
    await wait_ready(folder, 1)


async def test_a_full_queue_refuses(lab: Lab) -> None:
    await limit(lab, environments_max=1)
    await lab.serve(lab.python(WAIT))
    gate = Gate(lab)
    await gate.enter(0)
    for number in range(QUEUE_MAX):
        spawn(gate._call(lab.folder / "same"), f"call {number}")
    await asyncio.sleep(0)
    with pytest.raises(FunctionThrottledError, match="its queue is full"):
        await lab.call()
    assert len(set(await gate.open(QUEUE_MAX + 1))) == 1


async def test_a_queue_is_full_by_the_size_of_its_events_too(lab: Lab) -> None:
    await lab.serve(lab.python(WAIT))
    payload = b'"' + b"x" * (64 * 1024 * 1024) + b'"'
    with pytest.raises(FunctionThrottledError, match="its queue is full"):
        await lab.pools.invoke(FunctionCall(function="f", payload=payload))


async def test_a_call_whose_caller_has_gone_is_not_run(lab: Lab) -> None:
    await limit(lab, environments_max=1)
    await lab.serve(lab.python(WAIT))
    gate = Gate(lab)
    await gate.enter(0)
    waiting = spawn(gate._call(lab.folder / "gone"), "a caller who goes")
    await asyncio.sleep(0)
    waiting.cancel()
    [pid] = await gate.open(1)
    assert await lab.call() == pid
    assert not (lab.folder / "gone").exists()


async def test_an_idle_environment_makes_room_for_another_function(lab: Lab) -> None:
    await limit(lab, environments_total_max=1)
    await lab.serve(lab.python(WAIT), lab.python(WAIT, "g"))
    first = await lab.call()
    second = await lab.call(function="g")
    assert first != second
    await wait_until(lambda: not is_running(first), "its end")


async def test_a_busy_machine_serves_other_functions_when_one_is_done(lab: Lab) -> None:
    await limit(lab, environments_total_max=1)
    await lab.serve(lab.python(WAIT), lab.python(WAIT, "g"))
    gate, other = Gate(lab), Gate(lab, "g")
    await gate.enter(0)
    started = other.wait_in_queue(0)
    await asyncio.sleep(0)
    assert not started.exists()
    await gate.open(1)
    await other.open(1)


async def test_calls_that_wait_when_the_gateway_stops_are_refused(lab: Lab) -> None:
    await limit(lab, environments_max=1)
    await lab.serve(lab.python(WAIT))
    gate = Gate(lab)
    await gate.enter(0)
    refused: list[str] = []

    async def wait() -> None:
        try:
            await lab.call()
        except FunctionThrottledError as error:
            refused.append(error.reason)

    spawn(wait(), "a call that waits")
    await asyncio.sleep(0)
    gate.until.touch()
    await lab.pools.close()
    await wait_until(lambda: bool(refused), "the refusal")
    assert refused == ["the gateway stops"]
