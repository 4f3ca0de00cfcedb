"""Which environment takes which call, and which call is refused."""

import asyncio
from pathlib import Path

import pytest

from adapters.functions.laboratory import Lab, is_running, wait_for
from routekey.adapters.functions.pool import QUEUE_MAX
from routekey.errors import FunctionThrottledError
from routekey.gateway.ports import FunctionCall
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
