"""What stays between the processes of one environment, and what goes with each."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.functions.laboratory import ACCOUNT, REGION, Lab, SystemClock
from routekey.adapters.functions.channel import Kind
from routekey.adapters.functions.programs import Programs
from routekey.adapters.functions.sandbox import Sandbox, Surroundings
from routekey.adapters.functions.workspace import Workspace
from routekey.resources.function import Function
from scenarios.running import wait_until


class Tenant:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.kinds: list[Kind] = []
        self.ends: list[tuple[int, str | None]] = []

    def take_reply(self, kind: Kind, _peak_kb: int, _payload: bytes, _request_id: str) -> None:
        self.kinds.append(kind)

    def take_exit(self, status: int, problem: str | None = None) -> None:
        self.ends.append((status, problem))


class House:
    """One sandbox with all that it needs."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.workspace = Workspace(lab.temporary_folder)
        self.programs = Programs(
            self.workspace, region=REGION, account=ACCOUNT, say=lab.said.append
        )
        self.tenant = Tenant()
        self.scratch = self.workspace.make_folder("scratch")

    def make(self, function: Function, *, is_provisioned: bool = False) -> Sandbox:
        surroundings = Surroundings(
            clock=SystemClock(), sink=self.lab.lines.append, keys=self.lab, front_door=lambda: None
        )
        return Sandbox(
            self.programs.prepare(function),
            surroundings,
            stream="stream",
            scratch=self.scratch,
            is_provisioned=is_provisioned,
        )


@pytest.fixture
async def house(lab: Lab) -> AsyncIterator[House]:
    made = House(lab)
    yield made
    await made.programs.close()
    made.workspace.close()


HANDLER = "def handler(event, context): return 1"


async def test_a_process_goes_with_its_keys_and_the_next_one_has_others(house: House) -> None:
    sandbox = house.make(house.lab.python(HANDLER))
    for count in (1, 2):
        sandbox.boot(house.tenant, is_in_call=False)
        assert sandbox.has_process
        await wait_until(lambda: len(house.tenant.kinds) == count, "READY")  # noqa: B023  # awaited
        assert sandbox.is_open
        assert house.lab.lent_keys == {f"ASIA{count}OFf"}
        sandbox.kill()
        await wait_until(lambda: len(house.tenant.ends) == count, "its end")  # noqa: B023  # awaited
        assert not sandbox.has_process
        assert house.lab.lent_keys == set()
    assert house.tenant.ends == [(-9, None), (-9, None)]
    assert house.scratch.is_dir()
    await sandbox.close()
    assert not house.scratch.exists()


async def test_a_process_that_is_killed_while_it_starts_does_not_live(house: House) -> None:
    sandbox = house.make(house.lab.python(HANDLER))
    sandbox.boot(house.tenant, is_in_call=False)
    await asyncio.sleep(0)
    await sandbox.close()
    assert house.tenant.ends == [(-9, None)]


@pytest.mark.rule("LAM-ERR-12")
async def test_a_process_that_cannot_start_says_why(house: House) -> None:
    too_much = {"BIG": "x" * 2 * 1024 * 1024}
    sandbox = house.make(house.lab.python(HANDLER, environment=too_much))
    sandbox.boot(house.tenant, is_in_call=False)
    await wait_until(lambda: bool(house.tenant.ends), "its end")
    [(status, problem)] = house.tenant.ends
    assert status == 0
    assert problem is not None
    assert "cannot start a process" in problem
    assert problem in house.lab.platform()[1]
    await sandbox.close()


@pytest.mark.rule("LAM-LIFE-01")
@pytest.mark.parametrize(
    ("is_provisioned", "own_seconds", "seconds"),
    [(False, 900, 10), (True, 3, 130), (True, 900, 900)],
)
async def test_an_environment_that_nobody_waits_for_has_more_time_to_start(
    house: House, *, is_provisioned: bool, own_seconds: int, seconds: int
) -> None:
    function = house.lab.python(HANDLER, timeout=own_seconds)
    sandbox = house.make(function, is_provisioned=is_provisioned)
    assert sandbox.init_seconds_max == seconds
    await sandbox.close()


async def test_the_last_words_of_a_process_are_waited_for_and_no_longer(
    house: House,
) -> None:
    sandbox = house.make(house.lab.python(HANDLER))
    sandbox.kill_late()  # nobody is there
    sandbox.boot(house.tenant, is_in_call=False)
    await wait_until(lambda: bool(house.tenant.kinds), "READY")
    sandbox.kill_late()
    await wait_until(lambda: bool(house.tenant.ends), "its end")
    assert house.tenant.ends == [(-9, None)]
    await sandbox.close()
