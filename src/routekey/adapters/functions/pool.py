"""The environments of one function: which of them takes which call.

A free environment that was used last is used first, so that the others grow old and go. Calls wait
in the order in which they came. A new environment is started for a call that would have to wait, up
to a limit; the call then goes to whichever is free first. Some can be started ahead of any call and
are then always there (AWS: provisioned concurrency); only for another function's call do they go.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from routekey.adapters.functions.capacity import Capacity
from routekey.adapters.functions.environment import Environment
from routekey.adapters.functions.invocation import Invocation
from routekey.errors import FunctionDisabledError, FunctionThrottledError
from routekey.tasks import spawn

QUEUE_MAX: Final = 1000  # calls; what waits longer than this queue has timed out at the gateway
QUEUE_BYTES_MAX: Final = 64 * 1024 * 1024  # of payloads: 512 of the largest messages


class Pool:
    """All environments of one version of a function's code."""

    def __init__(
        self,
        name: str,
        *,
        make: Callable[[Callable[[Environment], None], bool], Environment],
        capacity: Capacity,
        environments_min: int,
        environments_max: int,
        reserved: int | None,
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
        """
        self._name = name
        self._make = make
        self._wanted = min(environments_min, environments_max)
        self._size_max = environments_max
        self.reserve(reserved)
        self._free: list[Environment] = []
        self._all: set[Environment] = set()
        self._queue: deque[Invocation] = deque()
        self._queue_bytes = 0
        self._starting: set[Environment] = set()
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
        return self._free[0].free_since if self._free else None

    def reserve(self, reserved: int | None) -> None:
        """Change what the function allows itself; its environments stay as they are."""
        self._reserved = reserved
        self._size_min = self._wanted if reserved is None else min(self._wanted, reserved)

    def drop_oldest(self) -> None:
        """Close its oldest idle environment."""
        oldest = self._free.pop(0)
        self._all.discard(oldest)
        spawn(oldest.close(), f"make room on the machine: {self._name}")

    def submit(self, invocation: Invocation) -> None:
        """Take a call.

        Raises:
            FunctionThrottledError: the reserved concurrency is used up, or the queue is full.
        """
        if self._reserved is not None:
            self._check_reserved(self._reserved)
        if self._free and not self._queue:
            self._free.pop().run(invocation)
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

        What is to be ready stays however idle it is, and is renewed when it is old.
        """
        now = asyncio.get_running_loop().time()
        old = []
        for environment in tuple(self._free):  # the longest idle one first
            is_idle = now - environment.free_since >= idle_seconds_max
            is_spare = len(self._all) > self._size_min
            if now - environment.made_at >= age_seconds_max or (is_idle and is_spare):
                self._free.remove(environment)
                self._all.discard(environment)
                old.append(environment)
        self.provision()
        await _close(old)

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
        busy = len(self._all) - len(self._free) - len(self._starting)
        if busy + len(self._queue) >= reserved:
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
            elif self._free:
                self._free.pop().run(self._next_in_queue())
            elif self._may_start() and self._capacity.make_room():
                self._start(is_provisioned=False)
            else:
                return

    def _start(self, *, is_provisioned: bool) -> None:
        environment = self._make(self._take_free, is_provisioned)
        self._all.add(environment)
        self._starting.add(environment)
        environment.initialize()

    def _may_start(self) -> bool:
        return len(self._starting) < len(self._queue) and len(self._all) < self._size_max

    def _next_in_queue(self) -> Invocation:
        invocation = self._queue.popleft()
        self._queue_bytes -= len(invocation.payload)
        return invocation

    def _take_free(self, environment: Environment) -> None:
        self._starting.discard(environment)
        self._free.append(environment)
        self.serve_queue()
        if self._is_draining and not self._queue:
            self._close_idle()
        elif self._free:
            self._capacity.offer()

    def _close_idle(self) -> None:
        idle, self._free = self._free, []
        self._all.difference_update(idle)
        spawn(self._finish_drain(idle), f"close idle environments of {self._name}")

    async def _finish_drain(self, idle: list[Environment]) -> None:
        await _close(idle)
        if not self._all:
            self._capacity.leave(self)
            self._empty.set()


async def _close(environments: list[Environment]) -> None:
    await asyncio.gather(*(environment.close() for environment in environments))
