"""Queues and tables of the real emulator, and the functions that they call."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from adapters.functions.laboratory import ACCOUNT, REGION, Lab
from routekey.adapters.aws_services import EmbeddedServices
from routekey.adapters.functions.event_sources import EventSources, read_failures
from routekey.gateway.ports import FunctionResult
from routekey.resources.function import EventSource
from scenarios.running import wait_until

QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs"
STREAM_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/notes/stream/latest"
QUEUE = EventSource(function_name="f", event_source_arn=QUEUE_ARN, batch_size=10)
STREAM = EventSource(function_name="f", event_source_arn=STREAM_ARN, batch_size=100)
KEEP = """
import json
def handler(event, context):
    print(json.dumps(event))
"""
FAIL_ONCE = """
import json
seen = []
def handler(event, context):
    ids = [key(record) for record in event["Records"]]
    print(json.dumps(ids))
    bad = [i for i, record in zip(ids, event["Records"]) if "bad" in json.dumps(record)]
    bad = [i for i in bad if i not in seen]
    seen.extend(bad)
    return {"batchItemFailures": [{"itemIdentifier": i} for i in bad]}
"""
BY_MESSAGE = FAIL_ONCE + "def key(record): return record['messageId']"
BY_NUMBER = FAIL_ONCE + "def key(record): return record['dynamodb']['SequenceNumber']"


class Services:
    """The emulator, its clients, and who reads it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.said: list[str] = []
        self.embedded = EmbeddedServices(REGION, ACCOUNT, self.said.append)
        self.sources = EventSources(lab.pools, self.embedded.endpoint, REGION, self.said.append)

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        make: Any = boto3.client  # its overloads want a literal
        keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
        url = await self.embedded.endpoint()
        client = make(service, region_name=REGION, endpoint_url=url, **keys)
        try:
            return await asyncio.to_thread(getattr(client, operation), **arguments)
        finally:
            client.close()

    async def make_queue(self) -> str:
        attributes = {"VisibilityTimeout": "3"}  # longer than any call takes
        made = await self.call("sqs", "create_queue", QueueName="jobs", Attributes=attributes)
        return str(made["QueueUrl"])

    async def wait_for_no_messages(self, url: str) -> None:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        empty = 0
        async with asyncio.timeout(60):
            while empty < 2:  # one that comes back between the two counts is in none of them
                got = await self.call(
                    "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=names
                )
                empty = empty + 1 if set(got["Attributes"].values()) == {"0"} else 0

    async def make_table(self) -> None:
        await self.call(
            "dynamodb",
            "create_table",
            TableName="notes",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )

    async def put(self, item_id: str, **more: Any) -> None:
        item = {"id": {"S": item_id}, **more}
        await self.call("dynamodb", "put_item", TableName="notes", Item=item)

    async def wait_for_events(self, count: int) -> list[Any]:
        await wait_until(lambda: len(self.lab.output()) >= count, f"{count} events")
        return [json.loads(line) for line in self.lab.output()]


@pytest.fixture
async def services(lab: Lab) -> AsyncIterator[Services]:
    made = Services(lab)
    yield made
    await made.sources.close()
    await made.embedded.close()


async def test_a_message_reaches_the_function_and_leaves_the_queue(services: Services) -> None:
    await services.lab.serve(services.lab.python(KEEP))
    url = await services.make_queue()
    attributes = {
        "kind": {"DataType": "String", "StringValue": "x"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\0"},
    }
    await services.sources.replace([QUEUE])
    await services.call(
        "sqs", "send_message", QueueUrl=url, MessageBody="hello", MessageAttributes=attributes
    )
    [event] = await services.wait_for_events(1)
    [record] = event["Records"]
    assert record["body"] == "hello"
    assert record["eventSource"] == "aws:sqs"
    assert (record["eventSourceARN"], record["awsRegion"]) == (QUEUE_ARN, REGION)
    assert record["messageAttributes"]["kind"]["stringValue"] == "x"
    assert record["messageAttributes"]["raw"]["binaryValue"] == "AA=="
    assert record["attributes"]["ApproximateReceiveCount"] == "1"

    await services.wait_for_no_messages(url)


async def test_a_message_that_is_not_wanted_leaves_the_queue_unseen(services: Services) -> None:
    source = """
    count = 0
    def handler(event, context):
        global count
        count += 1
        print([record["body"] for record in event["Records"]])
        if count == 1:
            raise ValueError
    """
    await services.lab.serve(services.lab.python(source))
    url = await services.make_queue()
    bodies = ['{"kind": "note"}', '{"kind": "order"}', "order"]
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    await services.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
    patterns = ('{"body": {"kind": ["order"]}}',)
    await services.sources.replace([replace(QUEUE, filter_patterns=patterns)])
    await services.wait_for_no_messages(url)
    given = [line for line in services.lab.output() if not line.startswith("[ERROR]")]
    assert given == [str(bodies[1:2])] * 2  # it failed once, and came back


async def test_a_change_that_is_not_wanted_is_passed_by(services: Services) -> None:
    await services.lab.serve(services.lab.python(KEEP))
    await services.make_table()
    pattern = '{"dynamodb": {"Keys": {"id": {"S": [{"prefix": "order-"}]}}}}'
    await services.sources.replace([replace(STREAM, filter_patterns=(pattern,))])
    for item_id in ("note-1", "order-1", "note-2"):
        await services.put(item_id)
    await services.wait_for_events(1)
    await services.put("note-3")
    await services.put("order-2")
    events = await services.wait_for_events(2)
    found = [record["dynamodb"]["Keys"]["id"]["S"] for one in events for record in one["Records"]]
    assert found == ["order-1", "order-2"]


async def test_a_message_that_fails_comes_back_and_the_others_do_not(services: Services) -> None:
    await services.lab.serve(services.lab.python(BY_MESSAGE))
    await services.lab.call({"Records": []})  # from now on it is warm
    services.lab.lines.clear()
    url = await services.make_queue()
    bodies = ["good", "bad", "fine"]
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    await services.call("sqs", "send_message_batch", QueueUrl=url, Entries=entries)
    source = EventSource(
        function_name="f", event_source_arn=QUEUE_ARN, batch_size=10, is_partial=True
    )
    await services.sources.replace([source])

    def count() -> int:
        return sum(len(json.loads(line)) for line in services.lab.output())

    await wait_until(lambda: count() == 4, "three messages, one of them twice")
    ids = [one for line in services.lab.output() for one in json.loads(line)]
    assert sorted(map(ids.count, set(ids))) == [1, 1, 2]


async def test_changes_of_a_table_reach_the_function_in_order(services: Services) -> None:
    await services.lab.serve(services.lab.python(KEEP))
    await services.make_table()
    await services.put("1", raw={"B": b"\0"})
    await services.sources.replace([STREAM])
    [event] = await services.wait_for_events(1)
    [record] = event["Records"]
    assert (record["eventName"], record["eventSource"]) == ("INSERT", "aws:dynamodb")
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "1"}, "raw": {"B": "AA=="}}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)
    assert "table/notes/stream/" in record["eventSourceARN"]
    await services.put("2")
    await services.sources.replace([STREAM])  # one that stays goes on where it is
    events = await services.wait_for_events(2)
    assert events[1]["Records"][0]["dynamodb"]["Keys"] == {"id": {"S": "2"}}


