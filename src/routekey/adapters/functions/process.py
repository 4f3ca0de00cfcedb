"""One operating system process that serves a function, as its environment sees it."""

import asyncio
import os
import socket
from typing import Protocol

from routekey.adapters.functions.frames import Frames, Kind
from routekey.adapters.functions.invocation import Invocation
from routekey.adapters.functions.log import Log
from routekey.adapters.functions.zygote import ProcessPlan, Zygote

_READ_BYTES = 64 * 1024  # what a pipe holds
_DRAIN_READS_MAX = 16  # 1 MB: a thread that prints without end must not hold up the answer
_EXIT_SECONDS_MAX = 1.0  # between a closed channel and the exit that closed it


class Owner(Protocol):
    """Who is told what the process says."""

    def take_reply(self, kind: Kind, peak_kb: int, payload: bytes) -> None:
        """Take a reply; all output that came before it is already in the log."""
        ...

    def take_exit(self, status: int) -> None:
        """Take the end of the process, which comes once and last; negative for a signal."""
        ...


class FunctionProcess:
    """A started process with its channel and its output."""

    def __init__(self, zygote: Zygote, owner: Owner, log: Log) -> None:
        self._zygote = zygote
        self._owner = owner
        self._log = log
        self._frames = Frames(self._take_reply, self._take_broken)
        self._output = -1
        self._identity = 0
        self._status: int | None = None
        self._is_finished = False

    async def start(self, plan: ProcessPlan) -> None:
        """Start; READY or an init error comes later.

        Raises:
            ZygoteError: there is nobody to start it.
        """
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        try:
            self._identity = await self._zygote.start(
                plan, channel=theirs.fileno(), output=output, on_exit=self._take_exit
            )
        except BaseException:
            ours.close()
            self._close_output()
            raise
        finally:
            theirs.close()
            os.close(output)
        loop.add_reader(self._output, self._read_output)
        await loop.create_unix_connection(lambda: self._frames, sock=ours)

    def send(self, invocation: Invocation, deadline_ms: int) -> None:
        """Hand the process an event."""
        head = "\n".join(
            (
                invocation.request_id,
                str(deadline_ms),
                " ".join(invocation.trace_id.split()),  # it came from outside: no line feeds
                invocation.function_arn,
            )
        )
        self._frames.send(head, invocation.payload)

    def kill(self) -> None:
        """Kill the process and what it started; `take_exit` follows."""
        self._zygote.kill_nowait(self._identity)

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

    def _take_reply(self, kind: Kind, peak_kb: int, payload: bytes) -> None:
        self._drain_output()
        self._owner.take_reply(kind, peak_kb, payload)

    def _take_broken(self) -> None:
        """Take the end of the channel: the process has ended, or is to be killed for it."""
        if self._status is None:
            asyncio.get_running_loop().call_later(_EXIT_SECONDS_MAX, self.kill)
        else:
            self._finish()

    def _take_exit(self, status: int) -> None:
        """Take the exit; what the process said last may still lie in the channel."""
        self._status = status
        if self._frames.is_open:
            # A daemon that left the process group may hold the channel open for ever.
            asyncio.get_running_loop().call_later(_EXIT_SECONDS_MAX, self._finish)
        else:
            self._finish()

    def _finish(self) -> None:
        if self._is_finished or self._status is None:
            return
        self._is_finished = True
        self._frames.close()
        self._drain_output()
        self._close_output()
        self._log.flush()
        self._owner.take_exit(self._status)

    def _close_output(self) -> None:
        if self._output >= 0:
            asyncio.get_running_loop().remove_reader(self._output)
            os.close(self._output)
            self._output = -1
