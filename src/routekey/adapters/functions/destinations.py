"""On-failure destinations: who is told of an asynchronous call that has failed for good.

A queue, a topic or an event bus of the local services, or another function, gets Lambda's
invocation record. Those at AWS get nothing from here. Source: LAM-INV-08 (Lambda Developer Guide,
"Capturing records of Lambda asynchronous invocations").
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from routekey.adapters.functions.deferred import FailedEvent
from routekey.adapters.functions.invocation import split_name
from routekey.adapters.functions.local_clients import FindEndpoint, make_clients
from routekey.arn import Arn, function_arn
from routekey.clock import Clock, format_iso
from routekey.errors import FunctionInvokeError, InputError
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.ids import AccountId
from routekey.resources.function import LATEST

_SENDERS_MAX: Final = 4
"""Threads, each with one request at a time; the events that wait are bounded where they fail."""
_RECORD_BYTES_MAX: Final = 1024 * 1024
"""What SQS and an asynchronous call take (LAM-INV-03). It also ends functions that hand their
failures to each other for ever: a record holds the one before."""

_PROBLEMS: Final = (
    BotoCoreError,
    ClientError,
    FunctionInvokeError,
    InputError,
    KeyError,
    RecursionError,
)
"""What sending may end with; a record that nests too deeply is one."""

Invoke = Callable[[FunctionCall], Awaitable[FunctionResult]]


class Destinations:
    """Where failed events go.

    Args:
        invoke: calls a function that is a destination.
        find_endpoint: tells where the services are.
        region: of functions and services.
        account: whose functions they are.
        clock: for the time of a record.
        complain: tells the user what does not work.
    """

    def __init__(
        self,
        invoke: Invoke,
        find_endpoint: FindEndpoint,
        *,
        region: str,
        account: AccountId,
        clock: Clock,
        complain: Callable[[str], None],
    ) -> None:
        self._invoke = invoke
        self._find_endpoint = find_endpoint
        self._region = region
        self._account = account
        self._clock = clock
        self._complain = complain
        self._threads = ThreadPoolExecutor(_SENDERS_MAX, thread_name_prefix="destinations")

    async def send(self, event: FailedEvent) -> None:
        """Tell an event's destination of it; that this fails is told to the user and no more."""
        if event.destination is None:
            return
        try:
            await self._send(event, event.destination)
        except _PROBLEMS as error:
            name, _ = split_name(event.call.function)
            self._complain(f"{event.destination} gets no failed events of {name}: {error}")

    def close(self) -> None:
        """Send no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _send(self, event: FailedEvent, destination: str) -> None:
        name, qualifier = split_name(event.call.function)
        source = function_arn(self._region, self._account, name, qualifier or LATEST)
        record = write_record(event, source, self._clock.now_ms())
        if len(record) > _RECORD_BYTES_MAX:
            raise InputError(f"the record has {len(record)} bytes, of {_RECORD_BYTES_MAX}")
        arn = Arn.parse(destination)
        if arn is None:
            raise InputError("it is no ARN")
        if arn.service == "lambda":
            trace_id = event.call.trace_id
            payload = record.encode()
            await self._invoke(
                FunctionCall(
                    function=destination, payload=payload, trace_id=trace_id, is_async=True
                )
            )
            return
        endpoint = await self._find_endpoint()
        if endpoint is None:
            raise InputError("it is at AWS, and not served here")
        clients = make_clients(endpoint, self._region)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, _deliver, clients, arn, record, source)


def write_record(event: FailedEvent, arn: str, now_ms: int) -> str:
    """Write Lambda's invocation record, as ASCII.

    What the function answered is left out where it never took the event.

    Args:
        event: what has failed.
        arn: of the function, with its qualifier.
        now_ms: milliseconds since 1970.
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
        "requestPayload": _read(event.call.payload),
    }
    if (result := event.result) is not None:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": result.executed_version,
            "functionError": result.function_error,
        }
        record["responsePayload"] = _read(result.payload)
    return json.dumps(record, separators=(",", ":"))


def _read(payload: bytes) -> object:
    """Read JSON; what is none stays text."""
    try:
        value: object = json.loads(payload)
    except (ValueError, RecursionError):
        return payload.decode(errors="replace")
    return value


def _deliver(clients: Callable[[str], Any], arn: Arn, record: str, source: str) -> None:
    """Hand a record to a service.

    Raises:
        InputError: no such service is a destination, or an event bus refuses it.
    """
    if arn.service not in {"events", "sns", "sqs"}:
        raise InputError(f"{arn.service} is no destination")
    client = clients(arn.service)
    try:
        if arn.service == "sqs":
            url = client.get_queue_url(QueueName=arn.resource)["QueueUrl"]
            client.send_message(QueueUrl=url, MessageBody=record)
        elif arn.service == "sns":
            client.publish(TopicArn=str(arn), Message=record)
        else:
            entry = {
                "Source": "lambda",
                "DetailType": "Lambda Function Invocation Result - Failure",
                "Resources": [source, str(arn)],
                "Detail": record,
                "EventBusName": str(arn),
            }
            if client.put_events(Entries=[entry]).get("FailedEntryCount"):
                raise InputError("the event bus refuses it")
    finally:
        client.close()
