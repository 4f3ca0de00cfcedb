"""Traces of a whole gateway, in a collector."""

from pathlib import Path

import pytest

from adapters.collector import Collector, attributes
from scenarios.conftest import RoutekeyRun
from scenarios.projects import Source, write_project
from scenarios.running import ask

TRACE = Source(
    text="""
import os

def handler(event, context):
    return {"statusCode": 200, "body": os.environ["_X_AMZN_TRACE_ID"]}
"""
)
ROOT = "1-5759e988-bd862e3fe1be46a994272793"


@pytest.mark.rule("DP-MON-19")
async def test_client_gateway_and_function_are_one_trace(
    tmp_path: Path, routekey_run: RoutekeyRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write_project(
        tmp_path / "project",
        {"Trace": TRACE},
        {"$connect": "Trace", "$default": "Trace"},
        two_way=("$default",),
    )
    monkeypatch.setenv("ROUTEKEY_TELEMETRY_IS_TRACING", "true")
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        running = await routekey_run(project)
        header = {"X-Amzn-Trace-Id": f"Root={ROOT};Sampled=1"}
        async with running.connect(additional_headers=header) as client:
            seen = await ask(client, "what do you see?")
        assert await running.stop() == 0
    assert collector.named("$connect").trace_id.hex() == ROOT[2:].replace("-", "")
    message = collector.named("$default")
    (function,) = [span for span in collector.spans if span.parent_span_id == message.span_id]
    trace_id = message.trace_id.hex()
    root = f"1-{trace_id[:8]}-{trace_id[8:]}"
    header_seen, _, lineage = seen.partition(";Lineage=")
    assert header_seen == f"Root={root};Parent={function.span_id.hex()};Sampled=1"
    assert lineage  # what tells Lambda of a function that calls itself
    assert attributes(function)["faas.invoked_name"] == "Trace"
