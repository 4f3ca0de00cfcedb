"""Destinations and dead-letter queues: who is told of an asynchronous call that has ended.

A queue, a topic or an event bus of the local services, or another function, gets Lambda's
invocation record; a dead-letter queue or topic gets the event itself. Those at AWS get nothing from
here. Source: LAM-INV-08.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from routekey.adapters.functions.deferred import RECURSIVE_INVOCATION, SUCCESS, EndedEvent
from routekey.adapters.functions.invocation import split_name
from routekey.adapters.functions.invocation_records import write_attributes, write_record
from routekey.adapters.functions.lineage import has_run, lengthen
from routekey.adapters.functions.local_clients import FindEndpoint, make_clients
from routekey.arn import Arn, function_arn
from routekey.clock import Clock
from routekey.errors import FunctionInvokeError, FunctionRecursionError, InputError
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.ids import AccountId
from routekey.resources.function import LATEST

_SENDERS_MAX: Final = 4
"""Threads, each with one request at a time; the events that wait are bounded where they end."""
_BYTES_MAX: Final = 1024 * 1024
"""What SQS, EventBridge and an asynchronous call take (LAM-INV-03)."""
_TOPIC_BYTES_MAX: Final = 256 * 1024

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parcel:
    """What is to be delivered."""

    arn: Arn
    """Of whom it goes to."""
    body: str
    source: str
    """The ARN of the function that had the event."""
    trace_header: str
    is_success: bool = False
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Destinations:
    """Where ended events go.

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

    async def send(self, event: EndedEvent) -> None:
        """Tell of an event whoever wants to know; a failure is told to the user and no more."""
        if event.condition == RECURSIVE_INVOCATION:
            self._complain(str(event.refusal))
        for text, prepare in (
            (event.destination, self._prepare_record),
            (event.dead_letter_target, self._prepare_letter),
        ):
            if text is None:
                continue
            try:
                await self._deliver(prepare(event, _parse(text)))
            except _PROBLEMS as error:
                name, _ = split_name(event.call.function)
                self._complain(f"{text} is not told of an event of {name}: {error}")

    def close(self) -> None:
        """Send no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _prepare_record(self, event: EndedEvent, arn: Arn) -> _Parcel:
        """Write a record; one that is too large has neither event nor answer in it.

        Raises:
            FunctionRecursionError: the loop that was stopped here would go on there.
        """
        name, _ = split_name(str(arn))
        is_stopped = arn.service == "lambda" and event.condition == RECURSIVE_INVOCATION
        if is_stopped and has_run(event.call.trace_id, name):
            raise FunctionRecursionError(name)
        source, now_ms = self._name_source(event), self._clock.now_ms()
        record = write_record(event, source, now_ms)
        if len(record) > (_TOPIC_BYTES_MAX if arn.service == "sns" else _BYTES_MAX):
            record = write_record(event, source, now_ms, has_payloads=False)
        return _Parcel(
            arn=arn,
            body=record,
            source=source,
            trace_header=_pass_on(event),
            is_success=event.condition == SUCCESS,
        )

    def _prepare_letter(self, event: EndedEvent, arn: Arn) -> _Parcel:
        source = self._name_source(event)
        return _Parcel(
            arn=arn,
            body=event.call.payload.decode(errors="replace"),
            source=source,
            trace_header=_pass_on(event),
            attributes=write_attributes(event, source),
        )

    def _name_source(self, event: EndedEvent) -> str:
        name, qualifier = split_name(event.call.function)
        return function_arn(self._region, self._account, name, qualifier or LATEST)

    async def _deliver(self, parcel: _Parcel) -> None:
        if parcel.arn.service == "lambda":
            await self._invoke(
                FunctionCall(
                    function=str(parcel.arn),
                    payload=parcel.body.encode(),
                    trace_id=parcel.trace_header,
                    is_async=True,
                )
            )
            return
        endpoint = await self._find_endpoint()
        if endpoint is None:
            raise InputError("it is at AWS, and not served here")
        clients = make_clients(endpoint, self._region)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, _hand_over, clients, parcel)


def _parse(text: str) -> Arn:
    arn = Arn.parse(text)
    if arn is None:
        raise InputError("it is no ARN")
    return arn


def _pass_on(event: EndedEvent) -> str:
    """Give the trace header that the function itself saw, if it ran."""
    if event.condition == RECURSIVE_INVOCATION or event.fate.may_recur:
        return event.call.trace_id
    return lengthen(event.call.trace_id, split_name(event.call.function)[0])


def _hand_over(clients: Callable[[str], Any], parcel: _Parcel) -> None:
    """Hand a parcel to a service.

    Raises:
        InputError: no such service is a destination, or an event bus refuses it.
    """
    arn = parcel.arn
    if arn.service not in {"events", "sns", "sqs"}:
        raise InputError(f"{arn.service} is no destination")
    client = clients(arn.service)
    try:
        if arn.service == "sqs":
            trace = {"DataType": "String", "StringValue": parcel.trace_header}
            client.send_message(
                QueueUrl=client.get_queue_url(QueueName=arn.resource)["QueueUrl"],
                MessageBody=parcel.body,
                MessageAttributes=parcel.attributes,
                MessageSystemAttributes={"AWSTraceHeader": trace},
            )
        elif arn.service == "sns":
            client.publish(
                TopicArn=str(arn), Message=parcel.body, MessageAttributes=parcel.attributes
            )
        else:
            kind = "Success" if parcel.is_success else "Failure"
            entry = {
                "Source": "lambda",
                "DetailType": f"Lambda Function Invocation Result - {kind}",
                "Resources": [parcel.source, str(arn)],
                "Detail": parcel.body,
                "EventBusName": str(arn),
            }
            if client.put_events(Entries=[entry]).get("FailedEntryCount"):
                raise InputError("the event bus refuses it")
    finally:
        client.close()
