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
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from routekey.adapters.functions.channel import Kind
from routekey.adapters.functions.debugging import is_attached
from routekey.adapters.functions.invocation import (
    Invocation,
    exited,
    not_started,
    timed_out,
    too_large,
)
from routekey.adapters.functions.report import Report
from routekey.adapters.functions.sandbox import Sandbox


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


class _Ended(NamedTuple):
    """An invocation that is over, with what is to be told of it."""

    invocation: Invocation
    payload: bytes
    report: Report
    is_error: bool


class Environment:
    """A sandbox with, most of the time, a process in it."""

    def __init__(self, sandbox: Sandbox, *, on_free: Callable[["Environment"], None]) -> None:
        """Make one without a process.

        Args:
            sandbox: where its processes live.
            on_free: told when it can take a call.
        """
        self._sandbox = sandbox
        self._program = sandbox.program
        self._on_free = on_free
        self._invocation: Invocation | None = None
        self._init_error: bytes | None = None
        self._loop = asyncio.get_running_loop()  # each call of that asks the kernel who we are
        self._timer: asyncio.TimerHandle | None = None
        """Set in advance and left alone: it fires once in a timeout, not once in a call."""
        self._seconds_max = self._started_at = 0.0
        self._ends_at: float | None = None
        """When the time of what runs is over; None where nothing runs."""
        self._untold: _Ended | None = None
        """An invocation that has ended, while its caller and the log have yet to hear of it."""
        self._init_ms: float | None = None
        """How long the init phase took, until a report has told it (LAM-LOG-07)."""
        self._peak_kb = 0
        self._is_closing = False
        self._is_condemned = False
        """Whether the present process is not to serve the invocation that has been taken."""
        self._is_awaited = False
        """Whether that invocation waits for the first word of a process."""
        self.state = State.COLD
        self.made_at = self._loop.time()
        self.free_since = 0.0
        """When it became free last, in the loop's time."""

    @property
    def running(self) -> int:
        """How many invocations are under way: one or none."""
        return int(self._invocation is not None)

    @property
    def has_room(self) -> bool:
        """Whether it can take a call."""
        state = self.state  # by identity: an enum's hash is written in Python
        return self._invocation is None and (state is State.WARM or state is State.COLD)

    @property
    def is_cold(self) -> bool:
        """Whether the next call has to wait for a process."""
        return self.state is State.COLD

    def initialize(self) -> None:
        """Start the init phase; `on_free` follows, whether it succeeds or not."""
        self.state = State.INITIALIZING
        self._begin(self._sandbox.init_seconds_max)
        self._sandbox.boot(self, is_in_call=False)

    def run(self, invocation: Invocation) -> None:
        """Serve one invocation; `on_free` follows its end.

        The process has its event first: it works while we tell of the invocation before.
        """
        is_warm = self.state is State.WARM
        self.state = State.BUSY
        self._invocation = invocation
        self._begin(self._program.function.timeout)
        if not self._sandbox.has_process:
            self._boot_in_call()
        elif is_warm and self._sandbox.is_open:
            self._send(invocation)
        else:
            self._is_condemned = True  # it is ending: another one starts when it is gone
        self._tell_end()
        self._sandbox.log.begin(
            invocation.request_id,
            self._sandbox.lines.start(
                invocation.request_id,
                invocation.function_arn,
                invocation.version,
                self._sandbox.clock.now_ms(),
            ),
        )

    async def close(self) -> None:
        """Kill the process, wait until it is gone, and remove the scratch folder.

        A running invocation ends as killed.
        """
        self._is_closing = True
        if self._invocation is None:
            self.state = State.CLOSED
            self._ends_at = None
        await self._sandbox.close()
        if self._timer is not None:
            self._timer.cancel()

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, _request_id: str) -> None:
        """Take what the process says."""
        self._peak_kb = max(self._peak_kb, peak_kb)
        if self.state is State.CLOSED:
            return
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
                self._sandbox.kill_late()
                self._finish(payload, is_error=True)
            case Kind.TOO_LARGE:
                self._finish(too_large(), is_error=True)

    def take_exit(self, status: int, problem: str | None = None) -> None:
        """Take the end of the process: the environment is reset, not gone."""
        if problem is not None and self._invocation is not None:
            self._init_error = not_started(self._invocation.request_id, problem)
        init_error, self._init_error = self._init_error, None
        is_condemned, self._is_condemned = self._is_condemned, False
        state = self.state
        if state is State.CLOSED:
            return
        if is_condemned and state is State.BUSY and not self._is_closing:
            self._boot_in_call()
            return
        self.state = State.COLD
        if (invocation := self._invocation) is not None:
            if init_error is None:
                payload = exited(invocation.request_id, status)
                self._finish(payload, is_error=True, status="error")
            else:
                self._finish(init_error, is_error=True)
        elif state in {State.INITIALIZING, State.RETURNING, State.RESETTING}:
            self._free()

    def _boot_in_call(self) -> None:
        self._is_awaited = True
        self._sandbox.boot(self, is_in_call=True)

    def _begin(self, seconds_max: float) -> None:
        """Let the time of a phase or an invocation run."""
        self._seconds_max = seconds_max
        self._started_at = self._loop.time()
        self._end_at(self._started_at + seconds_max)

    def _end_at(self, ends_at: float) -> None:
        self._ends_at = ends_at
        if self._timer is not None and self._timer.when() <= ends_at:
            return  # it sets itself anew when it fires
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(ends_at, self._look_at_time)

    def _look_at_time(self) -> None:
        self._timer = None
        if self._ends_at is None:
            return
        if self._loop.time() < self._ends_at:
            self._end_at(self._ends_at)
        else:
            self._time_out()

    def _take_ready(self) -> None:
        is_awaited, self._is_awaited = self._is_awaited, False
        if self._invocation is not None:
            if is_awaited:  # a runtime may ask for a second event while it has the first
                self._send(self._invocation)
        elif self.state in {State.INITIALIZING, State.RETURNING}:
            if self.state is State.INITIALIZING:
                self._init_ms = self._elapsed_ms()
            self.state = State.WARM
            self._free()

    def _send(self, invocation: Invocation) -> None:
        left_ms = self._program.function.timeout * 1000 - self._elapsed_ms()
        deadline_ms = self._sandbox.clock.now_ms() + math.ceil(left_ms)
        self._sandbox.send(invocation.make_event(deadline_ms))

    def _time_out(self) -> None:
        port = self._program.debug_port
        if port is not None and is_attached(port):
            self._end_at(self._loop.time() + self._seconds_max)  # as long as somebody looks
            return
        self._ends_at = None
        self.state = State.RESETTING
        self._sandbox.kill(is_late=True)
        if (invocation := self._invocation) is not None:
            payload = timed_out(invocation.request_id, self._program.function.timeout)
            self._finish(payload, is_error=True, status="timeout")

    def _finish(self, payload: bytes, *, is_error: bool, status: str = "success") -> None:
        """Answer, and be free again unless the process has yet to go."""
        invocation, self._invocation = self._invocation, None
        if invocation is None:  # an answer nobody asked for: this is no bootstrap of ours
            self._distrust()
            return
        report = self._report(status, payload, is_error=is_error)
        self._untold = _Ended(invocation, payload, report, is_error)
        if self.state is State.BUSY and self._sandbox.is_polled:
            self.state = State.RETURNING  # its time goes on until the runtime asks for more
        elif self.state is State.RESETTING:
            self._ends_at = None
        else:
            if self.state is State.BUSY:
                self.state = State.WARM
            self._free()
        self._tell_end()

    def _tell_end(self) -> None:
        """Tell the log and the caller of the last invocation, if they have yet to hear."""
        ended, self._untold = self._untold, None
        if ended is not None:
            invocation, sandbox = ended.invocation, self._sandbox
            now_ms = sandbox.clock.now_ms()
            log_tail = sandbox.log.end(
                sandbox.lines.end(invocation.request_id, ended.report, now_ms)
            )
            invocation.settle(ended.payload, is_error=ended.is_error, log_tail=log_tail)

    def _distrust(self) -> None:
        """Kill a process that speaks out of turn; whether it was free or not, it serves no more."""
        if self.state is State.WARM:
            self.state = State.COLD
        self._sandbox.kill()

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

    def _free(self) -> None:
        self._ends_at = None
        self.free_since = self._loop.time()
        self._on_free(self)

    def _elapsed_ms(self) -> float:
        return (self._loop.time() - self._started_at) * 1000
