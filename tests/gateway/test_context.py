import msgspec
import pytest

from routekey.errors import BadRequestBody, GatewayResponse, IntegrationTimeout
from routekey.gateway.connect import admit
from routekey.gateway.context import Context, add_error, build_context, find_in_context
from routekey.testing.apis import make_api
from routekey.testing.world import FakeWorld

CONTEXT: Context = {
    "stage": "dev",
    "connectedAt": 1790299515537,
    "isBase64Encoded": False,
    "identity": {"sourceIp": "203.0.113.7"},
    "authorizer": {"role": "admin", "a.b": "dotted"},
}


@pytest.mark.rule("DP-VTL-01")
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("stage", "dev"),
        ("connectedAt", "1790299515537"),
        ("isBase64Encoded", "false"),
        ("identity.sourceIp", "203.0.113.7"),
        ("authorizer.role", "admin"),
        ("authorizer.a.b", "dotted"),
    ],
)
def test_a_dotted_name_finds_its_value_as_text(path: str, text: str) -> None:
    assert find_in_context(CONTEXT, path) == text


@pytest.mark.rule("DP-VTL-03")
def test_a_goodbye_does_not_tell_templates_how_it_came() -> None:
    """Only the event of a proxy has the close code and its reason."""
    api = make_api({"$disconnect": None})
    fake = FakeWorld(api)
    context = build_context(fake.goodbye(fake.open(api), 1000, "done"), "$disconnect")
    assert find_in_context(context, "eventType") == "DISCONNECT"
    assert find_in_context(context, "disconnectStatusCode") is None
    assert find_in_context(context, "disconnectReason") is None


def test_what_an_authorizer_told_is_there() -> None:
    api = make_api({"$default": None})
    fake = FakeWorld(api)
    connection = fake.open(api)
    connection.authorizer = {"role": "admin"}
    context = build_context(fake.message(connection, b"{}"), "$default")
    assert find_in_context(context, "authorizer.role") == "admin"


@pytest.mark.rule("DP-AUT-11", "DP-MON-12")
def test_how_long_an_authorizer_took_is_there_on_a_handshake_alone() -> None:
    fake = FakeWorld(make_api({"$connect": None}))
    event = admit(fake.world, fake.handshake()).event
    event.connection.authorizer = {"principalId": "ann"}
    timed = msgspec.structs.replace(event, authorizer_latency_ms=7)
    assert find_in_context(build_context(timed, "$connect"), "authorizer.integrationLatency") == "7"
    for other in (event, fake.message(event.connection, b"")):
        context = build_context(other, None)
        assert find_in_context(context, "authorizer.integrationLatency") is None


@pytest.mark.rule("DP-INT-50")
@pytest.mark.parametrize(
    "path", ["nothing", "identity", "identity.user", "stage.name", "authorizer.role.x", "", "."]
)
def test_what_is_not_there_is_none(path: str) -> None:
    assert find_in_context(CONTEXT, path) is None


@pytest.mark.rule("DP-VTL-01", "DP-MON-12")
def test_an_error_brings_its_message_its_type_and_the_quoted_message() -> None:
    context: Context = {}
    add_error(context, IntegrationTimeout("late"))
    assert context == {
        "status": "504",
        "error": {
            "message": "Endpoint request timed out",
            "messageString": '"Endpoint request timed out"',
            "responseType": "INTEGRATION_TIMEOUT",
            "validationErrorString": "",
        },
    }


@pytest.mark.rule("DP-RTE-21")
@pytest.mark.parametrize(
    ("error", "text"),
    [(BadRequestBody("no room"), "no room"), (IntegrationTimeout("a secret"), "")],
)
def test_only_a_failed_validation_tells_why(error: GatewayResponse, text: str) -> None:
    context: Context = {}
    add_error(context, error)
    assert find_in_context(context, "error.validationErrorString") == text
