"""Queues and streams as functions see them: what is read from each, and how it is settled.

Everything here waits for the network, and is called beside the loop.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias

from routekey.arn import Arn
from routekey.languages.event_patterns import parse_event_pattern
from routekey.resources.function import EventSource

Record: TypeAlias = Mapping[str, Any]
MakeClient: TypeAlias = Any
"""Makes a client of boto3 for a service; boto3's own clients have no types."""

_WAIT_SECONDS: Final = 1
"""How long a queue is asked at a time: a stop waits for it."""
_QUEUE_BATCH_MAX: Final = 10
"""SQS's own, for one request."""


class Reader(Protocol):
    """One source. `read` is called again only after `settle`."""

    def read(self) -> list[Record]:
        """Take the next records; none where there are none now."""
        ...

    def settle(self, failed: Collection[str]) -> None:
        """Take note of what became of them.

        Args:
            failed: the ids of those to be seen again.
        """
        ...


def make_reader(source: EventSource, make_client: MakeClient) -> Reader:
    """Open a queue or a table's stream."""
    arn = Arn.parse(source.event_source_arn)
    if arn is None:
        raise AssertionError("the project holds ARNs only")
    if arn.service == "sqs":
        return QueueReader(source, arn, make_client("sqs"))
    table = arn.resource.split("/")[1]
    described = make_client("dynamodb").describe_table(TableName=table)["Table"]
    return StreamReader(source, described["LatestStreamArn"], make_client("dynamodbstreams"))


def identify_record(record: Record) -> str:
    """Give the id by which a record is told among others: its message's, or its place."""
    return str(record["messageId"] if "messageId" in record else _place(record))


def make_filter(patterns: Sequence[str]) -> Callable[[Record], bool]:
    """Make a test of records by event patterns: one of them is enough.

    A message's body is read for it, if it is a JSON object or list. What a function does not want
    is done with: out of the queue, and passed by in the stream.
    """
    tests = [parse_event_pattern(pattern) for pattern in patterns]

    def wants(record: Record) -> bool:
        read = {**record, "body": _read_body(record["body"])} if "body" in record else record
        return not tests or any(test(read) for test in tests)

    return wants


def _read_body(text: str) -> Any:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # the sender may nest as deep as he likes
        return text
    return value if isinstance(value, dict | list) else text


def _place(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


class QueueReader:
    """An SQS queue: what failed stays in it, and comes back after its visibility timeout."""

    def __init__(self, source: EventSource, arn: Arn, client: Any) -> None:
        self._source = source
        self._arn = arn
        self._client = client
        self._url = client.get_queue_url(QueueName=arn.resource)["QueueUrl"]
        self._receipts: dict[str, str] = {}

    def read(self) -> list[Record]:
        """Take messages, and hide them from others."""
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(self._source.batch_size, _QUEUE_BATCH_MAX),
            WaitTimeSeconds=_WAIT_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", ())
        self._receipts = {each["MessageId"]: each["ReceiptHandle"] for each in messages}
        return [self._describe(message) for message in messages]

    def settle(self, failed: Collection[str]) -> None:
        """Delete what was handled, or is not wanted."""
        entries = [
            {"Id": str(number), "ReceiptHandle": receipt}
            for number, (message_id, receipt) in enumerate(self._receipts.items())
            if message_id not in failed
        ]
        if entries:
            self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def _describe(self, message: Record) -> Record:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _describe_attribute(value)
                for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._source.event_source_arn,
            "awsRegion": self._arn.region,
        }


class StreamReader:
    """A table's stream: what failed is seen again before what comes after it."""

    def __init__(self, source: EventSource, stream_arn: str, client: Any) -> None:
        self._source = source
        self._arn = stream_arn
        self._client = client
        self._positions: dict[str, str | None] = {}
        """Iterators by shard; None where a shard has ended."""
        self._pending: list[Record] = []
        self._discover(source.starting_position)

    def read(self) -> list[Record]:
        """Take what failed before, or the next records of any shard."""
        if self._pending:
            return self._pending
        if None in self._positions.values():
            self._discover("TRIM_HORIZON")
        for shard, iterator in self._positions.items():
            if iterator is None:
                continue
            answer = self._client.get_records(ShardIterator=iterator, Limit=self._source.batch_size)
            self._positions[shard] = answer.get("NextShardIterator")
            if answer["Records"]:
                self._pending = [self._describe(record) for record in answer["Records"]]
                return self._pending
        return []

    def settle(self, failed: Collection[str]) -> None:
        """Go on after what was handled: up to the first that failed."""
        numbers = [_place(record) for record in self._pending]
        firsts = [index for index, number in enumerate(numbers) if number in failed]
        self._pending = self._pending[firsts[0] :] if firsts else []

    def _discover(self, position: str) -> None:
        """Find the shards that are new; those that AWS has forgotten are forgotten here."""
        described = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]
        shards = [shard["ShardId"] for shard in described["Shards"]]
        self._positions = {
            shard: self._positions[shard]
            if shard in self._positions
            else self._client.get_shard_iterator(
                StreamArn=self._arn, ShardId=shard, ShardIteratorType=position
            )["ShardIterator"]
            for shard in shards
        }

    def _describe(self, record: Record) -> Record:
        return {**_to_json(record), "eventSourceARN": self._arn}


def _describe_attribute(value: Mapping[str, Any]) -> dict[str, object]:
    names = {"StringValue": "stringValue", "DataType": "dataType"}
    described = {names[name]: value[name] for name in names if name in value}
    if "BinaryValue" in value:
        described["binaryValue"] = b64encode(value["BinaryValue"]).decode()
    return {**described, "stringListValues": [], "binaryListValues": []}


def _to_json(value: Any) -> Any:
    """Write what boto3 has read as Lambda writes it: seconds since 1970, and base64."""
    if isinstance(value, dict):
        return {name: _to_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return value
