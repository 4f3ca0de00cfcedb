"""What is between an execution environment and the processes that serve it, one after the other.

The scratch folder, the log and its stream stay; a process goes with its keys.
"""

import asyncio
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from routekey.adapters.functions.channel import Event, Kind
from routekey.adapters.functions.log import Log, LogSink
from routekey.adapters.functions.memory_groups import MemoryGroup, MemoryGroups
from routekey.adapters.functions.process import FunctionProcess
from routekey.adapters.functions.program import FrontDoor, Program, plan_process
from routekey.adapters.functions.report import Init, JsonLines, TextLines
from routekey.arn import runtime_arn
from routekey.clock import Clock
from routekey.errors import RoutekeyError
from routekey.tasks import spawn

INIT_SECONDS_MAX: Final = 10.0  # LAM-LIFE-01
_PROVISIONED_INIT_SECONDS_MAX: Final = 130.0  # or the function's timeout, if that is longer
_MEMORY_MB_SPARE: Final = 512
"""Beyond the function's setting: for its `/tmp`, which counts where it is memory, and for what
interpreters take here and not there."""


class ProcessKeys(Protocol):
    """Where processes have the keys of their roles from."""

    async def issue(self, role_arn: str, function_name: str) -> Mapping[str, str]:
        """Give a new process its `AWS_*` variables.

        Raises:
            RoutekeyError: there are none, so that it cannot start.
        """
        ...

    def retire(self, variables: Mapping[str, str]) -> None:
        """Take note that the process with these variables is gone."""
        ...


class Tenant(Protocol):
    """Who is told what the process says: the environment."""

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, request_id: str) -> None:
        """Take a reply."""
        ...

    def take_exit(self, status: int, problem: str | None = None) -> None:
        """Take the end of the process; the problem says why it could not even start."""
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
    memory_groups: MemoryGroups | None = None
    """Where the kernel counts what an environment holds; None bounds processes one by one."""


