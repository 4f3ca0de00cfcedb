"""Memory by control groups, on the machine's own where there is one that can be divided."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from adapters.functions.laboratory import Lab, is_running
from routekey.adapters.functions.memory_groups import MemoryGroups, find_delegated
from routekey.errors import InputError
from scenarios.running import wait_until

_PLACES: Final = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/memory"))
"""Of version 2, of version 1."""
_LIMITS: Final = ("memory.max", "memory.limit_in_bytes")
EAT = """
import os, subprocess
kept = []
def handler(event, context):
    if event == "daemon":
        code = "import os, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(600)"
        child = subprocess.Popen(["python3", "-c", code], stdout=subprocess.PIPE, text=True)
        return int(child.stdout.readline())
    kept.append(b"x" * ((event or 0) * 1024 * 1024))
    return open("/proc/self/cgroup").read()
"""


def make_real() -> Path | None:
    """Make a control group that limits memory; None where this machine lets us make none."""
    for place in _PLACES:
        folder = place / f"routekey-test-{os.getpid()}"
        with contextlib.suppress(OSError):
            folder.mkdir()
            with contextlib.suppress(InputError):
                groups = MemoryGroups(folder)
                probe = groups.make(1)
                is_limited = any((probe.folder / name).exists() for name in _LIMITS)
                probe.folder.rmdir()
                groups.close()
                if is_limited:
                    return folder
            folder.rmdir()
    return None


@pytest.fixture
async def group(lab: Lab) -> AsyncIterator[Path | None]:
    """Give a group, and functions that are bounded by it."""
    folder = make_real()
    await lab.pools.close()
    lab.pools = lab.make_pools(memory_group=folder, idle_seconds_max=0)
    yield folder
    await lab.pools.close()
    if folder is not None:
        folder.rmdir()  # which it only is when nothing is left in it


@pytest.mark.rule("LAM-ERR-04")
async def test_a_function_that_takes_too_much_memory_is_killed(
    lab: Lab, group: Path | None
) -> None:
    """Where there is no group, Python's own limit stops it."""
    await lab.serve(lab.python(EAT, memory_size=128))
    if group is None:
        assert (await lab.fail(2000))["errorType"] == "MemoryError"
        return
    assert f"/routekey-{os.getpid()}-" in await lab.call(200)
    error = await lab.fail(500)
    assert error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].endswith("Runtime exited with error: signal: killed")
    assert await lab.call()


async def test_a_process_that_has_left_ends_with_its_environment(
    lab: Lab, group: Path | None
) -> None:
    """Without a group it ends with the gateway."""
    await lab.serve(lab.python(EAT))
    pid = await lab.call("daemon")
    await lab.pools.retire()
    assert is_running(pid) == (group is None)
    await lab.pools.close()
    await wait_until(lambda: not is_running(pid), "its end")


def test_what_a_dead_gateway_has_left_is_swept(tmp_path: Path) -> None:
    """In a folder that looks like a group: real ones go with `rmdir` alone, as this does."""
    (tmp_path / "cgroup.procs").touch()
    for name in ("routekey-999999999-x/1", f"routekey-{os.getpid()}-y/1", "other"):
        (tmp_path / name).mkdir(parents=True)
    groups = MemoryGroups(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[:2] == ["cgroup.procs", "other"]
    assert [name.split("-")[1] for name in names[2:]] == [str(os.getpid())] * 2
    groups.close()
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_is_no_control_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot limit the memory of functions: .*no control gr"):
        MemoryGroups(tmp_path)


@pytest.mark.parametrize("own", ["", "0::/\n", "4:memory:/a/b\n", "0::/system.slice/a.service/b\n"])
def test_a_group_that_nobody_delegated_is_left_alone(tmp_path: Path, own: str) -> None:
    (tmp_path / "system.slice/a.service/b").mkdir(parents=True)
    assert find_delegated(tmp_path, own) is None


def test_the_group_above_ours_is_the_one_that_systemd_delegates(tmp_path: Path) -> None:
    """With `Delegate=memory` and `DelegateSubgroup=`, as the unit has it."""
    delegated = tmp_path / "system.slice/routekey.service"
    (delegated / "gateway").mkdir(parents=True)
    (delegated / "cgroup.controllers").write_text("cpu memory\n")
    os.setxattr(delegated, "user.delegate", b"1")
    own = "4:memory:/x\n0::/system.slice/routekey.service/gateway\n"
    assert find_delegated(tmp_path, own) == delegated
    (delegated / "cgroup.controllers").write_text("cpu\n")
    assert find_delegated(tmp_path, own) is None
