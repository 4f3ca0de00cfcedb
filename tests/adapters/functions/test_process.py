"""One process with its channel and output, told apart from its environment."""

import asyncio
import gc
import os
import signal
import sys
import weakref
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from routekey.adapters.functions.channel import Event, Kind
from routekey.adapters.functions.log import Log, LogLine
from routekey.adapters.functions.process import FunctionProcess
from routekey.adapters.functions.runtime_folder import make_runtime_folder
from routekey.adapters.functions.zygote import ProcessPlan, Zygote, ZygoteError
from routekey.tasks import spawn
from scenarios.running import WAIT_SECONDS_MAX, descendants, wait_until

EVENT = Event(request_id="id", deadline_ms=1, trace_id="", function_arn="arn", payload=b"{}")


class Owner:
    """Notes what a process says, and the output that was in the log by then."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[LogLine] = []
        self.told: list[tuple[Kind, bytes, int]] = []
        self.status: int | None = None
        self.ends: list[int | ZygoteError] = []
        self.peak_kb = 0
        (folder / "runtime").mkdir()
        make_runtime_folder(folder / "runtime")
        self.folder = folder
        self.zygote = Zygote(sys.executable, folder / "runtime", folder)

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, _request_id: str) -> None:
        self.told.append((kind, payload, len(self.lines)))
        self.peak_kb = peak_kb

    def take_exit(self, status: int) -> None:
        self.status = status
        self.ends.append(status)

    async def start(
        self, source: str, *, is_http: bool = False, env: Mapping[str, str] = MappingProxyType({})
    ) -> FunctionProcess:
        process = FunctionProcess(
            self.zygote, self, Log("f", "s", self.lines.append), is_http=is_http
        )
        argv = (sys.executable, "-c", source)
        await process.start(ProcessPlan(cwd=str(self.folder), env=env, argv=argv))
        return process

    async def wait_exit(self) -> int | None:
        await wait_until(lambda: self.status is not None, "its exit")
        return self.status


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[Owner]:
    made = Owner(tmp_path)
    yield made
    await made.zygote.close()


async def test_output_comes_before_the_reply_that_it_preceded(owner: Owner) -> None:
    source = (
        "import os; print('one\\ntwo', flush=True); os.write(3, b'N' + bytes(12)); os.read(3, 1)"
    )
    process = await owner.start(source)
    await wait_until(lambda: bool(owner.told), "its reply")
    assert owner.told == [(Kind.READY, b"", 2)]
    assert process.is_open
    assert not process.is_polled
    process.send(EVENT)
    assert await owner.wait_exit() == 0
    assert not process.is_open


async def test_last_words_arrive_before_the_exit(owner: Owner) -> None:
    source = "import os; print('bye', end=''); os.write(3, b'I' + bytes(11) + b'\\x01x')"
    await owner.start(source)
    assert await owner.wait_exit() == 0
    assert owner.told == [(Kind.INIT_ERROR, b"x", 0)]
    assert [line.text for line in owner.lines] == ["bye"]


async def test_a_daemon_that_keeps_the_channel_does_not_hold_up_the_exit(owner: Owner) -> None:
    source = "import os, time; os.fork() or (os.setsid(), time.sleep(600))"
    await owner.start(source)
    assert await owner.wait_exit() == 0


async def test_a_process_that_closes_its_channel_is_killed(owner: Owner) -> None:
    await owner.start("import os, time; os.close(3); time.sleep(600)")
    assert await owner.wait_exit() == -9


@pytest.mark.parametrize("source", ["import os; os.close(3)", "import os; os.write(3, b'N')"])
async def test_no_timer_holds_on_to_a_process_that_has_ended(owner: Owner, source: str) -> None:
    ended = weakref.ref(await owner.start(source))
    assert await owner.wait_exit() == 0
    gc.collect()
    assert ended() is None


async def test_a_process_that_closes_its_output_goes_on(owner: Owner) -> None:
    source = "import os; os.close(1); os.close(2); os.read(3, 1); os._exit(7)"
    process = await owner.start(source)
    process.send(EVENT)
    assert await owner.wait_exit() == 7


async def test_the_kernel_tells_the_memory_of_a_runtime_that_does_not(owner: Owner) -> None:
    source = """
import os, time, urllib.request
url = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/init/error"
urllib.request.urlopen(url, b"{}").close()
"""
    process = await owner.start(source, is_http=True)
    assert process.is_polled
    assert await owner.wait_exit() == 0
    assert owner.told[0][:2] == (Kind.INIT_ERROR, b"{}")
    assert owner.peak_kb > 1000


async def test_without_a_zygote_there_is_no_process_and_nothing_open(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    owner.zygote = Zygote("/bin/false", tmp_path / "runtime", tmp_path)
    with pytest.raises(ZygoteError):
        await owner.start("")
    with pytest.raises(ZygoteError):
        await owner.start("", is_http=True)
    await owner.zygote.close()


def count_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("is_http", [False, True])
async def test_a_zygote_that_ends_while_it_is_asked_ends_each_process_once(
    owner: Owner, *, is_http: bool
) -> None:
    await owner.start("pass")
    await owner.wait_exit()
    [zygote] = descendants(os.getpid())
    os.kill(zygote, signal.SIGSTOP)

    async def start() -> None:
        try:  # what its socket takes, and then what waits for its turn
            await owner.start("pass", is_http=is_http, env={"X": "x" * 400_000})
        except ZygoteError as error:
            owner.ends.append(error)

    before = count_descriptors()
    asked = [spawn(start(), "start") for _ in range(20)]
    # Three for each that waits for its turn, one or two for those that have been asked for.
    await wait_until(lambda: count_descriptors() >= before + 45, "their descriptors")
    os.kill(zygote, signal.SIGKILL)
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        await asyncio.gather(*asked)
    await wait_until(lambda: len(owner.ends) > 20, "the end of all")
    assert len(owner.ends) == 21
