"""The lines themselves are held by tests/adapters/test_journals.py, on whole events."""

from dataclasses import replace

import pytest

from routekey.errors import AccessDeniedException, ApiConfigurationError
from routekey.gateway.execution_log import write_lines
from routekey.gateway.journal import EventJournal
from routekey.gateway.ports import HttpCall, HttpOutcome, MockCall, MockOutcome
from routekey.resources.api import LoggingLevel, RouteSettings
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
    headers = (("Authorization", "Bearer secret"), ("X-A", "b"))
    journal.call = HttpCall(
        method="POST", url="https://example.com", headers=headers, body=b"hi", timeout_ms=1
    )
    journal.outcome = HttpOutcome(status=418, headers=(), body=b"tea")
    text = "\n".join(write_lines(journal))
    assert "Endpoint request headers: {Authorization=******, X-A=b}" in text
    assert "Received response. Status: 418" in text
    assert "secret" not in text


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


def test_a_stage_that_is_gone_has_no_log() -> None:
    world = FakeWorld(API)
    assert write_lines(EventJournal(world.message(world.open(API), b"{}"))) == []
