"""Traces of whole events, as a collector gets them."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from adapters.collector import Collector, attributes
from routekey.adapters.journals import RunningJournals
from routekey.adapters.system import SystemIds
from routekey.adapters.traces import Traces
from routekey.errors import GatewayResponse, GoneException
from routekey.gateway.commands import Command, open_command_journal
from routekey.gateway.connect import admit, handle_connect
from routekey.gateway.disconnect import handle_disconnect
from routekey.gateway.journal import EventJournal
from routekey.gateway.message import handle_message
from routekey.gateway.ports import HttpCall, MockCall
from routekey.languages.sigv4 import SignedRequest
from routekey.testing.apis import make_api
from routekey.testing.fakes import SOME_TIME_MS
from routekey.testing.world import FakeWorld

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
TRACE_ID = "5759e988bd862e3fe1be46a994272793"
PARENT_ID = "53995c3f42cd8ad8"
API = make_api({"$connect": "ok", "$disconnect": "ok", "say": "ok", "fail": "fail"})


class Traced:
    """A world whose journals become traces."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.fake = FakeWorld(API, handlers={"ok": self.answer, "fail": self.fail})
        self.traces = Traces(self.fake.clock, environ)
        self.journals = RunningJournals(lambda _: None, None, self.traces)
        self.fake.world.journals = self.journals
        self.connection = self.fake.open(API)

    def answer(self, _: Mapping[str, Any]) -> object:
        self.fake.clock.advance(0.007)
        return {"statusCode": 200}

    def fail(self, _: Mapping[str, Any]) -> object:
        raise ValueError("bad thing")

    async def connect(self, *headers: tuple[str, str]) -> None:
        admission = admit(self.fake.world, self.fake.handshake(*headers))
        journal = EventJournal(admission.event)
        await handle_connect(self.fake.world, admission, journal)
        self.journals.keep(journal)

    async def say(self, body: bytes) -> EventJournal:
        journal = EventJournal(self.fake.message(self.connection, body))
        try:
            await handle_message(self.fake.world, journal.event, journal)  # type: ignore[arg-type]  # it is a message
        except GatewayResponse as error:
            journal.error = error
        self.journals.keep(journal)
        return journal


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        yield collector


@pytest.fixture
def traced(collector: Collector) -> Iterator[Traced]:
    assert collector.url
    traced = Traced({})
    yield traced
    traced.traces.close()


def is_child(child: Span, parent: Span) -> bool:
    return child.parent_span_id == parent.span_id and child.trace_id == parent.trace_id


@pytest.mark.rule("DP-MON-19")
async def test_a_handshake_is_a_part_of_the_trace_that_its_client_sent(
    traced: Traced, collector: Collector
) -> None:
    """And the function is told the integration's span as its parent."""
    await traced.connect(("X-Amzn-Trace-Id", f"{ROOT};Parent={PARENT_ID};Sampled=1"))
    traced.traces.close()
    handshake, integration = collector.named("$connect"), collector.named("ok")
    assert (handshake.trace_id.hex(), handshake.parent_span_id.hex()) == (TRACE_ID, PARENT_ID)
    assert is_child(integration, handshake)
    (call,) = traced.fake.functions.calls
    assert call.trace_id == f"{ROOT};Parent={integration.span_id.hex()};Sampled=1"
    assert collector.service_names == {"routekey"}


@pytest.mark.rule("DP-MON-19")
async def test_a_message_begins_the_trace_that_its_header_names(
    traced: Traced, collector: Collector
) -> None:
    journal = await traced.say(b'{"action":"say"}')
    traced.traces.close()
    message, integration = collector.named("say"), collector.named("ok")
    assert message.parent_span_id == b""
    root = journal.event.trace_id.removeprefix("Root=1-").replace("-", "")
    assert message.trace_id.hex() == root
    assert is_child(integration, message)
    assert message.start_time_unix_nano == SOME_TIME_MS * 1_000_000
    assert message.end_time_unix_nano - message.start_time_unix_nano == 7_000_000
    assert integration.end_time_unix_nano - integration.start_time_unix_nano == 7_000_000
    assert (message.kind, integration.kind) == (Span.SPAN_KIND_CONSUMER, Span.SPAN_KIND_CLIENT)


async def test_spans_say_what_came_and_who_was_asked(traced: Traced, collector: Collector) -> None:
    await traced.connect(("User-Agent", "ua"))
    event = traced.fake.goodbye(traced.connection, 1000, "done")
    journal = EventJournal(event)
    await handle_disconnect(traced.fake.world, event, journal)
    traced.journals.keep(journal)
    traced.traces.close()
    handshake, goodbye = (
        attributes(collector.named("$connect")),
        attributes(collector.named("$disconnect")),
    )
    assert handshake["http.response.status_code"] == 101
    assert handshake["user_agent.original"] == "ua"
    assert handshake["routekey.api_id"] == API.api_id
    assert goodbye["routekey.close_code"] == 1000
    function = attributes(next(span for span in collector.spans if span.name == "ok"))
    assert function["faas.invoked_name"] == "ok"
    assert function["faas.invoked_region"] == "eu-west-2"


