"""From samples to a table: medians, spread, and the ratio to the reference of the same run."""

import json
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

Figures = Mapping[str, float]
"""What one probe measured in one round, by name."""

_RATIOS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a figure of ours against a figure of a bare reference."""

    title: str
    unit: str
    ours: tuple[str, str]
    """A probe's name and one of its figures."""
    reference: tuple[str, str] | None
    """The same; None where the goal is a plain number."""
    goal: str
    """How the ratio, or the figure, has to compare: `>= 0.6`."""

    def is_reached(self, value: float) -> bool:
        """Tell whether a ratio is what the goal asks for."""
        sign, _, bound = self.goal.partition(" ")
        return value >= float(bound) if sign == ">=" else value <= float(bound)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A row with its figures of all rounds."""

    row: Row
    ours: Sequence[float]
    reference: Sequence[float]
    ratios: Sequence[float]
    """Compared round by round, so that a slow minute of the machine hits both sides; the figures
    themselves where there is no reference."""
    cpu_ratios: Sequence[float]
    """The same of rates a second of the servers' CPU: what they are with a core to themselves.
    Empty where one of the two was not watched."""


def compare(rows: Sequence[Row], rounds: Sequence[Mapping[str, Figures]]) -> list[Outcome]:
    """Collect the figures of each row; a round in which a probe failed has none."""
    return [_compare_one(row, rounds) for row in rows]


def _compare_one(row: Row, rounds: Sequence[Mapping[str, Figures]]) -> Outcome:
    ours = [_find(row.ours, found) for found in rounds]
    reference = [_find(row.reference, found) if row.reference else None for found in rounds]
    pairs = zip(ours, reference, strict=True)
    figures = [figure for figure in ours if figure is not None]
    ratios = [mine / bare for mine, bare in pairs if mine is not None and bare]
    return Outcome(
        row=row,
        ours=figures,
        reference=[figure for figure in reference if figure is not None],
        ratios=ratios if row.reference else figures,
        cpu_ratios=_compare_cpu(row, rounds),
    )


def _compare_cpu(row: Row, rounds: Sequence[Mapping[str, Figures]]) -> list[float]:
    if row.reference is None or {row.ours[1], row.reference[1]} != {"rate"}:
        return []
    probes = row.ours[0], row.reference[0]
    pairs = [[_find((probe, "cpu_us"), found) for probe in probes] for found in rounds]
    return [bare / mine for mine, bare in pairs if mine and bare]


def _find(place: tuple[str, str], found: Mapping[str, Figures]) -> float | None:
    probe, figure = place
    return found.get(probe, {}).get(figure)


def print_table(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print medians with their spread; nothing fails, a goal that is missed is only said."""
    table = Table("what", "ours", "reference", "ratio", "by CPU", "goal", box=None, pad_edge=False)
    for outcome in outcomes:
        row, ratios = outcome.row, outcome.ratios
        reached = "" if not ratios else "yes" if _median_reaches(row, ratios) else "no"
        table.add_row(
            row.title,
            _spread(outcome.ours, row.unit),
            _spread(outcome.reference, row.unit),
            _spread(ratios, "") if row.reference else "",
            _spread(outcome.cpu_ratios, "") if outcome.cpu_ratios else "",
            f"{row.goal}  {reached}",
        )
    console.print(table)


def _median_reaches(row: Row, ratios: Sequence[float]) -> bool:
    return row.is_reached(statistics.median(ratios))


def _spread(figures: Sequence[float], unit: str) -> str:
    if not figures:
        return "-"
    text = _number(statistics.median(figures))
    if len(figures) >= _RATIOS_MIN:
        text += f" ({_number(min(figures))} to {_number(max(figures))})"
    return f"{text} {unit}".rstrip()


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def save(outcomes: Sequence[Outcome], rounds: Sequence[Mapping[str, Figures]], file: Path) -> None:
    """Write everything that was measured, for charts and for comparing runs."""
    document = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
        "rows": [
            {
                "title": outcome.row.title,
                "unit": outcome.row.unit,
                "goal": outcome.row.goal,
                "ours": list(outcome.ours),
                "reference": list(outcome.reference),
                "ratios": outcome.ratios,
                "cpu_ratios": outcome.cpu_ratios,
            }
            for outcome in outcomes
        ],
        "rounds": list(rounds),
    }
    file.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
