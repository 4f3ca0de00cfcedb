"""What the emulator never does, and AWS does: shards that end, binary values, whole failures."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from routekey.adapters.functions.event_records import (
    QueueReader,
    StreamReader,
    make_filter,
    make_reader,
)
from routekey.arn import Arn
from routekey.resources.function import EventSource

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/notes/stream/2026"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
URL = "http://127.0.0.1/jobs"


def make_client(service: str) -> Any:
    make: Any = boto3.client  # its overloads want a literal
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return make(service, region_name="us-east-1", **keys)


def source(arn: str) -> EventSource:
    return EventSource(function_name="f", event_source_arn=arn, batch_size=10)


def describe(*shards: str) -> dict[str, Any]:
    return {"StreamDescription": {"Shards": [{"ShardId": f"shardId-{id_:0>20}"} for id_ in shards]}}


def records(number: str, after: str | None) -> dict[str, Any]:
    change = {
        "SequenceNumber": number,
        "ApproximateCreationDateTime": datetime(2026, 11, 22, tzinfo=UTC),
        "NewImage": {"raw": {"B": b"\0"}, "list": {"L": [{"BS": [b"\1"]}]}},
    }
    answer: dict[str, Any] = {"Records": [{"eventID": "1", "dynamodb": change}]}
    return answer if after is None else {**answer, "NextShardIterator": after}


def test_the_shards_that_follow_one_that_has_ended_are_read_from_their_start() -> None:
    client = make_client("dynamodbstreams")
    with Stubber(client) as stub:
        stub.add_response("describe_stream", describe("1"))
        stub.add_response("get_shard_iterator", {"ShardIterator": "a"})
        reader = StreamReader(source(STREAM), STREAM, client)
        stub.add_response(
            "get_records", records("1" * 21, None), {"ShardIterator": "a", "Limit": 10}
        )
        [record] = reader.read()
        assert record["dynamodb"]["NewImage"] == {
            "raw": {"B": "AA=="},
            "list": {"L": [{"BS": ["AQ=="]}]},
        }
        assert record["dynamodb"]["ApproximateCreationDateTime"] == 1795305600.0
        reader.settle({"1" * 21})
        assert reader.read() == [record]
        reader.settle(set())
        stub.add_response("describe_stream", describe("1", "2"))
        stub.add_response(
            "get_shard_iterator",
            {"ShardIterator": "b"},
            {
                "StreamArn": STREAM,
                "ShardId": f"shardId-{2:0>20}",
                "ShardIteratorType": "TRIM_HORIZON",
            },
        )
        stub.add_response("get_records", {"Records": [], "NextShardIterator": "c"})
        assert reader.read() == []
        stub.assert_no_pending_responses()


def test_nothing_is_deleted_where_all_has_failed() -> None:
    client, arn = make_client("sqs"), Arn.parse(QUEUE)
    assert arn is not None
    message = {"MessageId": "i", "ReceiptHandle": "r", "Body": "b", "MD5OfBody": "m"}
    with Stubber(client) as stub:
        stub.add_response("get_queue_url", {"QueueUrl": URL})
        stub.add_response("receive_message", {"Messages": [message]})
        reader = QueueReader(source(QUEUE), arn, client)
        assert [record["messageId"] for record in reader.read()] == ["i"]
        reader.settle({"i"})
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("body", "is_wanted"),
    [
        ('{"kind": "order"}', True),
        ('{"kind": "note"}', False),
        ("order", False),
        ("plain text", True),
        ('["plain text"]', True),
        ('"plain text"', False),
        pytest.param("[" * 100_000 + "]" * 100_000, False, id="lists without end"),
    ],
)
def test_a_filter_reads_the_json_of_a_message(body: str, is_wanted: bool) -> None:
    wants = make_filter(['{"body": {"kind": ["order"]}}', '{"body": ["plain text"]}'])
    assert wants({"messageId": "i", "body": body}) is is_wanted


def test_a_filter_reads_a_change_as_it_is() -> None:
    wants = make_filter(
        ['{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"a": {"N": ["1"]}}}}']
    )
    change = {"SequenceNumber": "1", "NewImage": {"a": {"N": "1"}}}
    assert wants({"eventName": "INSERT", "dynamodb": change})
    assert not wants({"eventName": "MODIFY", "dynamodb": change})


def test_without_patterns_everything_is_wanted() -> None:
    assert make_filter([])({"messageId": "i", "body": "b"})


def test_a_source_that_is_no_arn_cannot_come_this_far() -> None:
    with pytest.raises(AssertionError, match="ARNs only"):
        make_reader(source("nonsense"), make_client)
