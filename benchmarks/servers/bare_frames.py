"""Bare frames over a Unix socket, one round trip at a time: the transport of our functions, alone.

Prints JSON: the rate and the median round trip. The driver runs on the server's core (where the
gateway would be), the worker on the client's.
"""

import asyncio
import json
import os
import socket
import struct
import sys
import time
from typing import Final, cast

import uvloop

_HEAD: Final = struct.Struct(">II")
_EVENT: Final = b'{"requestContext": {}, "body": "' + b"x" * 786 + b'"}'
_RESULT: Final = b'{"statusCode": 200, "body": "' + b"x" * 100 + b'"}'


def work(end: socket.socket) -> None:
    """Read events and answer them, as a function's process does."""
    stream = end.makefile("rb")
    while head := stream.read(_HEAD.size):
        _, length = _HEAD.unpack(head)
        json.loads(stream.read(length))
        end.sendall(_HEAD.pack(0, len(_RESULT)) + _RESULT)


class Driver(asyncio.Protocol):
    """Send an event, wait for the result, send the next."""

    def __init__(self, seconds: float, over: asyncio.Future[None]) -> None:
        self.until = time.perf_counter() + seconds
        self.over = over
        self.round_trips: list[float] = []
        self.buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self.sent_at = time.perf_counter()
        self.transport.write(_HEAD.pack(0, len(_EVENT)) + _EVENT)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) < _HEAD.size + len(_RESULT):
            return
        self.buffer.clear()
        now = time.perf_counter()
        self.round_trips.append(now - self.sent_at)
        if now < self.until:
            self._send()
        elif not self.over.done():
            self.over.set_result(None)


async def drive(end: socket.socket, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    _, driver = await loop.create_connection(lambda: Driver(seconds, over), sock=end)
    await over
    times = sorted(driver.round_trips)
    print(json.dumps({"rate": len(times) / sum(times), "p50_us": times[len(times) // 2] * 1e6}))


if __name__ == "__main__":
    driver_core, worker_core = int(sys.argv[2]), int(sys.argv[3])
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        os.sched_setaffinity(0, {worker_core})
        work(theirs)
        os._exit(0)
    theirs.close()
    os.sched_setaffinity(0, {driver_core})
    uvloop.run(drive(ours, float(sys.argv[1])))
