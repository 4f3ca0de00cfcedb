"""A Runtime API that does nothing, and AWS's own runtime client on it: how fast that can be.

Starts awslambdaric with the handler of the benchmarks on the client's core, hands it the same event
over and over, and counts its responses. Prints JSON: the rate.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final, cast

import httptools
import uvloop

_EVENT: Final = b'{"requestContext": {}, "body": "' + b"x" * 786 + b'"}'
_NEXT: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: application/json\r\n"
    b"Lambda-Runtime-Aws-Request-Id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    b"Lambda-Runtime-Deadline-Ms: 4102444800000\r\n"
    b"Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:reply\r\n"
    b"Lambda-Runtime-Trace-Id: Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_EVENT), _EVENT)
)
_ACCEPTED: Final = (
    b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    b'{"status": "OK"}'
)
_FUNCTIONS: Final = Path(__file__).parent.parent / "project" / "functions"


class Null(asyncio.Protocol):
    """Hand out the event, take the response."""

    responses = 0
    has_started = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self.parser.get_method() == b"GET":
            self.transport.write(_NEXT)
        else:
            Null.responses += 1
            Null.has_started.set()
            self.transport.write(_ACCEPTED)


async def measure(warm_seconds: float, seconds: float, core: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Null, "127.0.0.1", 0)
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.sockets[0].getsockname()[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "reply",
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(_FUNCTIONS),
        "PYTHONPATH": str(_FUNCTIONS),
    }
    command = ["taskset", "-c", str(core), sys.executable, "-m", "awslambdaric", "reply.handler"]
    runtime = await asyncio.create_subprocess_exec(*command, env=environment)
    try:
        await Null.has_started.wait()
        await asyncio.sleep(warm_seconds)
        before, began = Null.responses, loop.time()
        await asyncio.sleep(seconds)
        print(json.dumps({"rate": (Null.responses - before) / (loop.time() - began)}))
    finally:
        runtime.kill()
        await runtime.wait()


if __name__ == "__main__":
    uvloop.run(measure(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
