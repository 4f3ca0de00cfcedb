"""What spans say of calls; tests/adapters/test_traces.py has those of events."""

import pytest

from routekey.adapters.span_attributes import describe_call, find_call_failure, name_call
from routekey.errors import IntegrationTimeout, LimitExceededException
from routekey.gateway.journal import EventJournal
from routekey.gateway.ports import (
    AwsServiceCall,
    HttpCall,
    HttpOutcome,
    IntegrationOutcome,
    LambdaCall,
    LambdaOutcome,
    MockCall,
    MockOutcome,
)
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

HTTP = HttpCall(
    method="PUT",
    url="https://user:secret@backend.example:8443/a/b?token=secret",
    headers=(),
    body=b"secret",
    timeout_ms=50,
)


def service(action: str | None, path: str | None) -> AwsServiceCall:
    return AwsServiceCall(
        region="eu-west-2",
        service="dynamodb",
        subdomain=None,
        action=action,
        path=path,
        method="POST",
        query=(),
        headers=(),
        body=b"",
        credentials_arn=None,
        timeout_ms=50,
    )


def function(arn: str) -> LambdaCall:
    return LambdaCall(function_arn=arn, payload=b"", source_arn="", timeout_ms=50, trace_id="")


def test_a_backend_is_named_without_what_could_be_secret() -> None:
    described = describe_call(HTTP, HttpOutcome(status=204, headers=(), body=b""))
    assert name_call(HTTP) == "PUT"
    assert described == {
        "http.request.method": "PUT",
        "http.response.status_code": 204,
        "server.address": "backend.example",
        "url.full": "https://backend.example:8443/a/b",
    }


@pytest.mark.parametrize(
    ("call", "name", "method"),
    [
        (service("PutItem", None), "dynamodb/PutItem", "PutItem"),
        (service(None, "a/b"), "dynamodb/POST", "POST /a/b"),
    ],
)
def test_a_service_of_aws_is_named_by_its_action_or_path(
    call: AwsServiceCall, name: str, method: str
) -> None:
    described = describe_call(call, None)
    assert name_call(call) == name
    assert (described["rpc.service"], described["rpc.method"]) == ("dynamodb", method)
    assert described["cloud.region"] == "eu-west-2"


@pytest.mark.parametrize(
    ("arn", "name", "region"),
    [
        ("arn:aws:lambda:eu-west-2:123456789012:function:chat:live", "chat:live", "eu-west-2"),
        ("chat", "chat", ""),
    ],
)
def test_a_function_is_named_by_its_name(arn: str, name: str, region: str) -> None:
    call = function(arn)
    outcome = LambdaOutcome(payload=b"", function_error=None, request_id="id")
    described = describe_call(call, outcome)
    assert (name_call(call), described["faas.invoked_name"]) == (name, name)
    assert described["faas.invoked_region"] == region
    assert described["aws.request_id"] == "id"


def test_a_mock_is_nobody() -> None:
    call = MockCall(status=200)
    assert name_call(call) == "MOCK"
    assert describe_call(call, MockOutcome(status=200)) == {}


@pytest.mark.parametrize(
    ("outcome", "error", "failure"),
    [
        (HttpOutcome(status=200, headers=(), body=b""), None, None),
        (HttpOutcome(status=404, headers=(), body=b""), None, "404"),
        (LambdaOutcome(payload=b"", function_error="Unhandled"), None, "Unhandled"),
        (LambdaOutcome(payload=b"", function_error=None), None, None),
        (None, IntegrationTimeout("late"), "INTEGRATION_TIMEOUT"),
        (None, LimitExceededException(), "LimitExceededException"),
        (None, None, "cancelled"),
    ],
)
def test_a_call_fails_by_its_answer_or_for_want_of_one(
    outcome: IntegrationOutcome | None,
    error: IntegrationTimeout | LimitExceededException | None,
    failure: str | None,
) -> None:
    api = make_api({"$default": None})
    fake = FakeWorld(api)
    journal = EventJournal(fake.message(fake.open(api), b"{}"))
    journal.outcome, journal.error = outcome, error
    assert find_call_failure(journal) == failure
