"""Lambda: every function of the project, each with a pool of execution environments.

This implements `gateway.ports.Functions`.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import random
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from routekey.adapters.functions.capacity import Capacity
from routekey.adapters.functions.deferred import (
    RETRY_SECONDS,
    USUAL_FATE,
    DeferredCalls,
    EndedEvent,
    Farewell,
    Fate,
)
from routekey.adapters.functions.environment import Environment
from routekey.adapters.functions.invocation import Invocation, split_name
from routekey.adapters.functions.lineage import lengthen
from routekey.adapters.functions.log import LogSink
from routekey.adapters.functions.memory_groups import open_memory_groups
from routekey.adapters.functions.permissions import check_permission
from routekey.adapters.functions.pool import AnyEnvironment, Pool
from routekey.adapters.functions.program import FrontDoor, Program
from routekey.adapters.functions.programs import Programs
from routekey.adapters.functions.remote import RemoteFunction
from routekey.adapters.functions.sandbox import (
    INIT_SECONDS_MAX,
    ProcessKeys,
    Sandbox,
    Surroundings,
)
from routekey.adapters.functions.shared_environment import SharedEnvironment
from routekey.adapters.functions.workspace import Workspace
from routekey.clock import Clock, format_iso
from routekey.errors import FunctionNotFoundError
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.ids import AccountId, Ids
from routekey.quotas import FUNCTION_TIMEOUT_SECONDS_MAX
from routekey.resources.function import LATEST, Function
from routekey.tasks import spawn

_RETIRE_SECONDS = 30.0
_NOWHERE: Mapping[str, RemoteFunction] = MappingProxyType({})


async def _forget(_event: EndedEvent) -> None:
    """Leave an event that has ended to its log, as Lambda does without a destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """One function with the pool that serves it."""

    program: Program
    pool: Pool


class _Target(NamedTuple):
    """What a call reaches, whose caller its function lets in."""

    served: _Served | RemoteFunction
    name: str
    qualifier: str | None
    arn: str
    """With the qualifier, as the function is told."""
    version: str
    """What runs; of a remote function nobody knows."""
    may_recur: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """Where and how functions run."""

    region: str
    account: AccountId
    temporary_folder: Path | None = None
    """Where to put scratch folders; None takes the system's place for temporary files."""
    cache_folder: Path | None = None
    """Where to keep unpacked packages and SDKs; None takes the user's cache."""
    is_http: bool = False
    """Whether Python and Node functions too speak the HTTP Runtime API, as on AWS; without it they
    answer in a fifth of the time."""
    debug_port: int = 0
    """Of the first function that a debugger can attach to, the others have the next ones; 0 is
    none. A function that is debugged has one process."""
    environments_min: int = 0
    """How many processes each function has ready ahead of calls; a function itself may want more
    (AWS: provisioned concurrency)."""
    provisioned_max: int = 32
    """How many a function gets that wants them itself."""
    environments_max: int = 32
    """How many processes one function may have at once: a Node takes 40 MB, a forked Python 5."""
    memory_group: Path | None = None
    """The control group below which the kernel bounds what environments hold; None has none."""
    environments_total_max: int = 256
    """How many processes all functions may have at once; an idle one makes room for another."""
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    """How long a failed asynchronous call waits before each further try."""
    init_seconds_max: float = INIT_SECONDS_MAX
    """How long a new process may take to load its handler outside of an invocation."""
    idle_seconds_max: float = 10 * 60.0
    """How long an unused environment is kept; on Lambda it is some 5 to 15 minutes."""
    age_seconds_max: float = 24 * 3600.0
    """How long any environment is kept, since its credentials run out: Lambda too renews each one
    after some hours. The credentials have to be good for this long and one call more."""


_TARGETS_MAX: Final = 10_000
"""Sources are routes: more than any gateway has. Where there are, all are found anew."""


