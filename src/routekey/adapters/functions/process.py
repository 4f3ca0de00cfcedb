"""One operating system process that serves a function, as its environment sees it."""

import asyncio
import os
import re
import socket
from dataclasses import replace
from typing import Protocol

from routekey.adapters.functions.channel import Event, Kind
from routekey.adapters.functions.frames import Frames
from routekey.adapters.functions.log import Log
from routekey.adapters.functions.runtime_api import RuntimeApi
from routekey.adapters.functions.zygote import ProcessPlan, Zygote

_READ_BYTES = 64 * 1024  # what a pipe holds
_DRAIN_READS_MAX = 16  # 1 MB: a thread that prints without end must not hold up the answer
_STATUS_BYTES_MAX = 4096  # a kernel writes some 1,500
_PEAK = re.compile(rb"VmHWM:\s*(\d+)")
_EXIT_SECONDS_MAX = 1.0  # between a last word or a closed channel and the exit, or the reverse


class Owner(Protocol):
    """Who is told what the process says."""

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, request_id: str) -> None:
        """Take a reply; all output that came before it is already in the log."""
        ...

    def take_exit(self, status: int) -> None:
        """Take the end of the process, which comes once and last; negative for a signal."""
        ...


class FunctionProcess:
    """A started process with its channel and its output; the channel's `Listener`."""

    def __init__(self, zygote: Zygote, owner: Owner, log: Log, *, is_http: bool) -> None:
        self._zygote = zygote
        self._owner = owner
        self._log = log
        self._channel: Frames | RuntimeApi = RuntimeApi(self) if is_http else Frames(self)
        self._output = -1
        self._status_file = -1
        """Of the kernel, about the process: kept open, as it is read after each call."""
        self._identity = 0
        self._status: int | None = None
        self._is_finished = False
        self._timer: asyncio.TimerHandle | None = None
        """What happens when the process does not end, or its channel does not close, in time."""

    @property
    def is_polled(self) -> bool:
        """Whether READY follows each reply."""
        return self._channel.is_polled

    @property
    def is_open(self) -> bool:
        """Whether it can still be spoken with."""
        return self._channel.is_open

    async def start(self, plan: ProcessPlan) -> None:
        """Start; READY or an init error comes later.

        Raises:
            ZygoteError: there is nobody to start it.
            OSError: this machine has no descriptors or ports left.
        """
        loop = asyncio.get_running_loop()
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        try:
            if isinstance(self._channel, Frames):
                await self._start_with_frames(plan, self._channel, output)
            else:
                address = await self._channel.listen()
                env = {**plan.env, "AWS_LAMBDA_RUNTIME_API": address}
                await self._ask_zygote(replace(plan, env=env), [output])
        except BaseException:
            self._channel.close()
            self._close_output()
            raise
        finally:
            os.close(output)
        if self._output >= 0:  # else it has ended already
            loop.add_reader(self._output, self._read_output)

    async def _start_with_frames(self, plan: ProcessPlan, frames: Frames, output: int) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        with theirs:
            transport, _ = await loop.create_unix_connection(lambda: frames, sock=ours)
            # An event goes out at once, not at the end of the loop's turn.
            transport.set_write_buffer_limits(high=0)
            await self._ask_zygote(plan, [output, theirs.fileno()])

    async def _ask_zygote(self, plan: ProcessPlan, descriptors: list[int]) -> None:
        self._identity = await self._zygote.start(plan, descriptors, on_exit=self._take_exit)

    def send(self, event: Event) -> None:
        """Hand the process an event."""
        self._channel.send(event)

    def kill(self) -> None:
        """Kill the process and what it started; `take_exit` follows."""
        self._zygote.kill_nowait(self._identity)

    def kill_late(self) -> None:
        """Kill a process that should be ending, unless it ends by itself in time."""
        if self._status is None and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_EXIT_SECONDS_MAX, self.kill)

    def _read_output(self) -> bool:
        """Log what one read gives; tell whether it gave anything."""
        try:
            data = os.read(self._output, _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._close_output()
            return False
        self._log.take(data)
        return True

    def _drain_output(self) -> None:
        """Log what the process has written so far, so that its log is whole before its answer."""
        for _ in range(_DRAIN_READS_MAX):
            if self._output < 0 or not self._read_output():
                return

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes, request_id: str) -> None:
        """Pass a reply on, behind the output that came before it."""
        self._drain_output()
        if not peak_kb and kind is not Kind.READY:
            peak_kb = self._read_peak_kb()
        self._owner.take_reply(kind, peak_kb, payload, request_id)

    def take_broken(self) -> None:
        """Kill a process that closed its channel, unless it is ending anyway."""
        self.kill_late()
        self.take_quiet()

    def take_quiet(self) -> None:
        """Finish, where only its last words were waited for."""
        if self._status is not None:
            self._finish()

    def _read_peak_kb(self) -> int:
        """Ask the kernel how much memory the process has had at most."""
        try:
            if self._status_file < 0:
                pid = self._zygote.process_id(self._identity)
                self._status_file = os.open(f"/proc/{pid}/status", os.O_RDONLY)
            status = os.pread(self._status_file, _STATUS_BYTES_MAX, 0)
        except OSError:
            return 0
        found = _PEAK.search(status)
        return int(found[1]) if found else 0

    def _take_exit(self, status: int) -> None:
        """Take the exit; what the process said last may still lie in the channel."""
        self._status = status
        self._stop_timer()
        if self._channel.is_open:
            # A daemon that left the process group may hold the channel open for ever.
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_EXIT_SECONDS_MAX, self._finish)
        else:
            self._finish()

    def _finish(self) -> None:
        if self._is_finished or self._status is None:
            return
        self._is_finished = True
        self._stop_timer()
        self._channel.close()
        self._drain_output()
        self._close_output()
        if self._status_file >= 0:
            os.close(self._status_file)
        self._log.flush()
        self._owner.take_exit(self._status)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close_output(self) -> None:
        if self._output >= 0:
            asyncio.get_running_loop().remove_reader(self._output)
            os.close(self._output)
            self._output = -1
