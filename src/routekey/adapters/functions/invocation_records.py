"""What is told of an asynchronous event that has ended: Lambda's invocation record, a dead letter.

Source: LAM-INV-08 (Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations",
"Adding a dead-letter queue").
"""

import json
from collections.abc import Mapping
from typing import Final

from routekey.adapters.functions.deferred import EndedEvent
from routekey.clock import format_iso
from routekey.errors import (
    FunctionDisabledError,
    FunctionInvokeError,
    FunctionNotFoundError,
    FunctionRecursionError,
    FunctionThrottledError,
)

_MESSAGE_BYTES_MAX: Final = 1024
"""Of an error's text, in a dead letter."""
_DISABLED: Final = (
    "Function not invoked. Function isconfigured with zero reserved concurrent executions"
)
"""Observed, in AWS's own spelling."""
_STATUSES: Final[Mapping[type[FunctionInvokeError], int]] = {
    FunctionNotFoundError: 404,
    FunctionRecursionError: 400,
    FunctionThrottledError: 429,
}
"""What Invoke would have answered; of a function without concurrency nothing is told."""


def write_record(event: EndedEvent, arn: str, now_ms: int, *, has_payloads: bool = True) -> str:
    """Write Lambda's invocation record, as ASCII.

    What the function answered is left out where it never took the event.

    Args:
        event: what has ended.
        arn: of the function, with its qualifier.
        now_ms: milliseconds since 1970.
        has_payloads: whether to tell the event and the answer, which may be too large.
    """
    record: dict[str, object] = {
        "version": "1.0",
        "timestamp": format_iso(now_ms),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn,
            "condition": event.condition,
            "approximateInvokeCount": event.invoke_count,
        },
    }
    if has_payloads:
        record["requestPayload"] = _read(event.call.payload)
    if event.refusal is not None:
        if (status := _STATUSES.get(type(event.refusal))) is not None:
            record["responseContext"] = {"statusCode": status}
    elif (result := event.result) is not None:
        context = {"statusCode": 200, "executedVersion": result.executed_version}
        if result.function_error is not None:
            context["functionError"] = result.function_error
        record["responseContext"] = context
        if has_payloads:
            record["responsePayload"] = _read(result.payload)
    return json.dumps(record, separators=(",", ":"))


def write_attributes(event: EndedEvent, arn: str) -> dict[str, dict[str, str]]:
    """Describe a failure as message attributes of a dead letter, whose body is the event itself."""
    attributes = {"RequestID": {"DataType": "String", "StringValue": event.request_id}}
    status = 200 if event.refusal is None else _STATUSES.get(type(event.refusal))
    if status is not None:
        attributes["ErrorCode"] = {"DataType": "Number", "StringValue": str(status)}
    if message := _describe_failure(event, arn):  # an attribute cannot be empty
        cut = message.encode()[:_MESSAGE_BYTES_MAX].decode(errors="ignore")
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": cut}
    return attributes


def _describe_failure(event: EndedEvent, arn: str) -> str:
    match event.refusal:
        case FunctionDisabledError():
            return _DISABLED
        case FunctionThrottledError():
            return "Rate Exceeded."
        case FunctionNotFoundError():
            return f"Function not found: {arn}"
        case FunctionInvokeError() as refusal:
            return refusal.reason
    answer = _read(event.result.payload) if event.result is not None else None
    message = answer.get("errorMessage") if isinstance(answer, dict) else None
    return message if isinstance(message, str) else ""


def _read(payload: bytes) -> object:
    """Read JSON; what is none stays text."""
    try:
        value: object = json.loads(payload)
    except (ValueError, RecursionError):
        return payload.decode(errors="replace")
    return value