async def test_a_stream_goes_back_to_the_first_record_that_failed(services: Services) -> None:
    await services.lab.serve(services.lab.python(BY_NUMBER))
    await services.make_table()
    for item_id in ("good", "bad", "fine"):
        await services.put(item_id)
    source = EventSource(
        function_name="f", event_source_arn=STREAM_ARN, batch_size=100, is_partial=True
    )
    await services.sources.replace([source])
    first, second = await services.wait_for_events(2)
    assert second == first[1:]


async def test_a_function_that_fails_gets_the_same_records_again(services: Services) -> None:
    source = """
    count = 0
    def handler(event, context):
        global count
        count += 1
        print(count)
        if count == 1:
            raise ValueError
    """
    await services.lab.serve(services.lab.python(source))
    await services.make_table()
    await services.put("1")
    await services.sources.replace([STREAM])
    await wait_until(lambda: "2" in services.lab.output(), "the second try")


async def test_a_source_or_function_that_is_not_there_is_told_and_tried_again(
    services: Services,
) -> None:
    await services.sources.replace([QUEUE])
    await wait_until(lambda: any("cannot be read" in text for text in services.said), "the note")
    url = await services.make_queue()
    await services.call("sqs", "send_message", QueueUrl=url, MessageBody="hello")
    await wait_until(lambda: any("not found" in text for text in services.said), "the other note")
    await services.lab.serve(services.lab.python(KEEP))
    assert (await services.wait_for_events(1))[0]["Records"][0]["body"] == "hello"


async def test_sources_that_are_no_longer_wanted_are_not_read(services: Services) -> None:
    await services.lab.serve(services.lab.python(KEEP))
    url = await services.make_queue()
    await services.sources.replace([QUEUE])
    await services.sources.replace([])
    await services.call("sqs", "send_message", QueueUrl=url, MessageBody="hello")
    got = await services.call("sqs", "receive_message", QueueUrl=url, WaitTimeSeconds=2)
    assert got["Messages"][0]["Body"] == "hello"


async def test_sources_at_aws_are_left_to_it(lab: Lab) -> None:
    said: list[str] = []

    async def find() -> None:
        return None

    sources = EventSources(lab.pools, find, REGION, said.append)
    await sources.replace([QUEUE])
    await wait_until(lambda: bool(said), "the note")
    assert said == [f"{QUEUE_ARN} is at AWS, and is not read here"]
    await sources.close()


@pytest.mark.parametrize(
    ("payload", "failed"),
    [
        (b"null", set()),
        (b"{}", set()),
        (b'{"batchItemFailures":[]}', set()),
        (b'{"batchItemFailures":[{"itemIdentifier":"a"}]}', {"a"}),
        (b'{"batchItemFailures":[{"itemIdentifier":""}]}', None),
        (b'{"batchItemFailures":[{"itemIdentifier":{}}]}', None),
        (b'{"batchItemFailures":[{}]}', None),
        (b'{"batchItemFailures":7}', None),
        (b"[1]", None),
        (b"nonsense", None),
    ],
)
def test_a_partial_answer_names_what_failed_or_all_has(
    payload: bytes, failed: set[str] | None
) -> None:
    assert read_failures(FunctionResult(payload=payload), is_partial=True) == failed
    assert read_failures(FunctionResult(payload=payload), is_partial=False) == set()
