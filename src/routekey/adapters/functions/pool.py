"""The environments of one function: which of them takes which call.

A free environment that was used last is used first, so that the others grow old and go. Calls wait
in the order in which they came. A new environment is started for a call that would have to wait, up
to a limit; the call then goes to whichever is free first. Some can be started ahead of any call and
are then always there (AWS: provisioned concurrency); only for another function's call do they go.

An environment may have room for several calls: then one that still has some is free, and idle only
while it serves none.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

from routekey.adapters.functions.capacity import Capacity
from routekey.adapters.functions.environment import Environment
from routekey.adapters.functions.invocation import Invocation
from routekey.adapters.functions.shared_environment import SharedEnvironment
from routekey.errors import FunctionDisabledError, FunctionThrottledError
from routekey.tasks import spawn

QUEUE_MAX: Final = 1000  # calls; what waits longer than this queue has timed out at the gateway
QUEUE_BYTES_MAX: Final = 64 * 1024 * 1024  # of payloads: 512 of the largest messages


AnyEnvironment: TypeAlias = Environment | SharedEnvironment


class Pool:
    """All environments of one version of a function's code."""

    def __init__(
        self,
        name: str,
        *,
        make: Callable[[Callable[[AnyEnvironment], None], bool], AnyEnvironment],
        capacity: Capacity,
        environments_min: int,
        environments_max: int,
        reserved: int | None,
        concurrency: int = 1,
    ) -> None:
        """Make an empty pool.

        Args:
            name: of the function.
            make: makes an environment, given whom it tells that it is free, and whether it is
                started ahead of calls.
            capacity: the room on this machine, shared with other pools.
            environments_min: how many are kept ready, as far as the machine has room for them.
            environments_max: what one function may have of it; calls beyond wait.
            reserved: what the function allows itself; calls beyond are refused (LAM-INV-06).
            concurrency: how many calls one environment takes at once.
        """
        self._name = name
        self._make = make
        self._wanted = min(environments_min, environments_max)
        self._size_max = environments_max
        self.reserve(reserved)
        self._concurrency = concurrency
        self._free: list[AnyEnvironment] = []
        """Those that have room, used last at the end."""
        self._all: set[AnyEnvironment] = set()
        self._queue: deque[Invocation] = deque()
        self._queue_bytes = 0
        self._starting: set[AnyEnvironment] = set()
        self._old: set[AnyEnvironment] = set()
        """Those that are too old for another call, and close when theirs have ended."""
        self._is_draining = False
        self._empty = asyncio.Event()
        self._capacity = capacity
        capacity.join(self)

    @property
    def size(self) -> int:
        """How many environments it has."""
        return len(self._all)

    @property
    def idle_since(self) -> float | None:
        """Since when its oldest idle environment is idle; None where all are busy."""
        oldest = self._find_oldest()
        return oldest.free_since if oldest is not None else None

    def reserve(self, reserved: int | None) -> None:
        """Change what the function allows itself; its environments stay as they are."""
        self._reserved = reserved
        self._size_min = self._wanted if reserved is None else min(self._wanted, reserved)

    def drop_oldest(self) -> None:
        """Close its oldest idle environment."""
        oldest = self._find_oldest()
        if oldest is None:
            raise AssertionError("it is asked only of a pool with an idle environment")
        self._free.remove(oldest)
        self._all.discard(oldest)
        spawn(oldest.close(), f"make room on the machine: {self._name}")

    def submit(self, invocation: Invocation) -> None:
        """Take a call.

        Raises:
            FunctionThrottledError: the reserved concurrency is used up, or the queue is full.
        """
        if self._reserved is not None:
            self._check_reserved(self._reserved)
        if not self._queue and (environment := self._find_free()) is not None:
            self._give(environment, invocation)
            return
        self._check_room(invocation)
        self._queue.append(invocation)
        self._queue_bytes += len(invocation.payload)
        self.serve_queue()

    def provision(self) -> None:
        """Start ahead of calls what is to be ready and is not, while the machine has room."""
        while len(self._all) < self._size_min and self._capacity.has_room:
            self._start(is_provisioned=True)

    async def retire(self, idle_seconds_max: float, age_seconds_max: float) -> None:
        """Close the free environments that nobody has needed for so long, or that are so old.

        What is to be ready stays however idle it is, and is renewed when it is old or its process
        has ended. An old one that serves calls just now takes no others.
        """
        now = asyncio.get_running_loop().time()
        ended = []
        for environment in self._list_idle():
            is_unused = now - environment.free_since >= idle_seconds_max
            is_spare = len(self._all) > self._size_min
            is_old = now - environment.made_at >= age_seconds_max
            is_unready = not is_spare and environment.is_cold
            if is_old or is_unready or (is_unused and is_spare):
                self._free.remove(environment)
                self._all.discard(environment)
                ended.append(environment)
        self._old = {each for each in self._all if now - each.made_at >= age_seconds_max}
        self._free = [each for each in self._free if each not in self._old]
        self.provision()
        await _close(ended)

    async def drain(self) -> None:
        """Close every environment as soon as the calls taken so far have been served."""
        self._is_draining = True
        self._close_idle()
        await self._empty.wait()

    async def close(self) -> None:
        """Close every environment now; calls that run or wait are answered as failed."""
        self._is_draining = True
        while self._queue:
            self._next_in_queue().fail(FunctionThrottledError(self._name, "the gateway stops"))
        await _close(list(self._all))
        self._all.clear()
        self._capacity.leave(self)

    def _check_reserved(self, reserved: int) -> None:
        if reserved == 0:
            raise FunctionDisabledError(self._name)
        running = sum(environment.running for environment in self._all)
        if running + len(self._queue) >= reserved:
            raise FunctionThrottledError(
                self._name, f"its reserved concurrency of {reserved} is used up"
            )

    def _check_room(self, invocation: Invocation) -> None:
        queue_bytes = self._queue_bytes + len(invocation.payload)
        if len(self._queue) >= QUEUE_MAX or queue_bytes > QUEUE_BYTES_MAX:
            raise FunctionThrottledError(
                self._name,
                f"its {len(self._all)} environments are busy and its queue is full",
            )

    def serve_queue(self) -> None:
        """Give waiting calls to free environments, and start new ones for the rest."""
        while self._queue:
            if self._queue[0].future.done():  # its caller has gone away
                self._next_in_queue()
            elif (environment := self._find_free()) is not None:
                self._give(environment, self._next_in_queue())
            elif self._may_start() and self._capacity.make_room():
                self._start(is_provisioned=False)
            else:
                return

    def _start(self, *, is_provisioned: bool) -> None:
        environment = self._make(self._take_free, is_provisioned)
        self._all.add(environment)
        self._starting.add(environment)
        environment.initialize()

    def _find_free(self) -> AnyEnvironment | None:
        """Find the one that was used last; those whose process is to go have no room any more."""
        while self._free and not self._free[-1].has_room:
            self._free.pop()
        return self._free[-1] if self._free else None

    def _give(self, environment: AnyEnvironment, invocation: Invocation) -> None:
        environment.run(invocation)
        if not environment.has_room:
            self._free.remove(environment)

    def _list_idle(self) -> list[AnyEnvironment]:
        """List those that serve no call, the longest idle first."""
        return [each for each in self._free if each.running == 0 and each.has_room]

    def _find_oldest(self) -> AnyEnvironment | None:
        return min(self._list_idle(), key=lambda each: each.free_since, default=None)

    def _may_start(self) -> bool:
        expected = len(self._starting) * self._concurrency
        return expected < len(self._queue) and len(self._all) < self._size_max

    def _next_in_queue(self) -> Invocation:
        invocation = self._queue.popleft()
        self._queue_bytes -= len(invocation.payload)
        return invocation

    def _take_free(self, environment: AnyEnvironment) -> None:
        self._starting.discard(environment)
        if environment in self._old and not self._is_draining:
            self._let_go(environment)
            return
        if environment not in self._free:
            self._free.append(environment)
        self.serve_queue()
        if self._is_draining and not self._queue:
            self._close_idle()
        elif environment.running == 0:
            self._capacity.offer()

    def _let_go(self, environment: AnyEnvironment) -> None:
        """Close an old environment once it serves no call; a new one takes those that wait."""
        if environment.running > 0:
            return
        self._old.discard(environment)
        self._all.discard(environment)
        spawn(environment.close(), f"renew an old environment of {self._name}")
        self.serve_queue()
        self.provision()

    def _close_idle(self) -> None:
        idle = self._list_idle()
        self._free = []
        self._all.difference_update(idle)
        spawn(self._finish_drain(idle), f"close idle environments of {self._name}")

    async def _finish_drain(self, idle: list[AnyEnvironment]) -> None:
        await _close(idle)
        if not self._all:
            self._capacity.leave(self)
            self._empty.set()


async def _close(environments: list[AnyEnvironment]) -> None:
    await asyncio.gather(*(environment.close() for environment in environments))
