"""The zygote: one preloaded Python process that function processes are forked from.

It has one thread, so forking is safe, and boto3 with its data in memory, so a fork has what takes
a new interpreter 200 ms. It also starts the programs of other runtimes: whatever it starts dies
with it, and it ends, killing what it started, when the gateway closes its end of the control
socket. That is how nothing is left behind even by a gateway that was killed.

Messages on the control socket (SOCK_SEQPACKET, one JSON object each):

    gateway → zygote   {"start": id, "cwd": …, "env": {…}, "argv": [program, …] or null,
                        "data_bytes_max": … or null, "memory_group": folder or null,
                        "function": {…} or null}
                       with descriptors: output, perhaps channel
                       {"kill": id}
    zygote → gateway   {"ready": true}, {"id": id, "pid": …}, {"id": id, "exit": status}

A status is negative for a signal, as in `subprocess`.
"""

import contextlib
import ctypes
import gc
import json
import os
import resource
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import TypedDict

MESSAGE_BYTES_MAX = 1024 * 1024  # an environment's variables are 4 KB on AWS; argv is short
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_CHANNEL_FD = 3
_CANNOT_START = 127
_NICENESS = 5

_prctl = ctypes.CDLL(None, use_errno=True).prctl


class Redirection(TypedDict):
    """Where AWS's names lead."""

    host: str
    port: int
    patterns: list[str]


class Debugging(TypedDict):
    """Where a debugger can attach; see `debugger.listen`."""

    port: int
    folder: str


class FunctionPlan(TypedDict):
    """What a forked function needs beside its variables."""

    handler: str
    paths: list[str]
    front_door: Redirection | None
    callback_url: str | None
    debugger: Debugging | None


class Message(TypedDict, total=False):
    """What the gateway says."""

    start: int
    kill: int
    cwd: str
    env: dict[str, str]
    argv: list[str] | None
    data_bytes_max: int | None
    memory_group: str | None
    function: FunctionPlan


class Start:
    """What one new process is to become."""

    def __init__(self, message: Message, descriptors: list[int]) -> None:
        self.id = message["start"]
        self.cwd = message["cwd"]
        self.env = message["env"]
        self.argv = message["argv"]
        self.data_bytes_max = message["data_bytes_max"]
        self.memory_group = message["memory_group"]
        self.function = message["function"]
        self.output = descriptors[0]
        self.channel = descriptors[1] if len(descriptors) > 1 else -1


class Zygote:
    """Start, watch and kill processes as the gateway says."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._ids: dict[int, object] = {}
        """Process id → the gateway's id; only of processes that are not reaped yet."""
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)

    def serve(self) -> Start | None:
        """Serve until the gateway is gone.

        Returns:
            None in the zygote itself, at its end; in a forked child, what it is to become.
        """
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only its wake-up counts
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(self._wake_read, selectors.EVENT_READ)
        self._tell({"ready": True})
        while True:
            for key, _ in selector.select():
                if key.fileobj is self._control:
                    message, descriptors = self._receive()
                    if message is None:
                        self._kill_all()
                        return None
                    if (start := self._obey(message, descriptors)) is not None:
                        selector.close()
                        return start
                else:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake_read, 4096)
                    self._reap()

    def _receive(self) -> tuple[Message | None, list[int]]:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, MESSAGE_BYTES_MAX, 2)
        except ConnectionError:
            return None, []
        for descriptor in descriptors:  # or each function's own children would hold them open
            os.set_inheritable(descriptor, False)
        return (json.loads(data) if data else None), list(descriptors)

    def _obey(self, message: Message, descriptors: list[int]) -> Start | None:
        if "kill" in message:
            for pid, identity in self._ids.items():
                if identity == message["kill"]:
                    _kill_group(pid)
            return None
        start = Start(message, descriptors)
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:  # too many processes: what runs goes on
            os.write(start.output, f"cannot start a process: {error}\n".encode())
            _close(descriptors)
            self._tell({"id": start.id, "exit": _CANNOT_START})
            return None
        if pid == 0:
            self._become_child(parent)
            if start.memory_group is not None:
                _join(start.memory_group, start.output)
            if start.data_bytes_max is not None:
                resource.setrlimit(resource.RLIMIT_DATA, (start.data_bytes_max,) * 2)
            if start.argv is not None:
                _execute(start, start.argv)
            return start
        _close(descriptors)
        self._ids[pid] = start.id
        self._tell({"id": start.id, "pid": pid})
        return None

    def _become_child(self, parent: int) -> None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.setsid()
        _step_back()
        os.close(self._wake_read)
        os.close(self._wake_write)
        self._control.close()

    def _reap(self) -> None:
        """Report whoever has ended, with the rest of its process group killed."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            pid = ended.si_pid
            if pid in self._ids:
                _kill_group(pid)  # its number cannot be another's before it is waited for
            _, status = os.waitpid(pid, 0)
            if pid in self._ids:
                code = os.waitstatus_to_exitcode(status)
                self._tell({"id": self._ids.pop(pid), "exit": code})

    def _tell(self, message: dict[str, object]) -> None:
        with contextlib.suppress(OSError):  # a gateway that is gone shows in the next receive
            self._control.send(json.dumps(message).encode())

    def _kill_all(self) -> None:
        """Kill every child, those of dead functions that were handed to us included."""
        while True:
            for pid in {*self._ids, *_children()}:
                _kill_group(pid)
            try:
                pid, _ = os.wait()
            except ChildProcessError:
                return
            self._ids.pop(pid, None)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _children() -> list[int]:
    pid = os.getpid()
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        return []


def _kill_group(pid: int) -> None:
    """Kill a child that is not reaped yet, and its group, which a new child may not have made."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _step_back() -> None:
    """Let the gateway go first where cores are short: all wait for it, one for a function.

    Where Linux shares the cores out among sessions, a new one has a share of its own.
    """
    with contextlib.suppress(OSError):  # a sandbox that forbids it
        os.nice(_NICENESS)
    with contextlib.suppress(OSError):  # no CONFIG_SCHED_AUTOGROUP, or asked twice in 0.1 s
        Path("/proc/self/autogroup").write_text(f"{_NICENESS}", encoding="ascii")


def _join(group: str, output: int) -> None:
    """Be counted in a control group, with all that is started from here."""
    try:
        Path(group, "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    except OSError as error:
        os.write(output, f"its memory is not limited: {error}\n".encode())


def _execute(start: Start, argv: list[str]) -> None:
    """Become another program: the channel as descriptor 3, its output as 1 and 2."""
    try:
        os.dup2(start.output, 1)
        os.dup2(start.output, 2)
        if start.channel == _CHANNEL_FD:
            os.set_inheritable(_CHANNEL_FD, True)
        elif start.channel >= 0:
            os.dup2(start.channel, _CHANNEL_FD)
        os.chdir(start.cwd)
        for number in (signal.SIGPIPE, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.execvpe(argv[0], argv, start.env)  # noqa: S606  # no shell is what is wanted
    except OSError as error:
        os.write(2, f"cannot start {argv[0]}: {error}\n".encode())
    os._exit(_CANNOT_START)


def main() -> None:
    """Preload, serve, and in a forked child go on as the function's process."""
    from . import preload  # noqa: PLC0415  # the modules below import this one

    control = socket.socket(fileno=int(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the gateway's: it closes the socket
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    baseline = preload.preload()
    from . import function_process  # noqa: PLC0415  # only now may awslambdaric be bound

    gc.collect()
    gc.freeze()  # so that a child's collections do not touch, and copy, what is shared
    start = Zygote(control).serve()
    if start is not None:
        function_process.run(start, baseline)
