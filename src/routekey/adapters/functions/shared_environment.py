"""An execution environment whose process serves several invocations at once.

AWS has it on Lambda Managed Instances; here a function asks for it with the variable
`AWS_LAMBDA_MAX_CONCURRENCY`, and its runtime asks for so many events at once (LAM-ENV-09,
LAM-ENV-10). Each invocation has its own time. One that uses it up is answered, and then the process
takes no further ones: it is replaced when the last of the others is done, as nobody can know what
became of the part that hangs. A process that ends takes all its invocations with it.

    COLD ──initialize, run──▶ STARTING ──ready──▶ OPEN ──timeout──▶ LEAVING ──last one done──┐
      ▲                          │ failed          │ exit              │ exit                │
      └──────────────────────────┴─────────────────┴───────────────────┴─────────────────────┘

The log cannot tell which invocation wrote a line, so it is in JSON, where functions say it.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from routekey.adapters.functions.channel import Kind
from routekey.adapters.functions.invocation import (
    Invocation,
    exited,
    not_started,
    timed_out,
    too_large,
)
from routekey.adapters.functions.report import Report
from routekey.adapters.functions.sandbox import Sandbox


class SharedState(Enum):
    """Where such an environment is in its life."""

    COLD = auto()
    STARTING = auto()
    OPEN = auto()
    LEAVING = auto()
    """The process takes no more; it is killed when its last invocation is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """An invocation that is under way."""

    invocation: Invocation
    started_at: float
    timer: asyncio.TimerHandle


class SharedEnvironment:
    """A sandbox with one process for many invocations."""

    def __init__(
        self, sandbox: Sandbox, *, on_free: Callable[["SharedEnvironment"], None], concurrency: int
    ) -> None:
        """Make one without a process.

        Args:
            sandbox: where its processes live.
            on_free: told whenever it can take a call more than before.
            concurrency: how many it takes at once.
        """
        self._sandbox = sandbox
        self._timeout = sandbox.program.function.timeout
        self._on_free = on_free
        self._concurrency = concurrency
        self._runs: dict[str, _Run] = {}
        """By request id."""
        self._init_error: bytes | None = None
        self._init_timer: asyncio.TimerHandle | None = None
        self._init_at = 0.0
        self._init_ms: float | None = None
        """How long the init phase took, until a report has told it (LAM-LOG-07)."""
        self._peak_kb = 0
        self._is_closing = False
        self.state = SharedState.COLD
        self.made_at = _now()
        self.free_since = 0.0
        """When it became idle last, in the loop's time."""

    @property
    def running(self) -> int:
        """How many invocations are under way."""
        return len(self._runs)

    @property
    def has_room(self) -> bool:
        """Whether it can take one more."""
        is_leaving = self.state is SharedState.LEAVING or self._is_closing
        return not is_leaving and len(self._runs) < self._concurrency

    @property
    def is_cold(self) -> bool:
        """Whether the next call has to wait for a process."""
        return self.state is SharedState.COLD

    def initialize(self) -> None:
        """Start the init phase; `on_free` follows, whether it succeeds or not."""
        self.state = SharedState.STARTING
        self._init_at = _now()
        seconds_max = self._sandbox.init_seconds_max
        self._init_timer = asyncio.get_running_loop().call_later(seconds_max, self._give_up_init)
        self._sandbox.boot(self, is_in_call=False)

    def run(self, invocation: Invocation) -> None:
        """Serve one invocation; `on_free` follows its end."""
        now_ms = self._sandbox.clock.now_ms()
        for line in self._sandbox.lines.start(
            invocation.request_id, invocation.function_arn, invocation.version, now_ms
        ):
            self._sandbox.log.say(line, invocation.request_id)
        loop = asyncio.get_running_loop()
        self._runs[invocation.request_id] = _Run(
            invocation=invocation,
            started_at=loop.time(),
            timer=loop.call_later(self._timeout, self._time_out, invocation.request_id),
        )
        if self.state is SharedState.COLD:
            self.state = SharedState.STARTING
            self._sandbox.boot(self, is_in_call=True)
        # The channel keeps it until the runtime asks.
        self._sandbox.send(invocation.make_event(now_ms + math.ceil(self._timeout * 1000)))

    async def close(self) -> None:
        """Kill the process, wait until it is gone, and remove the scratch folder.

        What runs ends as killed.
        """
        self._is_closing = True
        self._clear_init_timer()
        await self._sandbox.close()

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, request_id: str) -> None:
        """Take what the process says."""
        self._peak_kb = max(self._peak_kb, peak_kb)
        match kind:
            case Kind.READY:
                self._take_ready()
            case Kind.INIT_ERROR:
                self._init_error = payload  # the exit follows (LAM-RIC-03)
            case Kind.RESULT:
                self._finish(request_id, payload, is_error=False)
            case Kind.ERROR | Kind.FATAL:
                self._finish(request_id, payload, is_error=True)
            case Kind.TOO_LARGE:
                self._finish(request_id, too_large(), is_error=True)

    def take_exit(self, status: int, problem: str | None = None) -> None:
        """Take the end of the process: every invocation ends with it."""
        init_error, self._init_error = self._init_error, None
        self.state = SharedState.COLD
        self._clear_init_timer()
        for request_id in tuple(self._runs):
            if problem is not None:
                self._finish(request_id, not_started(request_id, problem), is_error=True)
            elif init_error is not None:
                self._finish(request_id, init_error, is_error=True)
            else:
                payload = exited(request_id, status)
                self._finish(request_id, payload, is_error=True, status="error")
        self._free()

    def _take_ready(self) -> None:
        if self.state is not SharedState.STARTING:
            return  # one more of those who ask for events
        self.state = SharedState.OPEN
        if self._init_timer is not None:
            self._clear_init_timer()
            self._init_ms = (_now() - self._init_at) * 1000
        self._free()

    def _give_up_init(self) -> None:
        """End a process that takes too long to load; calls that wait start another one."""
        self._init_timer = None
        self.state = SharedState.LEAVING
        self._sandbox.kill(is_late=True)

    def _time_out(self, request_id: str) -> None:
        self.state = SharedState.LEAVING
        payload = timed_out(request_id, self._timeout)
        self._finish(request_id, payload, is_error=True, status="timeout")

    def _finish(
        self, request_id: str, payload: bytes, *, is_error: bool, status: str = "success"
    ) -> None:
        """Answer one; what is answered twice, or too late, has had its answer."""
        run = self._runs.pop(request_id, None)
        if run is None:
            return
        run.timer.cancel()
        init_ms, self._init_ms = self._init_ms, None
        report = Report(
            duration_ms=(_now() - run.started_at) * 1000,
            init_ms=init_ms,
            memory_mb=self._sandbox.program.function.memory_size,
            peak_kb=self._peak_kb,
            status=status,
            error_type="Runtime.ExitError" if status == "error" else "",
            produced_bytes=0 if is_error else len(payload),
        )
        for line in self._sandbox.lines.end(request_id, report, self._sandbox.clock.now_ms()):
            self._sandbox.log.say(line, request_id)
        run.invocation.settle(payload, is_error=is_error)
        if self.state is SharedState.LEAVING and not self._runs:
            self._sandbox.kill()
        elif self.state is SharedState.OPEN:
            self._free()

    def _free(self) -> None:
        if not self._runs:
            self.free_since = _now()
        if not self._is_closing:
            self._on_free(self)

    def _clear_init_timer(self) -> None:
        if self._init_timer is not None:
            self._init_timer.cancel()
            self._init_timer = None


def _now() -> float:
    return asyncio.get_running_loop().time()
