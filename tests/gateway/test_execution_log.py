"""The lines themselves are held by tests/adapters/test_journals.py, on whole events."""

import json
from dataclasses import replace

import pytest

from routekey.errors import (
    AccessDeniedException,
    ApiConfigurationError,
    GatewayResponse,
    IntegrationFailure,
    IntegrationTimeout,
    InvalidApiKey,
    Throttled,
)
from routekey.gateway.connect import admit
from routekey.gateway.execution_log import write_lines
from routekey.gateway.journal import CommandJournal, EventJournal
from routekey.gateway.ports import (
    AwsServiceCall,
    HttpCall,
    HttpOutcome,
    LambdaCall,
    MockCall,
    MockOutcome,
)
from routekey.ids import RouteKey
from routekey.resources.api import LoggingLevel, Route, RouteSettings
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

API = make_api({"$default": "a"})


def journal_at(level: LoggingLevel) -> EventJournal:
    world = FakeWorld(API)
    journal = EventJournal(world.message(world.open(API), b"{}"))
    (snapshot,) = world.world.directory.snapshots[API.api_id].values()
    settings = RouteSettings(logging_level=level, data_trace_enabled=True)
    journal.snapshot = snapshot
    journal.route = replace(snapshot.routes["$default"], settings=settings)
    return journal


@pytest.mark.rule("DP-MON-17")
def test_off_writes_nothing() -> None:
    journal = journal_at(LoggingLevel.OFF)
    journal.error = ApiConfigurationError("broken")
    assert write_lines(journal) == []


@pytest.mark.rule("DP-MON-15")
def test_secrets_of_a_backend_call_are_not_written() -> None:
    journal = journal_at(LoggingLevel.INFO)
    headers = (("Authorization", "Bearer secret"), ("X-A", "b"), ("X-API-Key", "a secret"))
    journal.call = HttpCall(
        method="POST", url="https://example.com", headers=headers, body=b"hi", timeout_ms=1
    )
    journal.outcome = HttpOutcome(status=418, headers=(), body=b"tea")
    text = "\n".join(write_lines(journal))
    assert "Endpoint request headers: {Authorization=******, X-A=b, X-API-Key=******}" in text
    assert "Received response. Status: 418" in text
    assert "secret" not in text


@pytest.mark.rule("DP-MON-17")
def test_secrets_of_an_event_are_not_written() -> None:
    """What the client signs with, or shows, is for the function and for no reader of logs."""
    journal = journal_at(LoggingLevel.INFO)
    event = {
        "headers": {"Authorization": 'a "secret"', "X-Api-Key": "a secret", "Accept": "all"},
        "multiValueHeaders": {"cookie": ["a=secret", "b=[secret]"], "Accept": ["all"]},
        "queryStringParameters": {"X-Amz-Signature": "secret", "X-Amz-Security-Token": "secret"},
        "requestContext": {"identity": {"apiKey": "secret", "apiKeyId": "k"}},
        "body": "hello",
    }
    journal.call = LambdaCall(
        function_arn="a",
        payload=json.dumps(event).encode(),
        source_arn="b",
        timeout_ms=1,
        trace_id="",
    )
    (line,) = [line for line in write_lines(journal) if "after transformations" in line]
    assert "secret" not in line
    shown = json.loads(line.partition("transformations: ")[2])
    assert shown["headers"]["Accept"] == "all"
    assert shown["multiValueHeaders"] == {"cookie": "******", "Accept": ["all"]}
    assert shown["requestContext"]["identity"] == {"apiKey": "******", "apiKeyId": "k"}
    assert shown["body"] == "hello"


def test_a_mock_has_nothing_to_trace() -> None:
    journal = journal_at(LoggingLevel.INFO)
    journal.call, journal.outcome = MockCall(status=200), MockOutcome(status=200)
    text = "\n".join(write_lines(journal))
    assert "Endpoint request URI: MOCK" in text
    assert "after transformations" not in text


@pytest.mark.rule("DP-MON-16")
def test_every_kind_of_failure_is_told() -> None:
    journal = journal_at(LoggingLevel.ERROR)
    journal.error = AccessDeniedException("no")
    journal.refused_status = 401
    text = "\n".join(write_lines(journal))
    assert "Execution failed: AccessDeniedException: no" in text
    assert "Integration returned status: 401" in text


@pytest.mark.rule("DP-INT-16", "DP-MON-16")
@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            IntegrationFailure(
                "Malformed Lambda proxy response: it is not JSON", is_malformed=True
            ),
            "Execution failed due to configuration error: Malformed Lambda proxy response: it is",
        ),
        (
            ApiConfigurationError("no integration response matches '404'"),
            "Execution failed due to configuration error: no integration response matches '404'",
        ),
        (IntegrationTimeout("late"), "Execution failed due to a timeout error: late"),
        (IntegrationFailure("it is not there"), "Execution failed: it is not there"),
        (Throttled(), "Execution failed: Too Many Requests"),
    ],
)
def test_a_failure_is_told_as_aws_tells_its_kind(error: GatewayResponse, line: str) -> None:
    journal = journal_at(LoggingLevel.ERROR)
    journal.error = error
    (written,) = write_lines(journal)
    assert written.partition(") ")[2].startswith(line)


