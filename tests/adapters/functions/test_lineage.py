"""How often a function has run in one chain of requests, as a trace header tells."""

import re

import pytest

from routekey.adapters.functions.lineage import INVOCATIONS_MAX, has_run, lengthen
from routekey.errors import FunctionRecursionError
from routekey.gateway.trace_header import TraceHeader

ROOT = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


def run(header: str, *names: str) -> str:
    for name in names:
        header = lengthen(header, name)
    return header


def test_the_first_run_of_a_function_is_noted_as_on_aws() -> None:
    """Observed: `Lineage=1:36680206:0`."""
    assert re.fullmatch(rf"{ROOT};Lineage=1:[0-9a-f]{{8}}:0", lengthen(ROOT, "f"))


def test_each_function_is_counted_by_itself() -> None:
    header = run(ROOT, "f", "g", "f")
    assert re.fullmatch(rf"{ROOT};Lineage=1:[0-9a-f]{{8}}:0:[0-9a-f]{{8}}:1", header)
    assert has_run(header, "f")
    assert has_run(header, "g")
    assert not has_run(header, "h")
    assert not has_run(ROOT, "f")


def test_a_function_that_runs_too_often_is_stopped() -> None:
    header = run(ROOT, *["f", "g"] * INVOCATIONS_MAX)
    with pytest.raises(FunctionRecursionError, match="f: it is invoked in a recursive loop"):
        lengthen(header, "f")
    assert has_run(lengthen(header, "h"), "h")


def test_what_stands_behind_the_lineage_stays() -> None:
    header = run(f"{ROOT};Lineage=1:0000000a:3;Self=1", "f")
    assert re.fullmatch(rf"{ROOT};Lineage=1:0000000a:3:[0-9a-f]{{8}}:0;Self=1", header)


@pytest.mark.parametrize(
    "lineage", ["", "1", "2:a87bd80c:0", "1:a87bd80c", "1:x:1", "1:a87bd80c:-1"]
)
def test_a_lineage_of_another_form_counts_for_nothing(lineage: str) -> None:
    assert lengthen(f"{ROOT};Lineage={lineage}", "f") == lengthen(ROOT, "f")


def test_a_long_chain_forgets_who_was_longest_ago_and_stays_a_trace_header() -> None:
    header = run(ROOT, *(f"function-{number}" for number in range(40)))
    assert not has_run(header, "function-0")
    assert has_run(header, "function-39")
    assert TraceHeader.parse(header) is not None