class FunctionPools:
    """All functions, invoked by name or ARN."""

    def __init__(
        self,
        settings: FunctionSettings,
        *,
        clock: Clock,
        ids: Ids,
        sink: LogSink,
        say: Callable[[str], None],
        keys: ProcessKeys,
        on_end: Farewell = _forget,
        remotes: Mapping[str, RemoteFunction] = _NOWHERE,
    ) -> None:
        """Make a place for functions; no process starts before the first `replace`.

        Args:
            settings: where and how they run.
            clock: for deadlines and log streams.
            ids: for request ids.
            sink: gets every line of every log.
            say: tells the user what takes long, as the installation of an SDK; it may be called
                from another thread.
            keys: of the functions' roles; they must be good for as long as an environment may
                live (`age_seconds_max`).
            on_end: gets each asynchronous call that was handled, or has failed for good; awaited,
                and among the bounded events until it returns.
            remotes: by name, the functions that run elsewhere, in the project or not.
        """
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._memory_groups = open_memory_groups(settings.memory_group)
        self._surroundings = Surroundings(
            clock=clock,
            sink=sink,
            keys=keys,
            front_door=lambda: self._front_door,
            init_seconds_max=settings.init_seconds_max,
            memory_groups=self._memory_groups,
        )
        self._workspace = Workspace(settings.temporary_folder)
        self._programs = Programs(
            self._workspace,
            region=settings.region,
            account=settings.account,
            say=say,
            cache=settings.cache_folder,
            is_http=settings.is_http,
            debug_port=settings.debug_port,
        )
        self._capacity = Capacity(settings.environments_total_max)
        self._deferred = DeferredCalls(self._run, on_end, settings.retry_seconds)
        self._served: dict[str, _Served] = {}
        self._targets: dict[tuple[str, str | None], _Target] = {}
        """By function and source, what calls have reached since the last `replace`."""
        self._remotes = remotes
        self._described: dict[str, Function] = {}
        """What the project says of functions that run elsewhere."""
        self._front_door: FrontDoor | None = None
        self._draining: set[Pool] = set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know: which run on another version, which elsewhere, and so on."""
        programs = [served.program for served in self._served.values()]
        local = (f"{p.function.function_name}: {p.notice}" for p in programs if p.notice)
        debugged = (
            f"{p.function.function_name}: a debugger can attach at 127.0.0.1:{p.debug_port}"
            for p in programs
            if p.debug_port is not None
        )
        return (*local, *debugged, *(remote.notice for remote in self._remotes.values()))

    def set_front_door(self, front_door: FrontDoor | None) -> None:
        """Say where AWS's names lead, for processes that start from now on."""
        self._front_door = front_door

    def preload(self, functions: Sequence[Function]) -> None:
        """Start ahead what the functions will need, while the rest of the gateway is made."""
        if any(function.function_name not in self._remotes for function in functions):
            spawn(self._programs.preload(), "start a zygote")

    async def replace(self, functions: Sequence[Function]) -> None:
        """Serve these functions instead of the present ones, all at once.

        Calls that run or wait finish on the old code.

        Raises:
            ProjectError: a function cannot be made ready; then nothing has changed.
        """
        loop = asyncio.get_running_loop()
        prepared = [
            await loop.run_in_executor(None, self._programs.prepare, function)
            for function in functions
            if function.function_name not in self._remotes
        ]
        self._described = {
            function.key: function
            for function in functions
            if function.function_name in self._remotes
        }
        for zygote in {program.zygote for program in prepared}:
            spawn(zygote.prepare(), "start a zygote")
        old = self._served
        self._targets.clear()
        self._served = {
            program.function.key: self._keep(program) or self._serve(program)
            for program in prepared
        }
        kept = {served.pool for served in self._served.values()}
        for served in old.values():
            if served.pool not in kept:
                spawn(self._drain(served.pool), "drain a function's old environments")
        for pool in kept:
            pool.provision()
        if self._timer is None:
            self._timer = loop.call_later(_RETIRE_SECONDS, self._retire_later)

    async def invoke(self, call: FunctionCall) -> FunctionResult:
        """Run a function; the contract is that of `gateway.ports.Functions`."""
        request_id = self._ids.uuid()
        if call.is_async:
            fate = self._find_fate(self._find_target(call))
            call = msgspec.structs.replace(call, trace_id=self._trace(call))
            return self._deferred.accept(call, request_id, fate)
        return await self._run(call, request_id)

    async def _run(self, call: FunctionCall, request_id: str) -> FunctionResult:
        target = self._find_target(call)
        served, name = target.served, target.name
        trace_id = self._trace(call)
        if not target.may_recur:
            trace_id = lengthen(trace_id, name)
        if isinstance(served, RemoteFunction):
            described = self._find_described(name)
            seconds_max = described.timeout if described else FUNCTION_TIMEOUT_SECONDS_MAX
            call = msgspec.structs.replace(call, trace_id=trace_id)
            return await served.invoke(call, request_id, seconds_max=seconds_max)
        invocation = Invocation(
            request_id=request_id,
            payload=call.payload,
            function_arn=target.arn,
            version=target.version,
            trace_id=trace_id,
            client_context=call.client_context,
            future=asyncio.get_running_loop().create_future(),
        )
        served.pool.submit(invocation)
        return await invocation.future

    async def retire(self) -> None:
        """Close the environments that nobody has needed for a while; called now and then."""
        pools = [served.pool for served in self._served.values()]
        idle, age = self._settings.idle_seconds_max, self._settings.age_seconds_max
        await asyncio.gather(*(pool.retire(idle, age) for pool in pools))

    async def close(self) -> None:
        """Kill every process and remove every temporary file."""
        if self._timer is not None:
            self._timer.cancel()
        await self._deferred.close()
        pools = [served.pool for served in self._served.values()]
        self._served = {}
        self._targets.clear()
        await asyncio.gather(*(pool.close() for pool in [*pools, *self._draining]))
        await self._programs.close()
        if self._memory_groups is not None:
            self._memory_groups.close()
        await asyncio.to_thread(self._workspace.close)

    def _find_target(self, call: FunctionCall) -> _Target:
        """Find what a call reaches; each time anew where an alias shares its calls out."""
        asked = call.function, call.source_arn
        target = self._targets.get(asked)
        if target is None:
            target = self._look_up(call)
            described = self._find_described(target.name)
            if described is None or not described.alias_weights.get(target.qualifier or ""):
                if len(self._targets) == _TARGETS_MAX:
                    self._targets.clear()
                self._targets[asked] = target
        return target

    def _look_up(self, call: FunctionCall) -> _Target:
        """Find the function of a call, and check that its resource policy lets the caller in.

        One that runs elsewhere, and that the project does not describe, has no policy here.
        """
        name, qualifier = split_name(call.function)
        served = self._remotes.get(name) or self._find(name, qualifier, call.function)
        described = self._find_described(name)
        program = served.program if isinstance(served, _Served) else None
        function = described if program is None else program.function
        if call.source_arn is not None and function is not None:
            check_permission(
                name, function.permissions, source_arn=call.source_arn, qualifier=qualifier
            )
        arn, version = "", LATEST
        if program is not None:
            arn = f"{program.arn}:{qualifier}" if qualifier else program.arn
            version = program.function.version
            if version == LATEST:
                version = program.function.choose_version(qualifier, 1.0)
        return _Target(
            served=served,
            name=name,
            qualifier=qualifier,
            arn=arn,
            version=version,
            may_recur=described is not None and described.may_recur,
        )

    def _trace(self, call: FunctionCall) -> str:
        """Give the trace header of a call: a new one where it brings none."""
        return call.trace_id or self._ids.trace_id(self._clock.now_ms())

    def _find_described(self, name: str) -> Function | None:
        """Find what the project says of a function, wherever it runs."""
        served = self._served.get(name)
        return served.program.function if served else self._described.get(name)

    def _find_fate(self, target: _Target) -> Fate:
        """Find what a function wants of its events; its dead letters are the version's own."""
        latest = self._find_described(target.name)
        if latest is None:
            return USUAL_FATE
        served = target.served
        version = served.program.function if isinstance(served, _Served) else latest
        return Fate(
            config=latest.find_event_invoke_config(target.qualifier),
            dead_letter_target=version.dead_letter_target,
            may_recur=latest.may_recur,
        )

    def _find(self, name: str, qualifier: str | None, text: str) -> _Served:
        """Find what serves a version; where none was published, $LATEST stands for all of them."""
        latest = self._served.get(name)
        if latest is not None:
            function = latest.program.function
            chance = random()  # noqa: S311  # it shares out calls; nobody gains by guessing
            version = function.choose_version(qualifier, chance)
            if published := self._served.get(f"{name}:{version}"):
                return published
            if _has_version(function, qualifier):
                return latest
        raise FunctionNotFoundError(name, f"Function not found: {text}")  # LAM-INV-04

    def _keep(self, program: Program) -> _Served | None:
        """Keep the warm pool of a function whose processes would start as they did."""
        served = self._served.get(program.function.key)
        if served is None or served.program.fingerprint != program.fingerprint:
            return None
        if _list_started_with(served.program.function) != _list_started_with(program.function):
            return None
        served.pool.reserve(program.function.reserved_concurrent_executions)
        return _Served(program=program, pool=served.pool)

    def _serve(self, program: Program) -> _Served:
        function = program.function
        own = min(function.provisioned_concurrent_executions, self._settings.provisioned_max)
        pool = Pool(
            function.function_name,
            make=lambda on_free, is_provisioned: self._make_environment(
                program, on_free, is_provisioned=is_provisioned
            ),
            capacity=self._capacity,
            environments_min=max(self._settings.environments_min, own),
            environments_max=self._settings.environments_max if program.debug_port is None else 1,
            reserved=function.reserved_concurrent_executions,
            concurrency=program.concurrency,
        )
        return _Served(program=program, pool=pool)

    def _make_environment(
        self, program: Program, on_free: Callable[[AnyEnvironment], None], *, is_provisioned: bool
    ) -> AnyEnvironment:
        sandbox = Sandbox(
            program,
            self._surroundings,
            stream=self._make_stream(program.function.version),
            scratch=self._workspace.make_folder("scratch"),
            is_provisioned=is_provisioned,
        )
        if program.concurrency > 1:
            return SharedEnvironment(sandbox, on_free=on_free, concurrency=program.concurrency)
        return Environment(sandbox, on_free=on_free)

    def _make_stream(self, version: str) -> str:
        """Name a log stream: `yyyy/mm/dd/[$LATEST]{32 hex}`. Source: LAM-LOG-06."""
        day = format_iso(self._clock.now_ms())[:10].replace("-", "/")
        return f"{day}/[{version}]{self._ids.uuid().replace('-', '')}"

    async def _drain(self, pool: Pool) -> None:
        self._draining.add(pool)
        try:
            await pool.drain()
        finally:
            self._draining.discard(pool)

    def _retire_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_RETIRE_SECONDS, self._retire_later)
        spawn(self.retire(), "retire idle environments")


def _has_version(function: Function, qualifier: str | None) -> bool:
    return (
        qualifier in {None, LATEST}
        or qualifier in function.aliases
        or qualifier in function.aliases.values()
    )


def _list_started_with(function: Function) -> tuple[object, ...]:
    """List what a process is started with; the rest, as aliases and permissions, is each call's."""
    return (
        function.code,
        function.environment,
        function.handler,
        function.layers,
        function.log_format,
        function.log_level,
        function.memory_size,
        function.provisioned_concurrent_executions,
        function.role,
        function.runtime,
        function.timeout,
    )
