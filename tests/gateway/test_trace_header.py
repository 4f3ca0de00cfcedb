"""Trace headers."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routekey.gateway.connect import admit, handle_connect
from routekey.gateway.trace_header import TraceHeader, choose_trace_header
from routekey.testing.apis import make_api
from routekey.testing.fakes import SOME_TIME_MS, CountingIds
from routekey.testing.world import FakeWorld

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793"
TRACE_ID = "5759e988bd862e3fe1be46a994272793"
PARENT_ID = "53995c3f42cd8ad8"


@pytest.mark.parametrize(
    ("text", "parent_id", "is_sampled"),
    [
        (ROOT, None, None),
        (f"{ROOT};Sampled=1", None, True),
        (f"{ROOT};Parent={PARENT_ID};Sampled=0", PARENT_ID, False),
        (f"Self=1-5759e988-bd862e3fe1be46a994272794; {ROOT} ;Sampled=?", None, None),
        (f"{ROOT};Parent={PARENT_ID};Sampled=1;Lineage=1:2cd8ad8f:0", PARENT_ID, True),
    ],
)
def test_a_well_formed_header_is_read(
    text: str, parent_id: str | None, is_sampled: bool | None
) -> None:
    header = TraceHeader.parse(text)
    assert header == TraceHeader(trace_id=TRACE_ID, parent_id=parent_id, is_sampled=is_sampled)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Root=",
        "Root=1-5759e988-bd862e3fe1be46a99427279",
        "Root=2-5759e988-bd862e3fe1be46a994272793",
        ROOT.upper(),
        f"Parent={PARENT_ID}",
        f"{ROOT};Parent=12",
        f"{ROOT};",
        f"{ROOT};Sampled",
        f"{ROOT};Sampled=1\r\nX-Evil: 1",
        f"{ROOT};A={'x' * 256}",
        f"{ROOT};Self=é",
    ],
)
def test_what_is_not_well_formed_is_none(text: str) -> None:
    assert TraceHeader.parse(text) is None


@given(st.text(max_size=300))
def test_any_text_is_a_header_or_none(text: str) -> None:
    header = TraceHeader.parse(text)
    assert header is None or TraceHeader.parse(header.render()) == header


@pytest.mark.parametrize(
    "text", [ROOT, f"{ROOT};Parent={PARENT_ID}", f"{ROOT};Parent={PARENT_ID};Sampled=1"]
)
def test_a_header_is_written_as_it_is_read(text: str) -> None:
    header = TraceHeader.parse(text)
    assert header is not None
    assert header.render() == text


@pytest.mark.rule("DP-MON-19", "DP-EVT-16")
def test_what_a_client_sent_is_taken_over_if_it_is_well_formed() -> None:
    sent = f"{ROOT};Parent={PARENT_ID};Sampled=1"
    assert choose_trace_header(sent, CountingIds(), SOME_TIME_MS) == sent
    for wrong in (None, "Root=evil"):
        made = choose_trace_header(wrong, CountingIds(), SOME_TIME_MS)
        assert TraceHeader.parse(made) is not None


@pytest.mark.rule("DP-MON-19", "DP-HSK-03")
async def test_the_function_sees_the_trace_that_its_client_sent() -> None:
    seen: list[Mapping[str, Any]] = []

    def take(event: Mapping[str, Any]) -> object:
        seen.append(event)
        return {"statusCode": 200}

    fake = FakeWorld(make_api({"$connect": "take"}), handlers={"take": take})
    sent = f"{ROOT};Parent={PARENT_ID};Sampled=1"
    await handle_connect(fake.world, admit(fake.world, fake.handshake(("x-amzn-trace-id", sent))))
    (call,) = fake.functions.calls
    assert call.trace_id == sent
    assert seen[0]["headers"]["X-Amzn-Trace-Id"] == sent
