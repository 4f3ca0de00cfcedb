import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.results import Row, compare, print_table, save

_FASTER = Row("echo", "/s", ("ours", "rate"), ("bare", "rate"), ">= 0.6")
_SMALLER = Row("memory", "KB", ("ours", "kilobytes"), None, "<= 4")
_ROUNDS = [
    {"ours": {"rate": 700.0, "kilobytes": 3.0}, "bare": {"rate": 1000.0}},
    {"ours": {"rate": 300.0, "kilobytes": 5.0}, "bare": {"rate": 500.0}},
    {"bare": {"rate": 900.0}},
]


def _print(*rows: Row) -> list[str]:
    text = io.StringIO()
    print_table(compare(rows, _ROUNDS), Console(file=text, width=120))
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


def test_ratios_are_those_of_the_same_round() -> None:
    (outcome,) = compare([_FASTER], _ROUNDS[:2])
    assert outcome.ratios == [0.7, 0.6]


def test_a_round_that_failed_is_compared_with_nothing() -> None:
    rounds = [{"bare": {"rate": 1.0}}, _ROUNDS[0]]
    (outcome,) = compare([_FASTER], rounds)
    assert outcome.ratios == [0.7]


def test_the_table_shows_medians_spread_and_whether_the_goal_is_reached() -> None:
    assert _print(_FASTER)[1] == (
        "echo 500 (300 to 700) /s 900 (500 to 1,000) /s 0.65 (0.6 to 0.7) >= 0.6 yes"
    )


def test_rates_are_compared_by_the_cpu_of_both_servers_too() -> None:
    rounds = [{"ours": {"rate": 1.0, "cpu_us": 20.0}, "bare": {"rate": 9.0, "cpu_us": 15.0}}]
    (outcome,) = compare([_FASTER], rounds)
    assert outcome.cpu_ratios == [0.75]
    unwatched = [{"ours": {"rate": 1.0, "cpu_us": 0.0}, "bare": {"rate": 9.0, "cpu_us": 15.0}}]
    assert compare([_FASTER, _SMALLER], unwatched)[0].cpu_ratios == []


def test_a_goal_without_reference_is_about_the_figure_itself() -> None:
    assert _print(_SMALLER)[1] == "memory 4 (3 to 5) KB - <= 4 yes"


def test_what_was_not_measured_reaches_nothing() -> None:
    (outcome,) = compare([Row("x", "/s", ("absent", "rate"), ("bare", "rate"), ">= 1")], _ROUNDS)
    assert outcome.ratios == []


@pytest.mark.parametrize(("value", "is_reached"), [(4.0, True), (4.1, False)])
def test_a_bound_may_be_met_exactly(value: float, *, is_reached: bool) -> None:
    assert _SMALLER.is_reached(value) is is_reached


def test_everything_measured_is_saved(tmp_path: Path) -> None:
    save(compare([_FASTER], _ROUNDS), _ROUNDS, tmp_path / "run.json")
    saved = json.loads((tmp_path / "run.json").read_text())
    assert saved["rounds"] == _ROUNDS
    assert saved["rows"][0]["title"] == "echo"
