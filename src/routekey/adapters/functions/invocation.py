"""One call of a function on its way through a pool, and the answers that Lambda itself gives."""

import asyncio
import json
import signal
from dataclasses import dataclass

from routekey.adapters.functions.channel import Event
from routekey.gateway.ports import FunctionResult
from routekey.quotas import FUNCTION_RESPONSE_BYTES_MAX


@dataclass(slots=True, kw_only=True, eq=False)
class Invocation:
    """An accepted call: it runs to its end even if its caller no longer waits (LAM-PROXY-06)."""

    request_id: str
    payload: bytes
    function_arn: str
    """The ARN as the caller wrote it, with its qualifier."""
    version: str
    trace_id: str
    client_context: str = ""
    future: asyncio.Future[FunctionResult]

    def make_event(self, deadline_ms: int) -> Event:
        """Write it down for a process, which is ended at that time."""
        return Event(
            request_id=self.request_id,
            deadline_ms=deadline_ms,
            trace_id=" ".join(self.trace_id.split()),  # from outside: no line feeds
            function_arn=self.function_arn,
            client_context=self.client_context,
            payload=self.payload,
        )

    def settle(self, payload: bytes, *, is_error: bool = False, log_tail: bytes = b"") -> None:
        """Give the caller his result, if he still waits."""
        if not self.future.done():
            self.future.set_result(
                FunctionResult(
                    payload=payload,
                    function_error="Unhandled" if is_error else None,
                    request_id=self.request_id,
                    executed_version=self.version,
                    log_tail=log_tail,
                )
            )

    def fail(self, error: Exception) -> None:
        """Tell the caller that the call could not be taken after all."""
        if not self.future.done():
            self.future.set_exception(error)


def timed_out(request_id: str, timeout_seconds: int) -> bytes:
    """Answer for a function that used up its time. Source: LAM-ERR-01, LAM-ERR-13."""
    text = f"RequestId: {request_id} Error: Task timed out after {timeout_seconds:.2f} seconds"
    return _dump({"errorType": "Sandbox.Timedout", "errorMessage": text})


def exited(request_id: str, status: int) -> bytes:
    """Answer for a process that ended in mid-call; negative for a signal.

    Source: LAM-ERR-03, LAM-ERR-04.
    """
    text = f"RequestId: {request_id} Error: {describe_exit(status)}"
    return _dump({"errorType": "Runtime.ExitError", "errorMessage": text})


def describe_exit(status: int) -> str:
    """Say how a process ended, as Lambda does."""
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    name = signal.strsignal(-status) or f"signal {-status}"
    return f"Runtime exited with error: signal: {name.lower()}"


def too_large() -> bytes:
    """Answer for a result over the limit. Source: LAM-ERR-05, LAM-RAPI-08."""
    text = (
        "Response payload size exceeded maximum allowed payload size "
        f"({FUNCTION_RESPONSE_BYTES_MAX} bytes)."
    )
    return _dump({"errorMessage": text, "errorType": "Function.ResponseSizeTooLarge"})


def not_started(request_id: str, reason: str) -> bytes:
    """Answer where the process could not be started at all. Source: LAM-ERR-12 for the shape."""
    text = f"RequestId: {request_id} Error: {reason}"
    return _dump({"errorType": "Runtime.InvalidEntrypoint", "errorMessage": text})


def _dump(error: dict[str, str]) -> bytes:
    return json.dumps(error, separators=(",", ":")).encode()


def split_name(text: str) -> tuple[str, str | None]:
    """Take an ARN, partial ARN or name apart. Source: LAM-INV-01, LAM-INV-09.

    Account and region are not compared: a project's ARNs are often those of another account.
    """
    name, _, qualifier = text.rpartition(":function:")[2].partition(":")
    return name, qualifier or None
