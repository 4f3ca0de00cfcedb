"""The chart of a run: each ratio as a bar on a logarithmic scale, with its spread and its goal."""

import math
import statistics
from collections.abc import Sequence
from html import escape
from typing import Final

from benchmarks.results import Outcome

_WIDTH: Final = 860
_LABEL_WIDTH: Final = 330
_ROW_HEIGHT: Final = 26
_TOP: Final = 34
_RATIO_MIN: Final = 0.01
_RATIO_MAX: Final = 100.0
_TICKS: Final = (0.01, 0.1, 1.0, 10.0, 100.0)
_REACHED, _MISSED, _INK, _FAINT = "#2f7d5b", "#b4562f", "#222", "#bbb"


def draw(outcomes: Sequence[Outcome]) -> str:
    """Draw the rows that have a reference, as SVG; the goal is the short vertical line."""
    shown = [outcome for outcome in outcomes if outcome.row.reference and outcome.ratios]
    height = _TOP + _ROW_HEIGHT * len(shown) + 10
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12" fill="{_INK}">'
    )
    parts = [
        head,
        "<title>Routekey beside bare references: ratio of the same run</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        *(_tick(ratio, height) for ratio in _TICKS),
        *(_bar(outcome, _TOP + _ROW_HEIGHT * row) for row, outcome in enumerate(shown)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _tick(ratio: float, height: int) -> str:
    x = _place(ratio)
    return (
        f'<line x1="{x}" x2="{x}" y1="22" y2="{height - 6}" stroke="{_FAINT}"/>'
        f'<text x="{x}" y="16" text-anchor="middle">{ratio:g}</text>'
    )


def _bar(outcome: Outcome, top: int) -> str:
    row, ratio = outcome.row, statistics.median(outcome.ratios)
    one, end, goal = _place(1.0), _place(ratio), _place(float(row.goal.partition(" ")[2]))
    low, high = _place(min(outcome.ratios)), _place(max(outcome.ratios))
    middle = top + _ROW_HEIGHT / 2
    colour = _REACHED if row.is_reached(ratio) else _MISSED
    return (
        f'<text x="{_LABEL_WIDTH - 10}" y="{middle + 4}" text-anchor="end">'
        f"{escape(row.title)}</text>"
        f'<rect x="{min(one, end)}" y="{top + 5}" width="{max(abs(end - one), 1.5):.1f}" '
        f'height="{_ROW_HEIGHT - 10}" fill="{colour}"/>'
        f'<line x1="{low}" x2="{high}" y1="{middle}" y2="{middle}" stroke="{_INK}"/>'
        f'<line x1="{goal}" x2="{goal}" y1="{top + 2}" y2="{top + _ROW_HEIGHT - 2}" '
        f'stroke="{_INK}" stroke-width="2"/>'
        f'<text x="{_WIDTH - 8}" y="{middle + 4}" text-anchor="end">{ratio:.2g}</text>'
    )


def _place(ratio: float) -> float:
    """Find the x of a ratio; what lies outside the scale is drawn at its edge."""
    bounded = min(max(ratio, _RATIO_MIN), _RATIO_MAX)
    share = math.log(bounded / _RATIO_MIN) / math.log(_RATIO_MAX / _RATIO_MIN)
    return round(_LABEL_WIDTH + share * (_WIDTH - _LABEL_WIDTH - 60), 1)
