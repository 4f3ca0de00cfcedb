"""What is told of an event that has ended."""

import json
from typing import Any

import pytest

from routekey.adapters.functions.deferred import RETRIES_EXHAUSTED, SUCCESS, EndedEvent, Fate
from routekey.adapters.functions.invocation_records import write_attributes, write_record
from routekey.errors import (
    FunctionDisabledError,
    FunctionInvokeError,
    FunctionNotFoundError,
    FunctionRecursionError,
    FunctionThrottledError,
)
from routekey.gateway.ports import FunctionCall, FunctionResult

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST"
FAILED = FunctionResult(payload=b'{"errorMessage":"no"}', function_error="Unhandled")


def ended(
    result: FunctionResult | None = FAILED,
    refusal: FunctionInvokeError | None = None,
    *,
    condition: str = RETRIES_EXHAUSTED,
    payload: bytes = b'{"n":1}',
) -> EndedEvent:
    return EndedEvent(
        call=FunctionCall(function="f", payload=payload, is_async=True),
        request_id="id",
        fate=Fate(),
        condition=condition,
        invoke_count=3,
        result=result,
        refusal=refusal,
    )


def record(event: EndedEvent) -> Any:
    return json.loads(write_record(event, ARN, 0))


def attributes(event: EndedEvent) -> dict[str, str]:
    return {name: each["StringValue"] for name, each in write_attributes(event, ARN).items()}


@pytest.mark.rule("LAM-INV-08")
def test_a_record_says_what_was_asked_and_answered() -> None:
    assert record(ended()) == {
        "version": "1.0",
        "timestamp": "1970-01-01T00:00:00.000Z",
        "requestContext": {
            "requestId": "id",
            "functionArn": ARN,
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


@pytest.mark.rule("LAM-INV-08")
def test_a_record_of_success_tells_of_no_error() -> None:
    told = record(ended(FunctionResult(payload=b"[1]"), condition=SUCCESS))
    assert told["requestContext"]["condition"] == "Success"
    assert told["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    assert told["responsePayload"] == [1]


def test_a_record_of_an_event_that_nobody_took_has_no_answer() -> None:
    told = record(ended(None, payload=b"\xff"))
    assert told["requestPayload"] == "\ufffd"
    assert not {"responseContext", "responsePayload"} & set(told)


@pytest.mark.rule("LAM-INV-08")
def test_a_dead_letter_tells_of_the_failure_in_attributes() -> None:
    assert write_attributes(ended(), ARN) == {
        "RequestID": {"DataType": "String", "StringValue": "id"},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "no"},
    }


@pytest.mark.parametrize(
    "payload", [b"null", b"{}", b'{"errorMessage":""}', b"[", b'{"errorMessage":1}']
)
def test_a_failure_without_a_message_has_no_attribute_for_it(payload: bytes) -> None:
    assert "ErrorMessage" not in attributes(ended(FunctionResult(payload=payload)))


def test_a_long_message_is_cut_between_two_characters() -> None:
    answer = json.dumps({"errorMessage": "x" + 1024 * "\u00e9"}).encode()
    message = attributes(ended(FunctionResult(payload=answer)))["ErrorMessage"]
    assert message == "x" + 511 * "\u00e9"


@pytest.mark.rule("LAM-INV-08")
@pytest.mark.parametrize(
    ("refusal", "status", "message"),
    [
        (FunctionThrottledError("f", "full"), 429, "Rate Exceeded."),
        (FunctionNotFoundError("f", "gone"), 404, f"Function not found: {ARN}"),
        (FunctionRecursionError("f"), 400, "it is invoked in a recursive loop, and was stopped"),
    ],
)
def test_an_event_that_was_refused_in_the_end_has_the_status_of_the_refusal(
    refusal: FunctionInvokeError, status: int, message: str
) -> None:
    event = ended(FAILED, refusal)
    assert record(event)["responseContext"] == {"statusCode": status}
    assert "responsePayload" not in record(event)
    told = attributes(event)
    assert (told["ErrorCode"], told["ErrorMessage"]) == (str(status), message)


@pytest.mark.rule("LAM-INV-08", "LAM-ENV-08")
def test_an_event_for_a_function_without_concurrency_has_no_status() -> None:
    event = ended(None, FunctionDisabledError("f"))
    assert "responseContext" not in record(event)
    assert "zero reserved concurrent executions" in attributes(event)["ErrorMessage"]
    assert "ErrorCode" not in attributes(event)
