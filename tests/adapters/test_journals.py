"""Logs and metrics of whole events: stories run, their journals kept."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from routekey.adapters.journals import LogEvent, RunningJournals
from routekey.adapters.metrics import Metrics
from routekey.errors import GatewayResponse, GoneException
from routekey.gateway.commands import Command, open_command_journal
from routekey.gateway.connect import admit, handle_connect
from routekey.gateway.disconnect import handle_disconnect
from routekey.gateway.journal import EventJournal
from routekey.gateway.message import handle_message
from routekey.languages.sigv4 import SignedRequest
from routekey.resources.api import AccessLogSettings, Api, LoggingLevel, RouteSettings
from routekey.testing.apis import make_api, make_directory
from routekey.testing.world import FakeWorld

GROUP = "arn:aws:logs:eu-west-2:123456789012:log-group:chat-access:*"
FORMAT = "$context.eventType $context.routeKey $context.status $context.error.message"
EXECUTION = "/aws/apigateway/6behyoa40f/dev"

Event = Mapping[str, Any]


def ok(_: Event) -> object:
    return {"statusCode": 200, "body": "x"}


def busy(_: Event) -> object:
    return {"statusCode": 503, "body": "busy"}


def fail(_: Event) -> object:
    raise ValueError("bad thing")


def api_with(settings: RouteSettings, *, has_access_log: bool = True) -> Api:
    api = make_api(
        {"$connect": "ok", "$disconnect": "ok", "two": "ok", "one": "ok", "busy": "busy",
         "fail": "fail"},
        two_way=["two", "busy"],
    )  # fmt: skip
    access = AccessLogSettings(destination_arn=GROUP, format=FORMAT) if has_access_log else None
    stage = replace(api.stages[0], default_route_settings=settings, access_log_settings=access)
    return replace(api, stages=(stage,))


class Kept:
    """A world whose journals are kept."""

    def __init__(self, api: Api, *, is_counting: bool = True) -> None:
        self.world = FakeWorld(api, handlers={"ok": ok, "fail": fail, "busy": busy})
        self.events: list[LogEvent] = []
        self.metrics = Metrics(lambda: len(self.world.connections))
        self.journals = RunningJournals(self.events.append, self.metrics if is_counting else None)
        self.journals.watch(self.world.world.directory)
        self.connection = self.world.open(api)

    async def say(self, body: bytes) -> None:
        event = self.world.message(self.connection, body)
        journal = EventJournal(event)
        try:
            await handle_message(self.world.world, event, journal)
        except GatewayResponse as error:
            journal.error = error
        self.journals.keep(journal)

    async def connect(self) -> None:
        admission = admit(self.world.world, self.world.handshake(("User-Agent", "ua")))
        journal = EventJournal(admission.event)
        await handle_connect(self.world.world, admission, journal)
        self.journals.keep(journal)

    async def leave(self) -> None:
        event = self.world.goodbye(self.connection, 1000, "done")
        journal = EventJournal(event)
        await handle_disconnect(self.world.world, event, journal)
        self.journals.keep(journal)

    def numbers(self, name: str) -> dict[str, float]:
        """Read a counter, by its route."""
        found = {}
        for line in self.metrics.render().decode().splitlines():
            if line.startswith(f"apigateway_{name}_total{{"):
                labels, _, value = line.rpartition(" ")
                found[labels.partition('Route="')[2].partition('"')[0]] = float(value)
        return found

    def log(self, group: str) -> list[str]:
        return [event.message for event in self.events if event.group == group]


@pytest.mark.rule("DP-MON-11", "DP-MON-12", "DP-MON-13")
async def test_each_event_is_one_line_of_the_access_log() -> None:
    kept = Kept(api_with(RouteSettings()))
    await kept.connect()
    await kept.say(b'{"action":"two"}')
    await kept.say(b'{"action":"fail"}')
    await kept.say(b"{}")
    await kept.leave()
    assert kept.log("chat-access") == [
        "CONNECT $connect 200 -",
        "MESSAGE two 200 -",
        "MESSAGE fail 502 Internal server error",
        "MESSAGE - 403 Forbidden",
        "DISCONNECT $disconnect 200 -",
    ]
    assert kept.log(EXECUTION) == []


@pytest.mark.rule("DP-MON-15", "DP-MON-16", "DP-MON-17")
async def test_at_info_the_execution_log_tells_every_step() -> None:
    kept = Kept(api_with(RouteSettings(logging_level=LoggingLevel.INFO, data_trace_enabled=True)))
    await kept.say(b'{"action":"two"}')
    log = kept.log(EXECUTION)
    request_id = log[0].partition(")")[0] + ") "
    assert all(line.startswith(request_id) for line in log)
    texts = [line.removeprefix(request_id) for line in log]
    assert texts[0].startswith("Extended Request Id: ")
    assert texts[2] == "WebSocket Request Route: [two]"
    assert texts[3] == (
        "WebSocket API [6behyoa40f] received message from client "
        f"[Connection Id: {kept.connection.id}]."
    )
    assert texts[4].startswith(
        "Endpoint request URI: https://lambda.eu-west-2.amazonaws.com/2015-03-31/functions/arn:aws:"
    )
    assert texts[5].startswith("Endpoint request body after transformations: {")
    assert texts[6] == "Received response. Status: 200, Integration latency: 0 ms"
    assert texts[7].startswith('Endpoint response body before transformations: {"statusCode":200')
    assert texts[-1].endswith("sent to API [6behyoa40f] with response status code [200].")


@pytest.mark.rule("DP-MON-15", "DP-MON-16")
async def test_handshakes_and_goodbyes_have_lines_of_their_own() -> None:
    kept = Kept(api_with(RouteSettings(logging_level=LoggingLevel.INFO)))
    await kept.connect()
    await kept.leave()
    text = "\n".join(kept.log(EXECUTION))
    assert "Verifying Usage Plan for request: " in text
    assert "Client [UserAgent: ua, SourceIp: 127.0.0.1] is connecting to WebSocket API" in text
    assert "connected to API [6behyoa40f] successfully." in text
    assert "integration response status code [200]. Close reason: [1000: done]" in text
    assert "after transformations" not in text


@pytest.mark.rule("DP-MON-16", "DP-MON-17")
async def test_at_error_only_failures_are_written() -> None:
    kept = Kept(api_with(RouteSettings(logging_level=LoggingLevel.ERROR)))
    await kept.say(b'{"action":"two"}')
    assert kept.log(EXECUTION) == []
    await kept.say(b'{"action":"fail"}')
    first, second = kept.log(EXECUTION)
    assert "due to customer function error: ValueError: bad thing. Lambda request id: " in first
    assert "Execution failed: the function failed" in second


@pytest.mark.rule("DP-LIM-02")
async def test_a_long_line_is_cut_and_stays_one_line() -> None:
    kept = Kept(api_with(RouteSettings(logging_level=LoggingLevel.INFO, data_trace_enabled=True)))
    await kept.say(b'{"action":"two","x":"' + b"y\\n" * 2000 + b'"}')
    assert max(len(line) for line in kept.log(EXECUTION)) < 1100
    assert not any("\n" in line for line in kept.log(EXECUTION))


@pytest.mark.rule("DP-MON-01", "DP-MON-02", "DP-MON-03", "DP-MON-04", "DP-MON-08", "DP-DIS-12")
async def test_handshakes_messages_replies_and_goodbyes_are_counted() -> None:
    kept = Kept(api_with(RouteSettings(detailed_metrics_enabled=True)))
    await kept.connect()
    for body in (b'{"action":"one"}', b'{"action":"one"}', b'{"action":"two"}'):
        await kept.say(body)
    await kept.leave()
    assert kept.numbers("ConnectCount") == {"$connect": 1, "one": 0, "two": 0, "$disconnect": 0}
    assert kept.numbers("MessageCount") == {"$connect": 1, "one": 2, "two": 2, "$disconnect": 1}


@pytest.mark.rule("DP-MON-05", "DP-MON-06", "DP-MON-09")
async def test_failures_are_execution_errors_and_unknown_routes_client_errors() -> None:
    kept = Kept(api_with(RouteSettings(detailed_metrics_enabled=True)))
    for body in (b'{"action":"fail"}', b'{"action":"busy"}', b"{}"):
        await kept.say(body)
    assert kept.numbers("ExecutionError") == {"fail": 1, "busy": 1, "": 0}
    assert kept.numbers("ClientError") == {"fail": 0, "busy": 0, "": 1}
    assert kept.numbers("IntegrationError") == {"fail": 0, "busy": 0, "": 0}


@pytest.mark.rule("DP-MON-02")
async def test_without_detailed_metrics_there_is_no_route() -> None:
    kept = Kept(api_with(RouteSettings()))
    await kept.say(b'{"action":"one"}')
    assert kept.numbers("MessageCount") == {"": 1}
    text = kept.metrics.render().decode()
    assert "apigateway_IntegrationLatency_milliseconds_bucket{" in text
    assert "routekey_connections 1.0" in text


@pytest.mark.rule("DP-MON-07", "DP-MON-14")
@pytest.mark.parametrize("status", [200, 410])
async def test_a_callback_is_logged_and_counted_under_its_template(status: int) -> None:
    settings = RouteSettings(
        detailed_metrics_enabled=True, logging_level=LoggingLevel.INFO, data_trace_enabled=True
    )
    kept = Kept(api_with(settings))
    (snapshot,) = kept.world.world.directory.snapshots[kept.connection.api_id].values()
    path = f"/dev/@connections/{kept.connection.id}"
    command = Command(
        snapshot=snapshot,
        rest=path.removeprefix("/dev/"),
        signed=SignedRequest("POST", path, "", (), b"hello"),
        source_ip="127.0.0.1",
        is_secure=False,
    )
    journal = open_command_journal(kept.world.world, command)
    if status != 200:
        journal.error, journal.status = GoneException(kept.connection.id), status
    kept.journals.keep(journal)
    route = "POST /@connections/{connectionId}"
    assert kept.log("chat-access") == [f"CONNECTION_API {route} {status} -"]
    assert kept.numbers("MessageCount") == {route: 1 if status == 200 else 0}
    execution = "\n".join(kept.log(EXECUTION))
    assert "Connection API request body: hello" in execution
    last = "completed with status: 200" if status == 200 else "failed: GoneException"
    assert execution.endswith(last)


def test_nobody_writes_journals_that_nobody_reads() -> None:
    silent = Kept(api_with(RouteSettings(), has_access_log=False), is_counting=False)
    assert not silent.journals.is_open
    logged = api_with(RouteSettings(logging_level=LoggingLevel.ERROR), has_access_log=False)
    silent.journals.watch(make_directory(logged))
    assert silent.journals.is_open


async def test_a_log_that_fails_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    kept = Kept(api_with(RouteSettings()))

    def refuse(_event: LogEvent) -> None:
        raise OSError("the disk is full")

    kept.journals = RunningJournals(refuse, None)
    await kept.say(b'{"action":"one"}')
    assert "a journal could not be kept" in caplog.text


@pytest.mark.rule("DP-MON-11")
async def test_a_destination_that_is_no_log_group_is_named_whole() -> None:
    """A delivery stream, say; its lines have to go somewhere, and they say where from."""
    stream = "arn:aws:firehose:eu-west-2:123456789012:deliverystream/amazon-apigateway-chat"
    api = api_with(RouteSettings())
    access = AccessLogSettings(destination_arn=stream, format="$context.routeKey")
    stage = replace(api.stages[0], access_log_settings=access)
    kept = Kept(replace(api, stages=(stage,)), is_counting=False)
    await kept.say(b'{"action":"one"}')
    assert kept.log(stream) == ["one"]


async def test_what_reached_no_stage_is_in_no_log() -> None:
    kept = Kept(api_with(RouteSettings(logging_level=LoggingLevel.INFO)))
    kept.journals.keep(EventJournal(kept.world.message(kept.connection, b"{}")))
    assert kept.events == []
