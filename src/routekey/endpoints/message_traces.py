"""The trace of a message that a function sends to a queue.

SQS keeps the `X-Amzn-Trace-Id` of a request as the message's `AWSTraceHeader`; its emulator does
not. Lambda tells by it that a function's own messages call it again and again. Source: AWS X-Ray
Developer Guide, "Amazon SQS and AWS X-Ray".
"""

from typing import Any, Final

import orjson

from routekey.endpoints.wire import Request

_SEND: Final = "AmazonSQS.SendMessage"
_SEND_BATCH: Final = "AmazonSQS.SendMessageBatch"
_ATTRIBUTES: Final = "MessageSystemAttributes"
_NAME: Final = "AWSTraceHeader"


def add_trace(request: Request) -> bytes:
    """Give the body of a request, with the trace in each message that it sends.

    A message that names a trace itself keeps it, and so does what is no message at all.
    """
    target, header = request.header("x-amz-target"), request.header("x-amzn-trace-id")
    if header is None or target not in {_SEND, _SEND_BATCH}:
        return request.body
    try:
        members = orjson.loads(request.body)
        messages = [members] if target == _SEND else members["Entries"]
        for message in messages:
            _put(message, header)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return request.body  # the service says what is wrong with it
    return orjson.dumps(members)


def _put(message: Any, header: str) -> None:
    attributes = message.setdefault(_ATTRIBUTES, {})
    attributes.setdefault(_NAME, {"DataType": "String", "StringValue": header})
