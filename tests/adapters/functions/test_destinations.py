"""Who is told of failed events: services of the real emulator, and functions."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.functions.laboratory import ACCOUNT, REGION, Lab
from routekey.adapters.aws_services import EmbeddedServices
from routekey.adapters.functions.deferred import (
    RECURSIVE_INVOCATION,
    RETRIES_EXHAUSTED,
    SUCCESS,
    EndedEvent,
    Fate,
)
from routekey.adapters.functions.destinations import Destinations
from routekey.adapters.functions.lineage import INVOCATIONS_MAX, lengthen
from routekey.adapters.functions.local_clients import make_clients
from routekey.adapters.system import SystemClock
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.resources.function import EventInvokeConfig
from scenarios.running import wait_until

FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f:$LATEST"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793"
FAILED = FunctionResult(payload=b'{"errorMessage":"no"}', function_error="Unhandled")
PRINT = """
import json
def handler(event, context):
    print(json.dumps(event))
"""


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def ended(
    destination: str | None = None,
    payload: bytes = b'{"n":1}',
    *,
    condition: str = RETRIES_EXHAUSTED,
    dead_letter_target: str | None = None,
) -> EndedEvent:
    config = EventInvokeConfig(on_success=destination, on_failure=destination)
    return EndedEvent(
        call=FunctionCall(function="f", payload=payload, trace_id=TRACE, is_async=True),
        request_id="id",
        fate=Fate(config=config, dead_letter_target=dead_letter_target),
        condition=condition,
        invoke_count=3,
        result=FAILED,
    )


class Told:
    """The emulator, and the destinations that are told."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.said: list[str] = []
        self.embedded = EmbeddedServices(REGION, ACCOUNT, self.said.append)
        self.is_at_aws = False
        self.destinations = Destinations(
            lambda call: self.lab.pools.invoke(call),  # noqa: PLW0108  # a test replaces the pools
            self.find,
            region=REGION,
            account=ACCOUNT,
            clock=SystemClock(),
            complain=self.said.append,
        )

    async def find(self) -> str | None:
        return None if self.is_at_aws else await self.embedded.endpoint()

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        client = make_clients(await self.embedded.endpoint(), REGION)(service)
        try:
            return await asyncio.to_thread(getattr(client, operation), **arguments)
        finally:
            client.close()

    async def make_queue(self) -> str:
        return str((await self.call("sqs", "create_queue", QueueName="failures"))["QueueUrl"])

    async def make_topic(self) -> str:
        """Make a topic whose messages go to the queue."""
        topic = (await self.call("sns", "create_topic", Name="failures"))["TopicArn"]
        queue = arn("sqs", "failures")
        await self.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
        return str(topic)

    async def receive(self, url: str) -> Any:
        return json.loads((await self.receive_message(url))["Body"])

    async def receive_message(self, url: str) -> Any:
        got = await self.call(
            "sqs",
            "receive_message",
            QueueUrl=url,
            WaitTimeSeconds=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return got["Messages"][0]


@pytest.fixture
async def told(lab: Lab) -> AsyncIterator[Told]:
    made = Told(lab)
    yield made
    made.destinations.close()
    await made.embedded.close()


async def test_a_queue_gets_the_record(told: Told) -> None:
    url = await told.make_queue()
    await told.destinations.send(ended(arn("sqs", "failures")))
    record = await told.receive(url)
    assert record["requestContext"]["functionArn"] == FUNCTION_ARN
    assert told.said == []


@pytest.mark.rule("LAM-INV-08")
async def test_a_dead_letter_queue_gets_the_event_as_it_is(told: Told) -> None:
    url = await told.make_queue()
    await told.destinations.send(ended(dead_letter_target=arn("sqs", "failures")))
    message = await told.receive_message(url)
    assert message["Body"] == '{"n":1}'
    texts = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
    assert texts == {"RequestID": "id", "ErrorCode": "200", "ErrorMessage": "no"}


async def test_a_queue_gets_the_trace_with_the_function_in_it(told: Told) -> None:
    url = await told.make_queue()
    await told.destinations.send(ended(arn("sqs", "failures")))
    attributes = (await told.receive_message(url))["Attributes"]
    assert attributes["AWSTraceHeader"] == lengthen(TRACE, "f")


async def test_a_dead_letter_topic_gets_the_event_as_it_is(told: Told) -> None:
    url = await told.make_queue()
    topic = await told.make_topic()
    await told.destinations.send(ended(dead_letter_target=topic))
    message = await told.receive(url)
    assert message["Message"] == '{"n":1}'
    assert message["MessageAttributes"]["ErrorMessage"]["Value"] == "no"


async def test_a_topic_gets_the_record(told: Told) -> None:
    url = await told.make_queue()
    topic = await told.make_topic()
    await told.destinations.send(ended(topic))
    assert json.loads((await told.receive(url))["Message"])["requestPayload"] == {"n": 1}


@pytest.mark.parametrize(
    ("condition", "kind"), [(RETRIES_EXHAUSTED, "Failure"), (SUCCESS, "Success")]
)
async def test_an_event_bus_gets_the_record_as_an_event(
    told: Told, condition: str, kind: str
) -> None:
    url = await told.make_queue()
    bus = (await told.call("events", "create_event_bus", Name="failures"))["EventBusArn"]
    pattern = json.dumps({"source": ["lambda"]})
    await told.call("events", "put_rule", Name="all", EventBusName="failures", EventPattern=pattern)
    target = {"Id": "1", "Arn": arn("sqs", "failures")}
    await told.call("events", "put_targets", Rule="all", EventBusName="failures", Targets=[target])
    await told.destinations.send(ended(bus, condition=condition))
    event = await told.receive(url)
    assert event["detail-type"] == f"Lambda Function Invocation Result - {kind}"
    assert event["resources"] == [FUNCTION_ARN, bus]
    assert event["detail"]["requestPayload"] == {"n": 1}


@pytest.mark.rule("LAM-INV-08")
async def test_a_function_is_told_of_one_that_fails(told: Told) -> None:
    lab = told.lab
    await lab.pools.close()
    lab.pools = lab.make_pools(on_end=told.destinations.send)
    config = EventInvokeConfig(
        maximum_retry_attempts=0, on_failure=arn("lambda", "function:mourner")
    )
    source = "def handler(event, context): raise ValueError('no')"
    await lab.serve(
        lab.python(source, event_invoke_configs=(config,)), lab.python(PRINT, "mourner")
    )
    result = await lab.invoke({"n": 1}, is_async=True)

    def records() -> list[str]:
        return [line for line in lab.output() if "requestPayload" in line]

    await wait_until(lambda: bool(records()), "the record")
    record = json.loads(records()[0])
    assert record["requestContext"]["requestId"] == result.request_id
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert record["responsePayload"]["errorMessage"] == "no"


@pytest.mark.parametrize(
    ("destination", "problem"),
    [
        (arn("sqs", "nowhere"), "NonExistentQueue"),
        (arn("events", "event-bus/nowhere"), "is not told of an event of f"),
        (arn("lambda", "function:nowhere"), "Function not found"),
        (arn("s3", "bucket"), "s3 is no destination"),
        ("nonsense", "it is no ARN"),
    ],
)
async def test_a_destination_that_cannot_be_told_is_a_complaint(
    told: Told, destination: str, problem: str
) -> None:
    await told.destinations.send(ended(destination))
    [said] = [text for text in told.said if "is not told" in text]
    assert problem in said


async def test_a_record_that_is_too_large_is_told_without_event_and_answer(told: Told) -> None:
    url = await told.make_queue()
    topic = await told.make_topic()
    payload = json.dumps("x" * 256 * 1024).encode()
    await told.destinations.send(ended(topic, payload))
    record = json.loads((await told.receive(url))["Message"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert not {"requestPayload", "responsePayload"} & set(record)


@pytest.mark.rule("LAM-INV-08")
async def test_functions_that_pass_their_failures_round_are_stopped(told: Told) -> None:
    lab = told.lab
    await lab.pools.close()
    lab.pools = lab.make_pools(on_end=told.destinations.send)
    source = "def handler(event, context): raise ValueError('no')"
    functions = [
        lab.python(
            source,
            name,
            event_invoke_configs=(
                EventInvokeConfig(
                    maximum_retry_attempts=0, on_failure=arn("lambda", f"function:{other}")
                ),
            ),
        )
        for name, other in (("one", "other"), ("other", "one"))
    ]
    await lab.serve(*functions)
    await lab.invoke({"n": 1}, "one", is_async=True)
    await wait_until(lambda: bool(told.said), "the complaints")
    starts = [text for text in lab.platform() if text.startswith("START")]
    assert len(starts) == 2 * INVOCATIONS_MAX
    stopped = "one: it is invoked in a recursive loop, and was stopped"
    assert told.said[0] == stopped
    await wait_until(lambda: len(told.said) == 2, "the end")
    assert told.said[1].startswith(arn("lambda", "function:other"))


async def test_a_stopped_event_is_told_to_a_function_outside_the_loop(told: Told) -> None:
    await told.lab.serve(told.lab.python(PRINT, "mourner"))
    stopped = ended(arn("lambda", "function:mourner"), condition=RECURSIVE_INVOCATION)
    await told.destinations.send(stopped)
    await wait_until(lambda: bool(told.lab.output()), "the record")


async def test_a_destination_at_aws_is_not_told(told: Told) -> None:
    told.is_at_aws = True
    await told.destinations.send(ended(arn("sqs", "failures")))
    assert "it is at AWS" in told.said[0]


async def test_without_a_destination_nobody_is_told(told: Told) -> None:
    await told.destinations.send(ended())
    assert told.said == []