@pytest.mark.rule("DP-MON-15")
@pytest.mark.parametrize(
    ("function_arn", "host"),
    [
        ("arn:aws:lambda:eu-west-2:1:function:f", "lambda.eu-west-2.amazonaws.com"),
        ("arn:aws-cn:lambda:cn-north-1:1:function:f", "lambda.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_function_is_told_by_the_url_that_invokes_it(function_arn: str, host: str) -> None:
    journal = journal_at(LoggingLevel.INFO)
    journal.call = LambdaCall(
        function_arn=function_arn, payload=b"", source_arn="", timeout_ms=50, trace_id=""
    )
    (line,) = [line for line in write_lines(journal) if "request URI" in line]
    assert line.endswith(
        f"Endpoint request URI: https://{host}/2015-03-31/functions/{function_arn}/invocations"
    )


@pytest.mark.rule("DP-MON-15")
def test_a_message_without_a_route_or_a_call_has_the_lines_that_are_true() -> None:
    journal = journal_at(LoggingLevel.INFO)
    (snapshot,) = FakeWorld(API).world.directory.snapshots[API.api_id].values()
    settings = RouteSettings(logging_level=LoggingLevel.INFO)
    stage = replace(snapshot.stage, default_route_settings=settings)
    journal.snapshot, journal.route = replace(snapshot, stage=stage), None
    text = "\n".join(write_lines(journal))
    assert "received message from client" in text
    assert "WebSocket Request Route" not in text
    assert "Endpoint" not in text


@pytest.mark.rule("DP-MON-15")
def test_a_service_is_named_and_a_call_without_an_answer_has_none() -> None:
    journal = journal_at(LoggingLevel.INFO)
    journal.call = AwsServiceCall(
        region="eu-west-2",
        service="sqs",
        subdomain=None,
        action="SendMessage",
        path=None,
        method="POST",
        query=(),
        headers=(),
        body=b"{}",
        credentials_arn=None,
        timeout_ms=50,
    )
    text = "\n".join(write_lines(journal))
    assert "Endpoint request URI: sqs:SendMessage" in text
    assert "Received response" not in text


@pytest.mark.rule("DP-MON-15")
def test_a_refused_handshake_is_not_said_to_be_connected() -> None:
    fake = FakeWorld(API)
    journal = EventJournal(admit(fake.world, fake.handshake()).event)
    journal.snapshot, journal.route = journal_at(LoggingLevel.INFO).snapshot, None
    settings = RouteSettings(logging_level=LoggingLevel.INFO)
    assert journal.snapshot is not None
    stage = replace(journal.snapshot.stage, default_route_settings=settings)
    journal.snapshot = replace(journal.snapshot, stage=stage)
    assert "successfully" in write_lines(journal)[-1]
    journal.refused_status = 403
    assert not any("successfully" in line for line in write_lines(journal))


@pytest.mark.rule("DP-MON-15")
@pytest.mark.parametrize(
    ("error", "texts"),
    [
        (None, ["Verifying Usage Plan for request", "Usage Plan check succeeded"]),
        (InvalidApiKey("no"), ["Verifying Usage Plan for request"]),
    ],
)
def test_of_a_key_that_is_required_the_end_is_told(
    error: InvalidApiKey | None, texts: list[str]
) -> None:
    route = Route(route_id="r", route_key=RouteKey("$connect"), api_key_required=True)
    api = replace(API, routes=(route,))
    fake = FakeWorld(api)
    journal = EventJournal(admit(fake.world, fake.handshake()).event)
    (journal.snapshot,) = fake.world.directory.snapshots[api.api_id].values()
    assert journal.snapshot.connect is not None
    settings = RouteSettings(logging_level=LoggingLevel.INFO)
    journal.route = replace(journal.snapshot.connect, settings=settings)
    journal.event.connection.caller = {"apiKey": "x" * 14 + "abcdef"}
    journal.error = error
    told = [line for line in write_lines(journal) if "API Key" in line]
    assert [text for text in texts if not any(text in line for line in told)] == []
    assert len(told) == len(texts)
    assert all(f" {'*' * 14}abcdef " in line for line in told)


@pytest.mark.rule("DP-MON-16", "DP-MON-17")
@pytest.mark.parametrize(
    ("level", "has_data", "count"),
    [
        (LoggingLevel.OFF, True, 0),
        (LoggingLevel.ERROR, True, 0),
        (LoggingLevel.INFO, False, 1),
        (LoggingLevel.INFO, True, 2),
    ],
)
def test_a_post_that_succeeds_is_told_at_info(
    level: LoggingLevel, *, has_data: bool, count: int
) -> None:
    snapshot = journal_at(level).snapshot
    assert snapshot is not None
    settings = RouteSettings(logging_level=level, data_trace_enabled=has_data)
    stage = replace(snapshot.stage, default_route_settings=settings)
    journal = CommandJournal(
        replace(snapshot, stage=stage), "POST", {"requestId": "r"}, b"hello", ""
    )
    assert len(write_lines(journal)) == count


def test_a_stage_that_is_gone_has_no_log() -> None:
    world = FakeWorld(API)
    assert write_lines(EventJournal(world.message(world.open(API), b"{}"))) == []