async def test_a_failure_is_an_error_of_both_spans_and_a_refusal_of_none(
    traced: Traced, collector: Collector
) -> None:
    await traced.say(b'{"action":"fail"}')
    await traced.say(b"{}")
    traced.traces.close()
    for name, error in (("fail", "INTEGRATION_FAILURE"), ("MESSAGE", None)):
        spans = [span for span in collector.spans if span.name == name]
        message = next(span for span in spans if span.kind == Span.SPAN_KIND_CONSUMER)
        assert attributes(message).get("error.type") == error
        assert (message.status.code == Status.STATUS_CODE_ERROR) == bool(error)
    function = next(span for span in collector.spans if span.kind == Span.SPAN_KIND_CLIENT)
    assert attributes(function)["error.type"] == "Unhandled"


async def test_a_post_is_a_span_below_the_function_that_posts(
    traced: Traced, collector: Collector
) -> None:
    (snapshot,) = traced.fake.world.directory.snapshots[API.api_id].values()
    path = f"/dev/@connections/{traced.connection.id}"
    command = Command(
        snapshot=snapshot,
        rest=path.removeprefix("/dev/"),
        signed=SignedRequest("POST", path, "", (), b"hello"),
        source_ip="127.0.0.1",
        is_secure=False,
        trace_id=f"{ROOT};Parent={PARENT_ID};Sampled=1",
    )
    journal = open_command_journal(traced.fake.world, command)
    journal.error, journal.status = GoneException(traced.connection.id), 410
    traced.journals.keep(journal)
    traced.traces.close()
    post = collector.named("POST /@connections/{connectionId}")
    assert (post.trace_id.hex(), post.parent_span_id.hex()) == (TRACE_ID, PARENT_ID)
    assert post.kind == Span.SPAN_KIND_SERVER
    assert attributes(post)["http.response.status_code"] == 410
    assert post.status.code == Status.STATUS_CODE_UNSET


async def test_a_trace_that_nobody_names_is_one_of_its_own(
    traced: Traced, collector: Collector
) -> None:
    admission = admit(traced.fake.world, traced.fake.handshake())
    event = msgspec.structs.replace(admission.event, trace_id="not a trace")
    traced.journals.keep(EventJournal(event))
    traced.traces.close()
    assert len(collector.named("$connect").trace_id) == 16


async def test_what_the_client_does_not_sample_is_not_sent(
    traced: Traced, collector: Collector
) -> None:
    await traced.connect(("X-Amzn-Trace-Id", f"{ROOT};Parent={PARENT_ID};Sampled=0"))
    traced.traces.close()
    assert collector.spans == []
    (call,) = traced.fake.functions.calls
    assert call.trace_id.endswith(";Sampled=0")


async def test_a_sampler_of_a_half_takes_about_a_half(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids count up, and samplers go by their last bits: these have to be spread."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    traced = Traced({"OTEL_SERVICE_NAME": "chat"})
    traced.fake.world.ids = SystemIds()
    for _ in range(200):
        await traced.say(b'{"action":"say"}')
    traced.traces.close()
    assert 80 < len([span for span in collector.spans if span.name == "say"]) < 120


def test_a_backend_is_told_the_trace_and_a_call_without_headers_is_left_alone(
    traced: Traced,
) -> None:
    journal = EventJournal(traced.fake.message(traced.connection, b"{}"))
    headers = (("A", "b"), ("X-Amzn-Trace-Id", journal.event.trace_id))
    call = HttpCall(method="POST", url="http://h/", headers=headers, body=b"", timeout_ms=50)
    linked = traced.journals.link(journal, call)
    assert isinstance(linked, HttpCall)
    assert linked.headers[0] == ("A", "b")
    assert linked.headers[1][1].startswith(f"{journal.event.trace_id};Parent=")
    assert msgspec.structs.replace(linked, headers=headers) == call
    mock = MockCall(status=200)
    assert traced.journals.link(journal, mock) is mock


async def test_a_trace_that_fails_breaks_nothing(
    traced: Traced, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def link(self, *_: object) -> None:
            raise RuntimeError("no span")

        def record(self, *_: object) -> None:
            raise RuntimeError("no record")

    traced.journals = RunningJournals(lambda _: None, None, Broken())  # type: ignore[arg-type]  # it never returns
    traced.fake.world.journals = traced.journals
    journal = await traced.say(b'{"action":"say"}')
    assert journal.error is None
    assert "a call could not be traced" in caplog.text
    assert "a journal could not be kept" in caplog.text
