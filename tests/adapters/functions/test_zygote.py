"""The zygote from outside: processes start, end, and are gone with it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.functions.laboratory import Lab, is_running
from routekey.adapters.functions.runtime_folder import make_runtime_folder
from routekey.adapters.functions.zygote import ProcessPlan, Zygote, ZygoteError
from routekey.tasks import spawn
from scenarios.running import WAIT_SECONDS_MAX, descendants, wait_until


class Nursery:
    """A zygote, and how its processes ended."""

    def __init__(self, folder: Path, interpreter: str = sys.executable) -> None:
        self.ended: list[int] = []
        self.output = (folder / "output").open("w+b")
        runtime_folder = folder / "runtime"
        runtime_folder.mkdir()
        make_runtime_folder(runtime_folder)
        self.zygote = Zygote(interpreter, runtime_folder, folder)
        self.folder = folder

    async def start(self, *argv: str, cwd: str | None = None, word: str = "hello") -> int:
        plan = ProcessPlan(cwd=cwd or str(self.folder), env={"WORD": word}, argv=argv)
        return await self.zygote.start(plan, [self.output.fileno()], on_exit=self.ended.append)

    async def wait(self, count: int = 1) -> list[int]:
        await wait_until(lambda: len(self.ended) == count, "the end of its processes")
        return self.ended

    def read(self) -> str:
        self.output.seek(0)
        return self.output.read().decode()


@pytest.fixture
async def nursery(tmp_path: Path) -> AsyncIterator[Nursery]:
    made = Nursery(tmp_path)
    yield made
    await made.zygote.close()
    made.output.close()


async def test_a_program_gets_its_variables_and_its_end_is_told(nursery: Nursery) -> None:
    await nursery.start("/bin/sh", "-c", "echo $WORD; exit 3")
    assert await nursery.wait() == [3]
    assert nursery.read() == "hello\n"


async def test_programs_let_the_gateway_go_first(nursery: Nursery) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    await nursery.start("/bin/sh", "-c", "ps -o ni= -p $$; cat /proc/$$/autogroup || true")
    await nursery.wait()
    niceness, *session = nursery.read().splitlines()
    assert int(niceness) == min(own + 5, 19)
    if os.geteuid() == 0:  # for others the kernel takes one such change in 0.1 seconds
        assert all(line.endswith("nice 5") for line in session if "autogroup" in line)


async def test_a_kill_is_told_as_a_signal_and_takes_the_group_along(nursery: Nursery) -> None:
    identity = await nursery.start("/bin/sh", "-c", "sleep 600 & echo $!; wait")
    await wait_until(lambda: nursery.read().endswith("\n"), "the child")
    assert nursery.zygote.process_id(identity) is not None
    nursery.zygote.kill_nowait(identity)
    assert await nursery.wait() == [-signal.SIGKILL]
    await wait_until(lambda: not is_running(int(nursery.read())), "the end of the child")
    nursery.zygote.kill_nowait(identity)


async def test_a_process_can_be_killed_before_it_has_begun(nursery: Nursery) -> None:
    for _ in range(20):
        nursery.zygote.kill_nowait(await nursery.start("/bin/sleep", "600"))
    assert await nursery.wait(20) == [-signal.SIGKILL] * 20


async def test_a_program_that_is_not_there_ends_with_127(nursery: Nursery) -> None:
    await nursery.start("/no/program")
    await nursery.start("/bin/true", cwd="/no/folder")
    assert await nursery.wait(2) == [127, 127]
    assert "cannot start /no/program" in nursery.read()


async def test_closing_kills_programs_and_their_daemons(nursery: Nursery) -> None:
    await nursery.start("/bin/sh", "-c", "setsid sleep 600 & echo $!; echo $$; wait")
    await wait_until(lambda: nursery.read().count("\n") == 2, "the daemon")
    pids = [int(line) for line in nursery.read().split()]
    await nursery.zygote.close()
    assert not any(map(is_running, pids))
    await nursery.zygote.close()


async def test_a_zygote_that_is_killed_takes_its_children_along_and_comes_back(
    nursery: Nursery,
) -> None:
    await nursery.start("/bin/sleep", "600")
    # A fork looks like its zygote until it has executed its program.
    await wait_until(lambda: len(_zygotes()) == 1, "the program")
    os.kill(_zygotes()[0], signal.SIGKILL)
    assert await nursery.wait() == [-signal.SIGKILL]
    await nursery.start("/bin/true")
    assert await nursery.wait(2) == [-signal.SIGKILL, 0]


async def test_a_python_that_does_not_start_is_told_with_its_words(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho no such luck >&2\nexit 1\n")
    program.chmod(0o755)
    nursery = Nursery(tmp_path, str(program))
    with pytest.raises(ZygoteError, match="does not start: no such luck"):
        await nursery.start("/bin/true")
    await nursery.zygote.prepare()
    await nursery.zygote.close()
    nursery.output.close()


@pytest.mark.parametrize("size", [1_100_000, 3_000_000])
async def test_variables_beyond_one_message_are_refused_and_end_nobody(
    nursery: Nursery, size: int
) -> None:
    other = await nursery.start("/bin/sleep", "600")
    with pytest.raises(ZygoteError, match=r"cannot start a process: with its variables it takes"):
        await nursery.start("/bin/true", word="x" * size)
    await nursery.start("/bin/true")
    assert await nursery.wait() == [0]
    nursery.zygote.kill_nowait(other)
    assert await nursery.wait(2) == [0, -signal.SIGKILL]


async def test_the_end_of_a_zygote_that_is_busy_is_told_once_for_each(nursery: Nursery) -> None:
    """Whether a process has been asked for or its turn has yet to come."""
    await nursery.start("/bin/true")
    assert await nursery.wait() == [0]
    [zygote] = _zygotes()
    os.kill(zygote, signal.SIGSTOP)
    asked = [spawn(_start(nursery), "start") for _ in range(20)]  # more than its socket takes
    await asyncio.sleep(0)
    os.kill(zygote, signal.SIGKILL)
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        await asyncio.gather(*asked)
    assert await nursery.wait(21) == [0, *[-signal.SIGKILL] * 20]


async def _start(nursery: Nursery) -> None:
    try:
        await nursery.start("/bin/true", word="x" * 400_000)
    except ZygoteError:
        nursery.ended.append(-signal.SIGKILL)


async def test_a_function_survives_the_death_of_its_zygote(lab: Lab) -> None:
    source = "import os\ndef handler(kill, context):\n    if kill: os.kill(os.getppid(), 9)\n"
    await lab.serve(lab.python(f"{source}    while kill: pass\n    return 'fine'"))
    error = await lab.fail(1)
    assert error["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert await lab.call(0) == "fine"


def _zygotes() -> list[int]:
    return [pid for pid in descendants(os.getpid()) if _is_zygote(pid)]


def _is_zygote(pid: int) -> bool:
    try:
        return b"routekey_runtime.zygote" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
