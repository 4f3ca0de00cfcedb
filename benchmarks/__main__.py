"""`scripts/bench`: measure, print the table, save the figures."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.charts import draw
from benchmarks.machine import BenchmarkError
from benchmarks.peers import PEERS, probes_of, rows_of
from benchmarks.probes import FULL, QUICK
from benchmarks.results import Figures, compare, print_table, save
from benchmarks.table import PROBES, ROWS

_ROUNDS = 3


def main(arguments: Sequence[str]) -> int:
    """Measure what the arguments say; a goal that is missed fails nothing."""
    options = _read_options(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    effort = QUICK if options.quick else FULL
    probes = {**PROBES, **probes_of(options.peer)}
    wanted = [row for row in (*ROWS, *rows_of(options.peer)) if options.only in row.title]
    places = [place for row in wanted for place in (row.ours, row.reference) if place]
    rounds: list[dict[str, Figures]] = []
    for number in range(1, (1 if options.quick else options.rounds) + 1):
        rounds.append({})
        for name, probe in probes.items():
            if name not in {probe_name for probe_name, _ in places}:
                continue
            console.print(f"round {number}: {name}", style="dim")
            try:
                rounds[-1][name] = probe(effort)
            except BenchmarkError as error:
                console.print(f"  not measured: {error}", style="yellow", markup=False)
    outcomes = compare(wanted, rounds)
    print_table(outcomes, console)
    if options.json:
        save(outcomes, rounds, options.json)
    if options.chart:
        options.chart.write_text(draw(outcomes), encoding="utf-8")
    return 0


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, for CI")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="default: %(default)s")
    parser.add_argument("--only", default="", help="rows whose title holds this text")
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        choices=PEERS,
        help="measure this program too; it is installed outside the project (may be repeated)",
    )
    parser.add_argument("--json", type=Path, help="save all figures in this file")
    parser.add_argument("--chart", type=Path, help="draw the ratios in this file, as SVG")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
