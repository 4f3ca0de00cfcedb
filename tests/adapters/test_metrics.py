"""API Gateway's numbers, from journals; test_journals.py has those of whole events."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from routekey.adapters.metrics import Metrics
from routekey.errors import BadRequestBody, GatewayResponse, GoneException, IntegrationTimeout
from routekey.gateway.connect import admit
from routekey.gateway.journal import CommandJournal, EventJournal
from routekey.gateway.ports import HttpCall, HttpOutcome, MockCall, MockOutcome
from routekey.resources.api import RouteSettings
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

HTTP = HttpCall(method="POST", url="http://h/", headers=(), body=b"", timeout_ms=50)
DETAILED = RouteSettings(detailed_metrics_enabled=True)


class Counted:
    """A stage whose journals a test writes by hand."""

    def __init__(
        self, settings: RouteSettings, overrides: Mapping[str, RouteSettings] | None = None
    ) -> None:
        api = make_api({"$connect": "f", "a": "f", "b": "f"})
        stage = replace(
            api.stages[0], default_route_settings=settings, route_settings=dict(overrides or {})
        )
        self.api = replace(api, stages=(stage,))
        self.fake = FakeWorld(self.api)
        self.connection = self.fake.open(self.api)
        (self.snapshot,) = self.fake.world.directory.snapshots[self.api.api_id].values()
        self.metrics = Metrics(lambda: 3)

    def message(self, route_key: str = "a") -> EventJournal:
        """Make the journal of a message that came as far as its route."""
        journal = EventJournal(self.fake.message(self.connection, b"{}"))
        journal.snapshot, journal.route = self.snapshot, self.snapshot.routes[route_key]
        return journal

    def handshake(self) -> EventJournal:
        journal = EventJournal(admit(self.fake.world, self.fake.handshake()).event)
        journal.snapshot, journal.route = self.snapshot, self.snapshot.connect
        return journal

    def value(self, name: str, **labels: str) -> float | None:
        """Read one number from what Prometheus would get."""
        for line in self.metrics.render().decode().splitlines():
            key, _, value = line.rpartition(" ")
            found, _, rest = key.partition("{")
            if found == name and all(f'{label}="{text}"' in rest for label, text in labels.items()):
                return float(value)
        return None

    def total(self, name: str, route: str = "") -> float | None:
        return self.value(f"apigateway_{name}_total", Route=route)


@pytest.fixture
def counted() -> Counted:
    return Counted(RouteSettings())


@pytest.mark.rule("DP-MON-03")
def test_a_handshake_that_is_refused_is_counted_as_a_client_error_too(counted: Counted) -> None:
    journal = counted.handshake()
    journal.refused_status = 403
    counted.metrics.count(journal)
    numbers = [counted.total(name) for name in ("ConnectCount", "MessageCount", "ClientError")]
    assert numbers == [1, 1, 1]
    assert counted.total("ExecutionError") == 0


@pytest.mark.rule("DP-MON-01")
@pytest.mark.parametrize(
    ("status", "error", "name"),
    [
        (404, None, "IntegrationError"),
        (500, None, "IntegrationError"),
        (None, IntegrationTimeout("late"), "ExecutionError"),
        (None, BadRequestBody("no"), "ClientError"),
    ],
)
def test_each_failure_has_its_counter_and_no_other(
    counted: Counted, status: int | None, error: GatewayResponse | None, name: str
) -> None:
    journal = counted.message()
    journal.call, journal.error = HTTP, error
    if status is not None:
        journal.outcome = HttpOutcome(status=status, headers=(), body=b"")
    counted.metrics.count(journal)
    names = ("IntegrationError", "ExecutionError", "ClientError")
    assert [each for each in names if counted.total(each)] == [name]


@pytest.mark.rule("DP-MON-01", "DP-MON-02")
def test_latencies_are_a_histogram_of_milliseconds(counted: Counted) -> None:
    for latency_ms in (1, 7, 7, 40_000):
        journal = counted.message()
        journal.call, journal.integration_latency_ms = HTTP, latency_ms
        counted.metrics.count(journal)
    name = "apigateway_IntegrationLatency_milliseconds"
    for bound, count in (("1", 1), ("5", 1), ("10", 3), ("29000", 3), ("+Inf", 4)):
        assert counted.value(f"{name}_bucket", le=bound) == count
    assert counted.value(f"{name}_sum") == 40_015
    assert counted.value(f"{name}_count") == 4


def test_a_mock_has_no_latency(counted: Counted) -> None:
    journal = counted.message()
    journal.call, journal.outcome = MockCall(status=200), MockOutcome(status=200)
    journal.integration_latency_ms = 0
    counted.metrics.count(journal)
    assert counted.value("apigateway_IntegrationLatency_milliseconds_count") == 0


@pytest.mark.rule("DP-MON-10")
def test_a_route_that_wants_no_numbers_of_its_own_has_none() -> None:
    """Seen otherwise on AWS, perhaps only because a change takes its time there."""
    counted = Counted(DETAILED, {"b": RouteSettings()})
    counted.metrics.count(counted.message("a"))
    counted.metrics.count(counted.message("b"))
    assert (counted.total("MessageCount", "a"), counted.total("MessageCount", "b")) == (1, None)
    assert counted.total("MessageCount", "") == 1


@pytest.mark.rule("DP-MON-07")
def test_a_post_that_fails_is_a_client_error() -> None:
    counted = Counted(DETAILED)
    for error in (None, GoneException(counted.connection.id)):
        journal = CommandJournal(counted.snapshot, "POST", {}, b"", "")
        journal.error = error
        counted.metrics.count(journal)
    route = "POST /@connections/{connectionId}"
    assert (counted.total("MessageCount", route), counted.total("ClientError", route)) == (1, 1)


def test_what_reached_no_stage_is_counted_without_names(counted: Counted) -> None:
    counted.metrics.count(EventJournal(counted.fake.message(counted.connection, b"{}")))
    assert counted.value("apigateway_MessageCount_total", ApiId="", Stage="") == 1


def test_open_connections_are_asked_when_somebody_reads(counted: Counted) -> None:
    assert "routekey_connections 3.0" in counted.metrics.render().decode()


def test_stages_and_routes_beyond_the_bound_are_counted_without_their_route() -> None:
    counted = Counted(DETAILED)
    counted.metrics.count(counted.message("a"))
    full = Metrics(lambda: 0, series_max=1)
    counted.metrics = full
    for route_key in ("a", "b", "a"):
        full.count(counted.message(route_key))
    assert (counted.total("MessageCount", "a"), counted.total("MessageCount", "b")) == (2, None)
    assert counted.total("MessageCount", "") == 1