class Sandbox:
    """A folder and a log, with a process in between."""

    def __init__(
        self,
        program: Program,
        surroundings: Surroundings,
        *,
        stream: str,
        scratch: Path,
        is_provisioned: bool = False,
    ) -> None:
        """Make one without a process.

        Args:
            program: what it runs.
            surroundings: what it has in common with others.
            stream: the log stream of its processes.
            scratch: the folder of its processes, which is removed with it.
            is_provisioned: whether it is made ahead of any call, and its init phase may be long.
        """
        self.program = program
        self.clock = surroundings.clock
        self.lines = JsonLines() if program.is_json_logged else TextLines()
        self.log = Log(program.function.function_name, stream, surroundings.sink)
        self._surroundings = surroundings
        self._stream = stream
        self._scratch = scratch
        self._is_provisioned = is_provisioned
        self._tenant: Tenant | None = None
        self._process: FunctionProcess | None = None
        self._keys: Mapping[str, str] | None = None
        self._group: MemoryGroup | None = None
        self._init: Init | None = None
        """The init phase that is under way."""
        self._init_at = 0.0
        self._is_killed = False
        self._gone = asyncio.Event()
        self._gone.set()

    @property
    def has_process(self) -> bool:
        """Whether a process is there, or is being started or ended."""
        return self._process is not None

    @property
    def is_open(self) -> bool:
        """Whether the process can be spoken with."""
        return self._process is not None and self._process.is_open

    @property
    def is_polled(self) -> bool:
        """Whether the process says READY after each reply."""
        return self._process is not None and self._process.is_polled

    @property
    def init_seconds_max(self) -> float:
        """How long an init phase may take that no call waits for."""
        seconds_max = self._surroundings.init_seconds_max
        if self._is_provisioned:
            timeout = self.program.function.timeout
            return max(seconds_max, _PROVISIONED_INIT_SECONDS_MAX, timeout)
        return seconds_max

    def boot(self, tenant: Tenant, *, is_in_call: bool) -> None:
        """Start a process.

        Args:
            tenant: is told what the process says, and of its end always.
            is_in_call: whether a call waits for it.
        """
        self._tenant = tenant
        self._is_killed = False
        self._begin_init(is_in_call=is_in_call)
        self._process = FunctionProcess(
            self.program.zygote, self, self.log, is_http=self.program.is_http
        )
        self._gone.clear()
        spawn(self._start(self._process), f"start {self.program.function.function_name}")

    def send(self, event: Event) -> None:
        """Hand the process an event."""
        if self._process is not None:
            self._process.send(event)

    def kill(self, *, is_late: bool = False) -> None:
        """Kill the process, if there is one, as when it is late; the tenant hears of its end."""
        self._is_killed = True
        self._end_init("timeout" if is_late else None)
        if self._process is not None:
            self._process.kill()

    def kill_late(self) -> None:
        """Kill a process that has said it ends, if it does not: a hook of its own may hold it."""
        if self._process is not None:
            self._process.kill_late()

    async def close(self) -> None:
        """Kill the process, wait until it is gone, and remove the scratch folder."""
        self.kill()
        await self._gone.wait()
        if self._group is not None:
            await self._group.remove()
        await asyncio.to_thread(shutil.rmtree, self._scratch, ignore_errors=True)

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, request_id: str) -> None:
        """Pass a reply on; the first READY ends the init phase."""
        if kind is Kind.READY:
            self._end_init("success")
        if self._tenant is not None:
            self._tenant.take_reply(kind, peak_kb, payload, request_id)

    def take_exit(self, status: int) -> None:
        """Pass on the end of the process."""
        self._end(status, None)

    async def _start(self, process: FunctionProcess) -> None:
        function = self.program.function
        keys, groups = self._surroundings.keys, self._surroundings.memory_groups
        try:
            self._keys = await keys.issue(function.role, function.function_name)
            if groups is not None and self._group is None:
                self._group = groups.make(function.memory_size + _MEMORY_MB_SPARE)
            plan = plan_process(
                self.program,
                stream=self._stream,
                scratch=self._scratch,
                credentials=self._keys,
                front_door=self._surroundings.front_door(),
                is_provisioned=self._is_provisioned,
                memory_group=None if self._group is None else str(self._group.folder),
            )
            await process.start(plan)
        except (RoutekeyError, OSError) as error:
            self.log.say(f"{function.function_name}: {error}")
            self._end(0, str(error))
            return
        if self._is_killed:  # meanwhile
            process.kill()

    def _begin_init(self, *, is_in_call: bool) -> None:
        program, function = self.program, self.program.function
        self._init_at = asyncio.get_running_loop().time()
        self._init = Init(
            function_name=function.function_name,
            version=function.version,
            stream=self._stream,
            runtime=function.runtime,
            runtime_arn=runtime_arn(program.region, function.runtime),
            memory_mb=function.memory_size,
            is_provisioned=self._is_provisioned,
            is_in_call=is_in_call,
        )
        self._say_init(self.lines.init_start(self._init, self.clock.now_ms()))

    def _end_init(self, status: str | None) -> None:
        """Write down how an init phase has ended, if one has; None ends it without a word."""
        init, self._init = self._init, None
        if init is not None and status is not None:
            duration_ms = (asyncio.get_running_loop().time() - self._init_at) * 1000
            now_ms = self.clock.now_ms()
            self._say_init(self.lines.init_end(init, duration_ms, status, now_ms))

    def _say_init(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.log.say(line, is_in_tail=self.lines.is_init_in_tail)

    def _end(self, status: int, problem: str | None) -> None:
        self._end_init("error")
        self._process = None
        if self._group is not None:
            self._group.end()
        if self._keys is not None:
            self._surroundings.keys.retire(self._keys)
            self._keys = None
        self._gone.set()
        if self._tenant is not None:
            self._tenant.take_exit(status, problem)
