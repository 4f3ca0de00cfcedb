"""What a journal tells of an event; tests/adapters/test_journals.py has what becomes of it."""

import pytest

from routekey.errors import (
    AccessDeniedException,
    AwsException,
    ForbiddenException,
    GatewayResponse,
    GoneException,
    IntegrationTimeout,
    MissingAuthenticationTokenException,
)
from routekey.gateway.connect import admit
from routekey.gateway.events import Event
from routekey.gateway.journal import CommandJournal, EventJournal
from routekey.gateway.ports import LambdaCall, MockCall
from routekey.ids import ConnectionId
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

API = make_api({"$default": None, "say": None})


@pytest.fixture
def fake() -> FakeWorld:
    return FakeWorld(API)


def event_of(fake: FakeWorld, kind: str) -> Event:
    match kind:
        case "CONNECT":
            return admit(fake.world, fake.handshake()).event
        case "MESSAGE":
            return fake.message(fake.open(API), b"{}")
        case _:
            return fake.goodbye(fake.open(API), 1000, "")


@pytest.mark.rule("DP-MON-11")
@pytest.mark.parametrize(
    ("kind", "route_key"),
    [("CONNECT", "$connect"), ("MESSAGE", None), ("DISCONNECT", "$disconnect")],
)
def test_an_event_without_a_route_is_named_by_its_kind(
    fake: FakeWorld, kind: str, route_key: str | None
) -> None:
    journal = EventJournal(event_of(fake, kind))
    assert (journal.event_type, journal.route_key) == (kind, route_key)
    assert journal.build_context().get("routeKey") == route_key


def test_a_message_that_found_its_route_is_named_by_it(fake: FakeWorld) -> None:
    journal = EventJournal(event_of(fake, "MESSAGE"))
    (snapshot,) = fake.world.directory.snapshots[API.api_id].values()
    journal.route = snapshot.routes["say"]
    assert journal.route_key == "say"


@pytest.mark.rule("DP-MON-12")
def test_the_status_is_the_worst_that_happened(fake: FakeWorld) -> None:
    journal = EventJournal(event_of(fake, "CONNECT"))
    statuses = [journal.status]
    journal.refused_status = 403
    statuses.append(journal.status)
    journal.error = IntegrationTimeout("late")
    statuses.append(journal.status)
    assert statuses == [200, 403, 504]


@pytest.mark.rule("DP-MON-12", "DP-HSK-19")
@pytest.mark.parametrize(
    ("error", "response_type", "message"),
    [
        (IntegrationTimeout("late"), "INTEGRATION_TIMEOUT", "Endpoint request timed out"),
        (AccessDeniedException("no"), "ACCESS_DENIED", "no"),
        (
            MissingAuthenticationTokenException(),
            "MISSING_AUTHENTICATION_TOKEN",
            "Missing Authentication Token",
        ),
    ],
)
def test_errors_are_told_to_access_logs(
    fake: FakeWorld,
    error: GatewayResponse | AwsException,
    response_type: str,
    message: str,
) -> None:
    journal = EventJournal(event_of(fake, "CONNECT"))
    assert "error" not in journal.build_context()
    journal.error = error
    context = journal.build_context()
    assert context["status"] == str(error.status)
    assert context["error"] == {
        "message": message,
        "messageString": f'"{message}"',
        "responseType": response_type,
        "validationErrorString": "",
    }


def test_an_error_without_a_type_is_told_by_its_status_alone(fake: FakeWorld) -> None:
    journal = EventJournal(event_of(fake, "CONNECT"))
    journal.error = ForbiddenException()
    assert journal.build_context()["status"] == "403"
    assert "error" not in journal.build_context()


@pytest.mark.rule("DP-MON-12", "DP-MON-13")
@pytest.mark.parametrize("is_function", [True, False])
def test_a_latency_is_told_of_functions_alone(fake: FakeWorld, *, is_function: bool) -> None:
    journal = EventJournal(event_of(fake, "MESSAGE"))
    function = LambdaCall(
        function_arn="f", payload=b"", source_arn="", timeout_ms=50, trace_id="Root=1-0-0"
    )
    journal.call = function if is_function else MockCall(status=200)
    journal.integration_latency_ms = 7
    assert journal.build_context().get("integrationLatency") == ("7" if is_function else None)


@pytest.mark.rule("DP-MON-14")
def test_a_command_is_named_by_its_template_and_has_a_status_without_an_error(
    fake: FakeWorld,
) -> None:
    (snapshot,) = fake.world.directory.snapshots[API.api_id].values()
    journal = CommandJournal(snapshot, "DELETE", {"requestId": "r"}, b"", "")
    journal.error, journal.status = GoneException(ConnectionId("x")), 410
    assert journal.build_context() == {
        "requestId": "r",
        "eventType": "CONNECTION_API",
        "routeKey": "DELETE /@connections/{connectionId}",
        "status": "410",
    }
