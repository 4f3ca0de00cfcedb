"""What is put together when little, everything or the impossible is wanted."""

import sys
from pathlib import Path

import pytest

from adapters.collector import Collector
from routekey.adapters.journals import LogEvent
from routekey.adapters.telemetry import Observers, TelemetrySettings
from routekey.errors import InputError
from routekey.gateway.journal import EventJournal
from routekey.testing.apis import make_api
from routekey.testing.fakes import FakeClock
from routekey.testing.world import FakeWorld

EVENT = LogEvent("chat", "a line", is_access=True)


async def test_where_nothing_is_wanted_nobody_reads_journals() -> None:
    observers = Observers(TelemetrySettings(), FakeClock(), lambda: 0)
    observers.open()
    assert not observers.make_journals(lambda _: None).is_open
    assert (observers.metrics, observers.log_files) == (None, None)
    await observers.close()


async def test_everything_that_is_wanted_is_told_and_nothing_is_lost_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TelemetrySettings(
        is_counting=True, is_tracing=True, log_folder=str(tmp_path), log_format="json"
    )
    api = make_api({"$default": None})
    fake = FakeWorld(api)
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        observers = Observers(settings, fake.clock, lambda: 0)
        observers.open()
        journals = observers.make_journals(lambda _: pytest.fail("there are files"))
        assert journals.is_open
        journals.keep(EventJournal(fake.message(fake.open(api), b"{}")))
        assert observers.log_files is not None
        observers.log_files.write(EVENT)
        await observers.close()
    assert [span.name for span in collector.spans] == ["MESSAGE"]
    assert '"message":"a line"' in (tmp_path / "chat.log").read_text()
    assert observers.metrics is not None
    assert b'apigateway_MessageCount_total{ApiId=""' in observers.metrics.render()


def test_traces_without_opentelemetry_are_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "routekey.adapters.traces", None)  # as if not installed
    with pytest.raises(InputError, match=r"is_tracing: traces need .* Install routekey\[otel\]"):
        Observers(TelemetrySettings(is_tracing=True), FakeClock(), lambda: 0)
