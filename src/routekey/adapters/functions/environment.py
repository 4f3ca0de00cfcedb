"""One execution environment: a sandbox that serves one invocation at a time.

Its process may be replaced: after a timeout or a crash the globals are gone, while the scratch
folder and the log stream stay (LAM-ENV-07). A process that is started for a waiting environment has
ten seconds to load the handler; if it fails, or none is there, the next invocation starts one
within its own time (LAM-LIFE-01, LAM-LIFE-02).

    COLD ──initialize──▶ INITIALIZING ──ready──▶ WARM ──run──▶ BUSY ──result──▶ WARM
      ▲                     │ failed               │ exit       │ exit: COLD
      └─────────────────────┴──────────────────────┘            │ timeout: RESETTING, at exit COLD
    COLD ──run──▶ BUSY                          any ──close──▶ CLOSED
"""

import asyncio
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from routekey.adapters.functions.channel import Event, Kind
from routekey.adapters.functions.debugging import is_attached
from routekey.adapters.functions.invocation import (
    Invocation,
    exited,
    not_started,
    timed_out,
    too_large,
)
from routekey.adapters.functions.log import Log, LogSink
from routekey.adapters.functions.process import FunctionProcess
from routekey.adapters.functions.program import FrontDoor, Program, plan_process
from routekey.adapters.functions.report import JsonLines, Report, TextLines
from routekey.clock import Clock
from routekey.errors import RoutekeyError
from routekey.tasks import spawn

INIT_SECONDS_MAX = 10.0  # LAM-LIFE-01
_PROVISIONED_INIT_SECONDS_MAX = 130.0  # or the function's timeout, if that is longer


class State(Enum):
    """Where an environment is in its life."""

    COLD = auto()
    INITIALIZING = auto()
    WARM = auto()
    BUSY = auto()
    RETURNING = auto()
    """Answered, while the runtime has yet to ask for the next event."""
    RESETTING = auto()
    CLOSED = auto()


class ProcessKeys(Protocol):
    """Where processes have the keys of their roles from."""

    def issue(self, role_arn: str, function_name: str) -> Mapping[str, str]:
        """Give a new process its `AWS_*` variables."""
        ...

    def retire(self, variables: Mapping[str, str]) -> None:
        """Take note that the process with these variables is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all environments have in common."""

    clock: Clock
    sink: LogSink
    keys: ProcessKeys
    front_door: Callable[[], FrontDoor | None]
    """Asked for each new process."""
    init_seconds_max: float = INIT_SECONDS_MAX


