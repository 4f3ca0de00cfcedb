"""The trace header of a request becomes that of the messages in it."""

import json
from typing import Any

import pytest

from routekey.endpoints.message_traces import add_trace
from routekey.endpoints.wire import Request

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=1:a87bd80c:0"
ATTRIBUTE = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
OWN = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-own"}}


def add(operation: str, body: bytes, trace: str | None = TRACE) -> bytes:
    values = {"x-amz-target": operation}
    if trace is not None:
        values["x-amzn-trace-id"] = trace
    return add_trace(
        Request(method="POST", target="/", headers=tuple(values.items()), values=values, body=body)
    )


def test_a_message_gets_the_trace_of_its_request() -> None:
    sent: dict[str, Any] = {"QueueUrl": "q", "MessageBody": "b"}
    body = add("AmazonSQS.SendMessage", json.dumps(sent).encode())
    assert json.loads(body) == {**sent, "MessageSystemAttributes": ATTRIBUTE}


def test_each_message_of_a_batch_gets_it_unless_it_has_its_own() -> None:
    entries = [{"Id": "1", "MessageSystemAttributes": OWN}, {"Id": "2"}]
    body = add("AmazonSQS.SendMessageBatch", json.dumps({"Entries": entries}).encode())
    attributes = [entry["MessageSystemAttributes"] for entry in json.loads(body)["Entries"]]
    assert attributes == [OWN, ATTRIBUTE]


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b"7", b'{"MessageSystemAttributes": 7}'])
def test_what_is_no_message_stays_as_it_is(body: bytes) -> None:
    assert add("AmazonSQS.SendMessage", body) == body


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"Entries": [7]}', b'{"Entries": 7}'])
def test_what_is_no_batch_stays_as_it_is(body: bytes) -> None:
    assert add("AmazonSQS.SendMessageBatch", body) == body


@pytest.mark.parametrize(
    ("operation", "trace"), [("AmazonSQS.ReceiveMessage", TRACE), ("AmazonSQS.SendMessage", None)]
)
def test_other_requests_stay_as_they_are(operation: str, trace: str | None) -> None:
    assert add(operation, b'{"a": 1}', trace) == b'{"a": 1}'
