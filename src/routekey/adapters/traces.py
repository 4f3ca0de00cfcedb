"""Traces: each event and command a span for OpenTelemetry, each integration one below it.

X-Ray's trace ids and OpenTelemetry's are the same 128 bits, so the header that a client sent, or
that we made, is the trace that the spans belong to; a function and an HTTP backend are told the
integration's span as their parent. Times are the journal's, to the millisecond.

Where to and how much is said by OpenTelemetry's own variables (`OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_TRACES_SAMPLER`, …). Spans wait in the SDK's bounded queue, and its thread sends them: 2,048
of them, and what comes on top is dropped. This module needs the extra `otel`, and is imported only
where traces are wanted. Source: DP-MON-19.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

import routekey
from routekey.adapters.span_attributes import (
    describe_call,
    describe_journal,
    find_call_failure,
    find_failure,
    name_call,
    name_span,
)
from routekey.clock import Clock
from routekey.gateway.events import ConnectEvent, MessageEvent
from routekey.gateway.journal import CommandJournal, EventJournal, Journal
from routekey.gateway.ports import HttpCall, IntegrationCall, LambdaCall
from routekey.gateway.trace_header import TraceHeader

_NS_PER_MS: Final = 1_000_000
_HEADER: Final = "x-amzn-trace-id"


@dataclass(frozen=True, slots=True)
class _Spans:
    """What is kept with a journal while its integration is asked."""

    event: Span
    integration: Span


class Traces:
    """Makes the spans of this node.

    Args:
        clock: tells when an event is over.
        environ: where OpenTelemetry's variables are; they win over what we say.
    """

    def __init__(self, clock: Clock, environ: Mapping[str, str]) -> None:
        self._clock = clock
        self._ids = _TraceIds()
        named = "OTEL_SERVICE_NAME" in environ or "service.name=" in environ.get(
            "OTEL_RESOURCE_ATTRIBUTES", ""
        )
        self._provider = TracerProvider(
            resource=Resource.create({} if named else {"service.name": "routekey"}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("routekey", routekey.__version__)

    def link(self, journal: EventJournal, call: IntegrationCall) -> IntegrationCall:
        """Begin the span of an integration, and name it to whom is asked as his parent."""
        event = self._begin(journal)
        integration = self._tracer.start_span(
            name_call(call),
            context=set_span_in_context(event),
            kind=SpanKind.CLIENT,
            start_time=self._clock.now_ms() * _NS_PER_MS,
        )
        journal.spans = _Spans(event, integration)
        return _name_parent(call, integration.get_span_context())

    def record(self, journal: Journal) -> None:
        """End the spans of a journal that is over."""
        ended_ns = self._clock.now_ms() * _NS_PER_MS
        spans = journal.spans if isinstance(journal, EventJournal) else None
        if isinstance(spans, _Spans) and isinstance(journal, EventJournal):
            self._end_integration(journal, spans.integration)
            span = spans.event
        else:
            span = self._begin(journal)
        if span.is_recording():
            span.set_attributes(dict(describe_journal(journal)))
            _fail(span, find_failure(journal))
        span.end(ended_ns)

    def close(self) -> None:
        """Send what is left, and take no more. Waits as long as the exporter does."""
        self._provider.shutdown()

    def _begin(self, journal: Journal) -> Span:
        """Begin the span of an event or a command, below whoever sent it."""
        if isinstance(journal, CommandJournal):
            header, started_ms = journal.trace_id, int(str(journal.context["requestTimeEpoch"]))
        else:
            header, started_ms = journal.event.trace_id, journal.event.epoch_ms
        return self._tracer.start_span(
            name_span(journal),
            context=self._read_parent(header),
            kind=_kind(journal),
            start_time=started_ms * _NS_PER_MS,
        )

    def _read_parent(self, text: str) -> Context:
        """Give the context that a header names, and set the trace of a span that has no parent."""
        header = TraceHeader.parse(text)
        if header is None:
            self._ids.next_trace_id = None
            return Context()
        self._ids.next_trace_id = int(header.trace_id, 16)
        if header.parent_id is None:
            return Context()
        parent = SpanContext(
            trace_id=int(header.trace_id, 16),
            span_id=int(header.parent_id, 16),
            is_remote=True,
            trace_flags=TraceFlags(header.is_sampled is not False),
        )
        return set_span_in_context(NonRecordingSpan(parent), Context())

    def _end_integration(self, journal: EventJournal, span: Span) -> None:
        call = journal.call
        if span.is_recording() and call is not None:
            span.set_attributes(dict(describe_call(call, journal.outcome)))
            _fail(span, find_call_failure(journal))
        ended_ms = (journal.asked_ms or 0) + (journal.integration_latency_ms or 0)
        span.end(ended_ms * _NS_PER_MS)


class _TraceIds(RandomIdGenerator):
    """Gives a span without a parent the trace of its event's header."""

    next_trace_id: int | None = None

    def generate_trace_id(self) -> int:
        """Give the trace that the next span belongs to."""
        if self.next_trace_id is None:
            return super().generate_trace_id()
        return self.next_trace_id

    def is_trace_id_random(self) -> bool:
        """Deny it: a client may have chosen the id."""
        return False


def _kind(journal: Journal) -> SpanKind:
    if isinstance(journal, CommandJournal) or isinstance(journal.event, ConnectEvent):
        return SpanKind.SERVER
    return SpanKind.CONSUMER if isinstance(journal.event, MessageEvent) else SpanKind.INTERNAL


def _name_parent(call: IntegrationCall, parent: SpanContext) -> IntegrationCall:
    header = TraceHeader(
        trace_id=f"{parent.trace_id:032x}",
        parent_id=f"{parent.span_id:016x}",
        is_sampled=parent.trace_flags.sampled,
    ).render()
    match call:
        case LambdaCall():
            return msgspec.structs.replace(call, trace_id=header)
        case HttpCall():
            headers = (
                (name, header if name.lower() == _HEADER else value) for name, value in call.headers
            )
            return msgspec.structs.replace(call, headers=tuple(headers))
        case _:
            return call


def _fail(span: Span, failure: str | None) -> None:
    if failure is not None:
        span.set_attribute("error.type", failure)
        span.set_status(StatusCode.ERROR)