class Environment:
    """A sandbox with, most of the time, a process in it."""

    def __init__(
        self,
        program: Program,
        surroundings: Surroundings,
        *,
        stream: str,
        scratch: Path,
        on_free: Callable[["Environment"], None],
        is_provisioned: bool = False,
    ) -> None:
        """Make one without a process.

        Args:
            program: what it runs.
            surroundings: what it has in common with others.
            stream: the log stream of its processes.
            scratch: the folder of its processes, which is removed with it.
            on_free: told when it can take a call.
            is_provisioned: whether it is made ahead of any call, and its init phase may be long.
        """
        self._program = program
        self._surroundings = surroundings
        self._stream = stream
        self._scratch = scratch
        self._on_free = on_free
        self._is_provisioned = is_provisioned
        self._lines = JsonLines() if program.function.log_format == "JSON" else TextLines()
        self._log = Log(program.function.function_name, stream, surroundings.sink)
        self._process: FunctionProcess | None = None
        self._keys: Mapping[str, str] | None = None
        self._invocation: Invocation | None = None
        self._init_error: bytes | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._started_at = 0.0
        self._init_ms: float | None = None
        """How long the init phase took, until a report has told it (LAM-LOG-07)."""
        self._peak_kb = 0
        self._is_closing = False
        self._is_condemned = False
        """Whether the present process is not to serve the invocation that has been taken."""
        self._gone = asyncio.Event()
        self._gone.set()
        self.state = State.COLD
        self.made_at = asyncio.get_running_loop().time()
        self.free_since = 0.0
        """When it became free last, in the loop's time."""

    def initialize(self) -> None:
        """Start the init phase; `on_free` follows, whether it succeeds or not."""
        self.state = State.INITIALIZING
        seconds_max = self._surroundings.init_seconds_max
        if self._is_provisioned:
            timeout = self._program.function.timeout
            seconds_max = max(seconds_max, _PROVISIONED_INIT_SECONDS_MAX, timeout)
        self._begin(seconds_max)
        self._boot()

    def run(self, invocation: Invocation) -> None:
        """Serve one invocation; `on_free` follows its end."""
        is_warm = self.state is State.WARM
        self.state = State.BUSY
        self._invocation = invocation
        self._log.begin(
            invocation.request_id,
            self._lines.start(
                invocation.request_id,
                invocation.function_arn,
                invocation.version,
                self._surroundings.clock.now_ms(),
            ),
        )
        self._begin(self._program.function.timeout)
        if self._process is None:
            self._boot()
        elif is_warm and self._process.is_open:
            self._send(invocation)
        else:
            self._is_condemned = True  # it is ending: another one starts when it is gone

    async def close(self) -> None:
        """Kill the process, wait until it is gone, and remove the scratch folder.

        A running invocation ends as killed.
        """
        self._is_closing = True
        if self._invocation is None:
            self.state = State.CLOSED
            self._clear_timer()
        if self._process is not None:
            self._process.kill()
        await self._gone.wait()
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes) -> None:
        """Take what the process says."""
        self._peak_kb = max(self._peak_kb, peak_kb)
        match kind:
            case Kind.READY:
                self._take_ready()
            case Kind.INIT_ERROR:
                self._init_error = payload  # the exit follows (LAM-RIC-03)
            case Kind.RESULT:
                self._finish(payload, is_error=False)
            case Kind.ERROR:
                self._finish(payload, is_error=True)
            case Kind.FATAL:
                self.state = State.RESETTING
                self._finish(payload, is_error=True)
            case Kind.TOO_LARGE:
                self._finish(too_large(), is_error=True)

    def take_exit(self, status: int) -> None:
        """Take the end of the process: the environment is reset, not gone."""
        init_error, self._init_error = self._init_error, None
        is_condemned, self._is_condemned = self._is_condemned, False
        self._process = None
        if self._keys is not None:
            self._surroundings.keys.retire(self._keys)
            self._keys = None
        self._gone.set()
        state = self.state
        if state is State.CLOSED:
            return
        if is_condemned and state is State.BUSY and not self._is_closing:
            self._boot()
            return
        self.state = State.COLD
        if (invocation := self._invocation) is not None:
            if init_error is None:
                payload = exited(invocation.request_id, status)
                self._finish(payload, is_error=True, status="error")
            else:
                self._finish(init_error, is_error=True)
        elif state is State.INITIALIZING:
            self._clear_timer()
            self._report_init("error")
            self._free()
        elif state in {State.RETURNING, State.RESETTING}:
            self._clear_timer()
            self._free()

    def _begin(self, seconds_max: float) -> None:
        self._started_at = asyncio.get_running_loop().time()
        self._start_timer(seconds_max)

    def _start_timer(self, seconds_max: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds_max, self._time_out, seconds_max)

    def _boot(self) -> None:
        self._process = FunctionProcess(
            self._program.zygote, self, self._log, is_http=self._program.is_http
        )
        self._gone.clear()
        spawn(self._start(self._process), f"start {self._program.function.function_name}")

    async def _start(self, process: FunctionProcess) -> None:
        function = self._program.function
        self._keys = self._surroundings.keys.issue(function.role, function.function_name)
        try:
            plan = plan_process(
                self._program,
                stream=self._stream,
                scratch=self._scratch,
                credentials=self._keys,
                front_door=self._surroundings.front_door(),
                is_provisioned=self._is_provisioned,
            )
            await process.start(plan)
        except (RoutekeyError, OSError) as error:
            self._log.say(f"{function.function_name}: {error}")
            if self._invocation is not None:
                self._init_error = not_started(self._invocation.request_id, str(error))
            self.take_exit(0)
            return
        if self._is_closing or self.state is State.RESETTING:  # meanwhile
            process.kill()

    def _take_ready(self) -> None:
        if self._invocation is not None:
            self._send(self._invocation)
        elif self.state in {State.INITIALIZING, State.RETURNING}:
            if self.state is State.INITIALIZING:
                self._init_ms = self._elapsed_ms()
            self._clear_timer()
            self.state = State.WARM
            self._free()

    def _send(self, invocation: Invocation) -> None:
        if self._process is not None:
            left_ms = self._program.function.timeout * 1000 - self._elapsed_ms()
            deadline_ms = self._surroundings.clock.now_ms() + math.ceil(left_ms)
            self._process.send(
                Event(
                    request_id=invocation.request_id,
                    deadline_ms=deadline_ms,
                    trace_id=" ".join(invocation.trace_id.split()),  # from outside: no line feeds
                    function_arn=invocation.function_arn,
                    payload=invocation.payload,
                )
            )

    def _time_out(self, seconds_max: float) -> None:
        port = self._program.debug_port
        if port is not None and is_attached(port):
            self._start_timer(seconds_max)  # from the start, for as long as somebody looks
            return
        self._timer = None
        state, self.state = self.state, State.RESETTING
        if self._process is not None:
            self._process.kill()
        if state is State.INITIALIZING:
            self._report_init("timeout")
        elif (invocation := self._invocation) is not None:
            payload = timed_out(invocation.request_id, self._program.function.timeout)
            self._finish(payload, is_error=True, status="timeout")

    def _finish(self, payload: bytes, *, is_error: bool, status: str = "success") -> None:
        """Answer, and be free again unless the process has yet to go."""
        invocation, self._invocation = self._invocation, None
        if invocation is None:  # an answer nobody asked for: this is no bootstrap of ours
            self._distrust()
            return
        report = self._report(status, payload, is_error=is_error)
        now_ms = self._surroundings.clock.now_ms()
        log_tail = self._log.end(self._lines.end(invocation.request_id, report, now_ms))
        invocation.settle(payload, is_error=is_error, log_tail=log_tail)
        if self.state is State.BUSY and self._process is not None and self._process.is_polled:
            self.state = State.RETURNING  # the timer goes on until the runtime asks for more
            return
        self._clear_timer()
        if self.state is State.BUSY:
            self.state = State.WARM
        if self.state is not State.RESETTING:
            self._free()

    def _distrust(self) -> None:
        """Kill a process that speaks out of turn; whether it was free or not, it serves no more."""
        if self.state is State.WARM:
            self.state = State.COLD
        if self._process is not None:
            self._process.kill()

    def _report(self, status: str, payload: bytes, *, is_error: bool) -> Report:
        """Describe an invocation that has ended; the first one also tells of the init phase."""
        timeout_ms = self._program.function.timeout * 1000.0
        init_ms, self._init_ms = self._init_ms, None
        return Report(
            duration_ms=timeout_ms if status == "timeout" else self._elapsed_ms(),
            init_ms=init_ms,
            memory_mb=self._program.function.memory_size,
            peak_kb=self._peak_kb,
            status=status,
            error_type="Runtime.ExitError" if status == "error" else "",
            produced_bytes=0 if is_error else len(payload),
        )

    def _report_init(self, status: str) -> None:
        now_ms = self._surroundings.clock.now_ms()
        for line in self._lines.init_failed(self._elapsed_ms(), status, now_ms):
            self._log.say(line)

    def _free(self) -> None:
        self.free_since = asyncio.get_running_loop().time()
        self._on_free(self)

    def _elapsed_ms(self) -> float:
        return (asyncio.get_running_loop().time() - self._started_at) * 1000

    def _clear_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
