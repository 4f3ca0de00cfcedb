"""Control groups: the kernel ends a function that takes more memory than it may have.

What counts is what all processes of one environment really hold, and whoever goes beyond is killed,
as on Lambda (LAM-ERR-04). That needs a group that is ours to divide: one that the operator names,
or that systemd has delegated. Without one `program.py` bounds Python's address space instead.

The folder of such a group looks so, with version 2's names:

    delegated/                  holds no process of its own
    ├── gateway/                where systemd's DelegateSubgroup has put us
    └── routekey-4711-abc/      of the gateway with this process id
        ├── 1/memory.max        of one environment
        └── …
"""

import asyncio
import contextlib
import errno
import itertools
import os
import signal
import tempfile
from pathlib import Path
from typing import Final

from routekey.errors import InputError

_ROOT: Final = Path("/sys/fs/cgroup")
_PREFIX: Final = "routekey-"
_LIMITS: Final = ("memory.max", "memory.limit_in_bytes")
"""The file with the limit: of version 2, of version 1."""
_PROCESSES: Final = "cgroup.procs"
_CONTROLLERS: Final = "cgroup.controllers"
_DIVIDED: Final = "cgroup.subtree_control"
_KILLED_TOGETHER: Final = "memory.oom.group"
_REMOVE_LOOKS_MAX: Final = 100
_LOOK_SECONDS: Final = 0.01


class MemoryGroup:
    """The group of one environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def end(self) -> None:
        """Kill whatever is in it: also what has left its process's group and its parents."""
        with contextlib.suppress(OSError):
            for pid in _list_processes(self.folder):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    async def remove(self) -> None:
        """Kill whatever is in it, and remove it as soon as that is gone."""
        for _ in range(_REMOVE_LOOKS_MAX):
            self.end()
            try:
                self.folder.rmdir()
            except FileNotFoundError:
                return
            except OSError:  # they are dying
                await asyncio.sleep(_LOOK_SECONDS)


class MemoryGroups:
    """The groups of all environments."""

    def __init__(self, delegated: Path) -> None:
        """Make a place for them, and sweep what dead gateways have left beside it.

        Raises:
            InputError: the group is not ours to divide, or cannot limit memory.
        """
        self._numbers = itertools.count(1)
        try:
            if not (delegated / _PROCESSES).exists():
                raise FileNotFoundError(errno.ENOENT, "it is no control group")
            _sweep(delegated)
            _divide(delegated)
            name = f"{_PREFIX}{os.getpid()}-"
            self._folder = Path(tempfile.mkdtemp(prefix=name, dir=delegated))
            _divide(self._folder)
        except OSError as error:
            raise InputError(
                f"{delegated} cannot limit the memory of functions: {error}",
                remedy="Name a control group that is delegated to this user, has the memory "
                "controller and holds no process of its own.",
            ) from error

    def make(self, megabytes: int) -> MemoryGroup:
        """Make a group whose processes may have so much together.

        Raises:
            OSError: it cannot be made.
        """
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        for name, value in (
            *((limit, str(megabytes * 1024 * 1024)) for limit in _LIMITS),
            (_KILLED_TOGETHER, "1"),
        ):
            if (folder / name).exists():
                (folder / name).write_text(value, encoding="ascii")
        return MemoryGroup(folder)

    def close(self) -> None:
        """Remove the place, whose groups have been removed."""
        with contextlib.suppress(OSError):
            self._folder.rmdir()


def open_memory_groups(delegated: Path | None) -> MemoryGroups | None:
    """Make a place for groups where there is one.

    Raises:
        InputError: it is none.
    """
    return None if delegated is None else MemoryGroups(delegated)


def find_delegated(root: Path = _ROOT, own: str | None = None) -> Path | None:
    """Find the group that systemd has delegated to us; None where there is none.

    Args:
        root: where control groups are.
        own: what `/proc/self/cgroup` says; None reads it.
    """
    if own is None:
        try:
            own = Path("/proc/self/cgroup").read_text(encoding="utf-8")
        except OSError:
            return None
    paths = (line[len("0::/") :] for line in own.splitlines() if line.startswith("0::/"))
    path = next(paths, "")
    if not path:
        return None
    delegated = (root / path).parent
    try:
        is_delegated = os.getxattr(delegated, "user.delegate") == b"1"
        controllers = (delegated / _CONTROLLERS).read_text(encoding="ascii").split()
    except OSError:
        return None
    is_ours = is_delegated and "memory" in controllers and os.access(delegated, os.W_OK)
    return delegated if is_ours else None


def _divide(folder: Path) -> None:
    """Let groups below a group limit memory; version 1 needs no such word."""
    divided = folder / _DIVIDED
    if divided.exists():
        divided.write_text("+memory", encoding="ascii")


def _sweep(delegated: Path) -> None:
    for folder in delegated.glob(f"{_PREFIX}*"):
        pid = folder.name.split("-")[1]
        if not Path("/proc", pid).exists():
            for each in (*(path for path in folder.iterdir() if path.is_dir()), folder):
                with contextlib.suppress(OSError):
                    each.rmdir()


def _list_processes(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / _PROCESSES).read_text(encoding="ascii").split()]
