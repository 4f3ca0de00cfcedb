"""A Python function's process, from the fork to its last invocation.

The handler is loaded and called by awslambdaric, AWS's own client: error shapes, logging and the
context object are its. Only its HTTP transport is replaced, by frames on a Unix socket:

    gateway → process   u32 length of head, u32 length of event, head, event
                        head: request id, deadline in ms, trace id, function ARN, number of the
                        event, client context, one a line
    process → gateway   kind (1 byte), u32 peak memory in KB, u32 number of the event that it
                        answers, u32 length, payload
                        kinds: N ready, R result, E handler error, X handler error and exit,
                        I init error and exit, L result or error too large

Numbers are big-endian; N and I answer event 0. A handler may fork, and its child go on as if it
were the function: what it answers late, or a second time, the gateway tells by the number.
"""

import importlib
import os
import resource
import struct
import sys
import tempfile
import time

from awslambdaric import bootstrap
from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient, InvocationRequest
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller, to_json

from . import debugger, front_door, placeholder
from .zygote import Start

RESPONSE_BYTES_MAX = 6 * 1024 * 1024 + 100  # LAM-RAPI-08
_READ_BYTES = 64 * 1024  # nearly every event comes whole in one read
_HEAD = struct.Struct(">II")
_REPLY = struct.Struct(">cIII")


class FrameClient(BaseLambdaRuntimeClient):  # type: ignore[misc]  # awslambdaric has no types
    """awslambdaric's client of the Runtime API, over frames.

    It reads and writes the bare descriptor: no object's end closes the channel before the process
    has really exited, so the gateway sees the true exit status.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ahead = b""
        """What came with the last read: never more than the event that is being read, as the
        gateway sends one and waits for its answer."""
        self._is_ready = False
        self._number = 0
        """Of the event that is handled."""
        # The class has one made at import, in the zygote, by the zygote's AWS_EXECUTION_ENV.
        self.marshaller = LambdaMarshaller()

    def wait_next_invocation(self) -> InvocationRequest:
        """Wait for an event; the first call says that the init phase is over."""
        if not self._is_ready:
            self._is_ready = True
            self._send(b"N", b"")
        head_length, event_length = _HEAD.unpack(self._read(_HEAD.size))
        head = self._read(head_length).decode()
        request_id, deadline, trace_id, function_arn, number, client_context = head.split("\n")
        self._number = int(number)
        return InvocationRequest(
            invoke_id=request_id,
            x_amzn_trace_id=trace_id or None,
            invoked_function_arn=function_arn,
            deadline_time_in_ms=int(deadline),
            client_context=client_context or None,
            cognito_identity=None,
            tenant_id=None,
            content_type="application/json",
            event_body=self._read(event_length),
            invocation_id=None,
        )

    def post_invocation_result(
        self,
        invoke_id: str,  # noqa: ARG002  # one invocation at a time
        result_data: str | bytes,
        content_type: str = "",  # noqa: ARG002  # JSON, or bytes as they are (LAM-RIC-04)
        invocation_id: str | None = None,  # noqa: ARG002  # as above
    ) -> None:
        """Send a result."""
        payload = result_data if isinstance(result_data, bytes) else result_data.encode()
        self._answer(b"R", payload)

    def post_invocation_error(
        self,
        invoke_id: str,  # noqa: ARG002  # as above
        error_response_data: str,
        xray_fault: str,  # noqa: ARG002  # there is no X-Ray here
        invocation_id: str | None = None,  # noqa: ARG002  # as above
    ) -> None:
        """Send what the handler raised."""
        self._answer(b"E", error_response_data.encode())

    def post_init_error(
        self,
        error_response_data: dict[str, object],
        error_type_override: str | None = None,  # noqa: ARG002  # a header of the HTTP API
    ) -> None:
        """Send why the handler could not be loaded."""
        payload = to_json(error_response_data).encode()
        self._send(b"I", payload if len(payload) <= RESPONSE_BYTES_MAX else b"{}")

    def _answer(self, kind: bytes, payload: bytes) -> None:
        if len(payload) > RESPONSE_BYTES_MAX:
            self._send(b"L", b"")
        else:
            self._send(kind, payload)

    def _send(self, kind: bytes, payload: bytes) -> None:
        peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        frame = memoryview(_REPLY.pack(kind, peak_kb, self._number, len(payload)) + payload)
        while frame:
            frame = frame[os.write(self._descriptor, frame) :]

    def _read(self, length: int) -> bytes:
        chunks, missing = [self._ahead], length - len(self._ahead)
        while missing > 0:
            chunk = os.read(self._descriptor, max(missing, _READ_BYTES))
            if not chunk:
                os._exit(0)  # the gateway is gone
            chunks.append(chunk)
            missing -= len(chunk)
        received = b"".join(chunks)
        self._ahead = received[length:]
        return received[:length]


def run(start: Start, baseline: frozenset[str]) -> None:
    """Become the function and serve invocations until the process is killed."""
    os.dup2(start.output, 1)
    os.dup2(start.output, 2)
    os.close(start.output)
    _take_environment(start)
    paths = start.function["paths"]
    _forget_replaced_modules(paths, baseline)
    sys.argv = ["/var/runtime/bootstrap.py"]
    sys.path[:0] = paths
    own = os.environ.get("PYTHONPATH", "").split(":")
    sys.path[len(paths) : len(paths)] = [path for path in own if path and path not in sys.path]
    if start.function["front_door"] is not None:
        front_door.redirect(**start.function["front_door"])
    if callback_url := start.function["callback_url"]:
        placeholder.fill_in(callback_url)
    if start.function["debugger"] is not None:
        debugger.listen(**start.function["debugger"])
    bootstrap.run(start.function["handler"], FrameClient(start.channel))


def _take_environment(start: Start) -> None:
    """Replace whatever came from the zygote's environment."""
    os.environ.clear()
    os.environ.update(start.env)
    os.chdir(start.cwd)
    time.tzset()
    tempfile.tempdir = None
    sys.dont_write_bytecode = True  # the code folder is read-only on AWS, and watched here
    if "AWS_LAMBDA_LOG_FORMAT" in os.environ or "AWS_LAMBDA_LOG_LEVEL" in os.environ:
        importlib.reload(bootstrap)  # it reads these two when it is imported


def _forget_replaced_modules(paths: list[str], baseline: frozenset[str]) -> None:
    """Unload what the function or a layer brings itself. Source: LAM-ENV-06.

    One packaged part of the SDK unloads the whole SDK: its parts must fit each other.
    """
    own = {name.partition(".")[0] for path in paths for name in _list(path)}
    preloaded = {name: module for name, module in sys.modules.items() if name not in baseline}
    runtime = sys.path[0]
    sdk = {
        name.partition(".")[0]
        for name, module in preloaded.items()
        if (getattr(module, "__file__", None) or "").startswith(runtime)
        and not name.startswith(__package__ or "")
    }
    replaced = own | (sdk if own & sdk else set())
    for name in preloaded:
        if name.partition(".")[0] in replaced:
            del sys.modules[name]


def _list(path: str) -> list[str]:
    try:
        return os.listdir(path)  # noqa: PTH208  # names are wanted, and a fork wants speed
    except OSError:
        return []
