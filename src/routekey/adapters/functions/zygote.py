"""The gateway's side of a zygote: start processes, learn how they end.

What a zygote is, and the messages, is told in `bootstraps/python/zygote.py`.
"""

import asyncio
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from routekey.errors import RoutekeyError
from routekey.tasks import spawn

_MESSAGE_BYTES_MAX = 1024 * 1024  # as the zygote has it
_STOP_SECONDS_MAX = 5.0  # to kill its children and end; then it is killed itself
_RETRY_SECONDS = 0.001
_LOG_CHARACTERS_MAX = 2000  # the end of a traceback
_LAUNCH = (
    "import sys; sys.path.insert(0, sys.argv[1]); from routekey_runtime.zygote import main; main()"
)


class ZygoteError(RoutekeyError):
    """A process could not be asked for: the zygote is gone, or cannot start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPlan:
    """What a new process is to be."""

    cwd: str
    env: Mapping[str, str]
    argv: tuple[str, ...] | None = None
    """A program to execute; None forks the zygote's Python for `function`."""
    data_bytes_max: int | None = None
    """How much memory of its own it may have; None for any."""
    memory_group: str | None = None
    """The folder of the control group that it joins."""
    function: Mapping[str, object] | None = None
    """For a fork: `handler`, `paths` (put before the runtime's own) and `front_door`."""


class Zygote:
    """One preloaded Python. Started with the first process, and again when it died."""

    def __init__(self, interpreter: str, runtime_folder: Path, home: Path) -> None:
        self._interpreter = interpreter
        self._runtime_folder = runtime_folder
        self._home = home
        self._log = home / f"{Path(interpreter).name}.log"
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ready: asyncio.Future[None] | None = None
        self._on_exit: dict[int, Callable[[int], None]] = {}
        self._process_ids: dict[int, int] = {}
        self._last_id = 0
        self._sending = asyncio.Lock()
        self._reaping: asyncio.Task[None] | None = None
        """The end of the last process, which `close` waits for."""

    async def prepare(self) -> None:
        """Start ahead of the first process; what fails here fails again, and is told, there."""
        with contextlib.suppress(ZygoteError):
            await self.wait_ready()

    async def wait_ready(self) -> None:
        """Start the zygote if it does not run, and wait until it has loaded what it preloads.

        Raises:
            ZygoteError: the interpreter does not start.
        """
        if self._is_dead():
            self._lose()
            self._launch()
        if self._ready is not None:
            await asyncio.shield(self._ready)

    async def start(
        self, plan: ProcessPlan, descriptors: Sequence[int], *, on_exit: Callable[[int], None]
    ) -> int:
        """Start a process with descriptors of the caller's, which stay his to close.

        Args:
            plan: what it is to be.
            descriptors: the first becomes its standard output and error, the second, if there is
                one, its channel: descriptor 3 of a program.
            on_exit: gets the status once, negative for a signal; perhaps before this returns.

        Returns:
            An id for `kill_nowait`.

        Raises:
            ZygoteError: the zygote is gone, or the variables are too large for one message.
        """
        await self.wait_ready()
        self._last_id = identity = self._last_id + 1
        message = {
            "start": identity,
            "cwd": plan.cwd,
            "env": dict(plan.env),
            "argv": plan.argv,
            "data_bytes_max": plan.data_bytes_max,
            "memory_group": plan.memory_group,
            "function": plan.function,
        }
        encoded = json.dumps(message).encode()
        if len(encoded) > _MESSAGE_BYTES_MAX:  # the zygote would get a part, and end
            raise ZygoteError(
                f"cannot start a process: with its variables it takes {len(encoded)} bytes to say "
                f"how, and no more than {_MESSAGE_BYTES_MAX} can be said"
            )
        self._on_exit[identity] = on_exit
        try:
            await self._send(encoded, list(descriptors))
        except OSError as error:
            # Where the zygote ended meanwhile, that has been told as the end of this process.
            if self._on_exit.pop(identity, None) is not None:
                raise ZygoteError(f"cannot start a process: {error}") from error
        return identity

    def process_id(self, identity: int) -> int | None:
        """Tell the process id of a process that runs; None before it is known."""
        return self._process_ids.get(identity)

    def kill_nowait(self, identity: int) -> None:
        """Kill a process and its group; `on_exit` tells when it is gone."""
        if identity in self._on_exit:
            spawn(self._kill(identity), "kill a function process")

    async def close(self) -> None:
        """Kill whatever the zygote started, and end it."""
        self._on_exit.clear()
        self._lose()
        if self._reaping is not None:
            await self._reaping

    def _is_dead(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _launch(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MESSAGE_BYTES_MAX)
        ours.setblocking(False)
        with theirs, self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # an interpreter that we found
                [
                    *(self._interpreter, "-I", "-S", "-X", "utf8", "-c", _LAUNCH),
                    *(str(self._runtime_folder), str(theirs.fileno())),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"HOME": str(self._home), "PATH": os.environ.get("PATH", os.defpath)},
                cwd=self._home,
                start_new_session=True,  # Ctrl-C in the terminal is the gateway's to handle
            )
        self._control = ours
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        loop.add_reader(ours, self._receive)

    def _receive(self) -> None:
        control = self._control
        if control is None:
            return
        try:
            data = control.recv(_MESSAGE_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose()
            return
        message = json.loads(data)
        if "pid" in message:
            self._process_ids[message["id"]] = message["pid"]
        elif "exit" in message:
            self._process_ids.pop(message["id"], None)
            if (on_exit := self._on_exit.pop(message["id"], None)) is not None:
                on_exit(message["exit"])
        elif self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def _lose(self) -> None:
        """Give up a zygote that has ended: the kernel has killed its children with it."""
        self._drop_control()
        waiting, self._on_exit = self._on_exit, {}
        self._process_ids.clear()
        for on_exit in waiting.values():
            on_exit(-signal.SIGKILL)
        if self._process is not None:
            self._reaping = spawn(_wait_ended(self._process), "reap a zygote")
            self._process = None

    def _drop_control(self) -> None:
        control, self._control = self._control, None
        if control is not None:
            asyncio.get_running_loop().remove_reader(control)
            control.close()
        if self._ready is not None and not self._ready.done():
            said = self._log.read_text(errors="replace").strip()[-_LOG_CHARACTERS_MAX:]
            self._ready.set_exception(ZygoteError(f"{self._interpreter} does not start: {said}"))
            self._ready.exception()  # whether anybody waited or not
        self._ready = None

    async def _kill(self, identity: int) -> None:
        with contextlib.suppress(OSError):  # a zygote that is gone took the process with it
            await self._send(json.dumps({"kill": identity}).encode(), [])

    async def _send(self, message: bytes, descriptors: list[int]) -> None:
        async with self._sending:
            while True:
                control = self._control
                if control is None:
                    raise ConnectionResetError(errno.ECONNRESET, "the zygote has ended")
                try:
                    socket.send_fds(control, [message], descriptors)
                except BlockingIOError:  # it is forking: milliseconds
                    await asyncio.sleep(_RETRY_SECONDS)
                else:
                    return


async def _wait_ended(process: subprocess.Popen[bytes]) -> None:
    """Reap a zygote that is about to end; kill it if it does not."""
    loop = asyncio.get_running_loop()
    try:
        await loop.run_in_executor(None, process.wait, _STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        await loop.run_in_executor(None, process.wait)
