"""Who is told of failed events: services of the real emulator, and functions."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.functions.laboratory import ACCOUNT, REGION, Lab
from routekey.adapters.aws_services import EmbeddedServices
from routekey.adapters.functions.deferred import RETRIES_EXHAUSTED, FailedEvent
from routekey.adapters.functions.destinations import Destinations, write_record
from routekey.adapters.functions.local_clients import make_clients
from routekey.adapters.system import SystemClock
from routekey.gateway.ports import FunctionCall, FunctionResult
from routekey.resources.function import EventInvokeConfig
from scenarios.running import wait_until

FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f:$LATEST"
FAILED = FunctionResult(payload=b'{"errorMessage":"no"}', function_error="Unhandled")
PRINT = """
import json
def handler(event, context):
    print(json.dumps(event))
"""


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def failed(
    destination: str | None = None,
    payload: bytes = b'{"n":1}',
    result: FunctionResult | None = FAILED,
) -> FailedEvent:
    return FailedEvent(
        call=FunctionCall(function="f", payload=payload, is_async=True),
        request_id="id",
        destination=destination,
        condition=RETRIES_EXHAUSTED,
        invoke_count=3,
        result=result,
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

    async def receive(self, url: str) -> Any:
        got = await self.call("sqs", "receive_message", QueueUrl=url, WaitTimeSeconds=10)
        return json.loads(got["Messages"][0]["Body"])


@pytest.fixture
async def told(lab: Lab) -> AsyncIterator[Told]:
    made = Told(lab)
    yield made
    made.destinations.close()
    await made.embedded.close()


@pytest.mark.rule("LAM-INV-08")
def test_a_record_says_what_was_asked_and_answered() -> None:
    assert json.loads(write_record(failed(), FUNCTION_ARN, 0)) == {
        "version": "1.0",
        "timestamp": "1970-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": "id",
            "functionArn": FUNCTION_ARN,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"n": 1},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": "no"},
    }


def test_a_record_of_an_event_that_nobody_took_has_no_answer() -> None:
    record = json.loads(write_record(failed(payload=b"\xff", result=None), FUNCTION_ARN, 0))
    assert record["requestPayload"] == "\ufffd"
    assert not {"responseContext", "responsePayload"} & set(record)


async def test_a_queue_gets_the_record(told: Told) -> None:
    url = await told.make_queue()
    await told.destinations.send(failed(arn("sqs", "failures")))
    record = await told.receive(url)
    assert record["requestContext"]["functionArn"] == FUNCTION_ARN
    assert told.said == []


async def test_a_topic_gets_the_record(told: Told) -> None:
    url = await told.make_queue()
    topic = (await told.call("sns", "create_topic", Name="failures"))["TopicArn"]
    queue = arn("sqs", "failures")
    await told.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)
    await told.destinations.send(failed(topic))
    assert json.loads((await told.receive(url))["Message"])["requestPayload"] == {"n": 1}


async def test_an_event_bus_gets_the_record_as_an_event(told: Told) -> None:
    url = await told.make_queue()
    bus = (await told.call("events", "create_event_bus", Name="failures"))["EventBusArn"]
    pattern = json.dumps({"source": ["lambda"]})
    await told.call("events", "put_rule", Name="all", EventBusName="failures", EventPattern=pattern)
    target = {"Id": "1", "Arn": arn("sqs", "failures")}
    await told.call("events", "put_targets", Rule="all", EventBusName="failures", Targets=[target])
    await told.destinations.send(failed(bus))
    event = await told.receive(url)
    assert event["detail-type"] == "Lambda Function Invocation Result - Failure"
    assert event["resources"] == [FUNCTION_ARN, bus]
    assert event["detail"]["requestPayload"] == {"n": 1}


@pytest.mark.rule("LAM-INV-08")
async def test_a_function_is_told_of_one_that_fails(told: Told) -> None:
    lab = told.lab
    await lab.pools.close()
    lab.pools = lab.make_pools(on_failure=told.destinations.send)
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
        (arn("events", "event-bus/nowhere"), "gets no failed events of f"),
        (arn("lambda", "function:nowhere"), "Function not found"),
        (arn("s3", "bucket"), "s3 is no destination"),
        ("nonsense", "it is no ARN"),
    ],
)
async def test_a_destination_that_cannot_be_told_is_a_complaint(
    told: Told, destination: str, problem: str
) -> None:
    await told.destinations.send(failed(destination))
    [said] = [text for text in told.said if "failed events" in text]
    assert problem in said


async def test_a_record_that_is_too_large_is_a_complaint(told: Told) -> None:
    payload = json.dumps("x" * 1024 * 1024).encode()
    await told.destinations.send(failed(arn("sqs", "failures"), payload))
    assert "bytes, of 1048576" in told.said[0]


async def test_a_destination_at_aws_is_not_told(told: Told) -> None:
    told.is_at_aws = True
    await told.destinations.send(failed(arn("sqs", "failures")))
    assert "it is at AWS" in told.said[0]


async def test_without_a_destination_nobody_is_told(told: Told) -> None:
    await told.destinations.send(failed())
    assert told.said == []
