"""How honest the 95 % intervals are: simulated measurements with known truths, counted.

    .venv/bin/python scripts/bench_intervals.py            # some twenty minutes on two cores; goes on where it stopped
    .venv/bin/python scripts/bench_intervals.py --quick    # a tenth of the runs, printed and not kept

Of each kind of samples and number of them: how often there is no interval, how often the others hold the truth (95 %
is meant), and how often a limit 2 % below the truth would pass, which is false. The plain bootstrap (Efron 1979)
stands beside the percentiles for contrast.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from interval_figures import FIGURES, Figure
from interval_processes import PROCESSES, Array, Process

from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.percentiles import percentile_interval

OUT = Path(__file__).parent / "results" / "intervals.json"
RUNS = 2000
SIZES = (60, 200, 1000, 2000, 20_000)
# samples of several measurements that are held at once
_AT_ONCE = 4_000_000
LEVEL = 95
BELOW, ABOVE = 0.98, 1.05
_POWER_AT = 2000
_BOOTSTRAP_AT = 1000
# where fewer runs than 1 in 50 have an interval, their coverage says nothing
_HARDLY_ANY = 98


@dataclass
class Tally:
    """Intervals counted against the truth; a limit that a figure must not exceed is checked against them."""

    runs: int = 0
    none: int = 0
    held: int = 0
    too_low: int = 0
    too_high: int = 0
    false_pass: int = 0
    right_pass: int = 0

    def add(self, found: Estimate, truth: float) -> None:
        """Count one."""
        self.runs += 1
        self.none += bool(found.doubt)
        if not found.doubt:
            self.held += found.low <= truth <= found.high
            self.too_low += found.high < truth
            self.too_high += found.low > truth
        self.false_pass += found.high <= BELOW * truth
        self.right_pass += found.high <= ABOVE * truth

    def shares(self) -> dict[str, float | int]:
        """In %: of all runs, but what is held and missed of those with an interval."""
        given = max(self.runs - self.none, 1)
        of_given = {"coverage": self.held, "too_low": self.too_low, "too_high": self.too_high}
        of_all = {"none": self.none, "false_pass": self.false_pass, "right_pass": self.right_pass}
        return {
            "runs": self.runs,
            **{name: round(100 * count / given, 1) for name, count in of_given.items()},
            **{name: round(100 * count / max(self.runs, 1), 1) for name, count in of_all.items()},
        }


def main() -> None:
    """Simulate what the results lack, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a tenth of the runs, not kept")
    parser.add_argument("--again", action="store_true", help="simulate anew what the results hold")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    rows = [] if given.quick or given.again or not given.out.exists() else json.loads(given.out.read_text())
    known = {(row["kind"], row["name"], row["of"]) for row in rows}
    for row in _simulated(RUNS // 10 if given.quick else RUNS, known):
        rows.append(row)
        if not given.quick:
            given.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(percentiles_table(rows), figures_table(rows), sep="\n\n")


def _simulated(runs: int, known: set[tuple[str, str, int | str]]) -> Iterator[dict[str, Any]]:
    for process in PROCESSES:
        for count in SIZES:
            if ("percentile", process.name, count) not in known:
                yield {"kind": "percentile", "name": process.name, "of": count, **_percentile(process, count, runs)}
    for figure in FIGURES:
        if ("figure", figure.name, figure.evidence) not in known:
            row = {"kind": "figure", "name": figure.name, "of": figure.evidence}
            yield row | _figure(figure, runs // figure.cost)


def _percentile(process: Process, count: int, runs: int) -> dict[str, Any]:
    tally, bootstrap = Tally(), Tally()
    truth = process.quantile(LEVEL / 100)
    generator = np.random.default_rng(7)
    while runs > 0:
        now = min(runs, max(1, _AT_ONCE // count))
        runs -= now
        times = process.draw(generator, now, count)
        times = times[process.met(times)] if process.met else times
        each = times.shape[1] // process.processes
        for row in times:
            processes = (each,) * process.processes if process.processes > 1 else ()
            tally.add(percentile_interval(row, LEVEL, processes=processes), truth)
            if count == _BOOTSTRAP_AT:
                bootstrap.add(_bootstrap(row, generator), truth)
    return tally.shares() | ({"bootstrap": bootstrap.shares()} if bootstrap.runs else {})


def _bootstrap(times: Array, generator: np.random.Generator) -> Estimate:
    """The middle 95 % of the percentiles of 1,000 resamples: sorted samples, at the k-th of n uniform places."""
    order = np.sort(times)
    place = math.floor((len(order) - 1) * LEVEL / 100)
    drawn = (generator.beta(place + 1, len(order) - place, 1000) * len(order)).astype(int)
    low, high = np.percentile(order[np.minimum(drawn, len(order) - 1)], (2.5, 97.5))
    return Estimate(float(order[place]), float(low), float(high))


def _figure(figure: Figure, runs: int) -> dict[str, Any]:
    tally = Tally()
    generator = np.random.default_rng(7)
    truth = figure.truth()
    for _ in range(runs):
        tally.add(figure.estimate(generator), truth)
    return tally.shares()


def percentiles_table(rows: list[dict[str, Any]]) -> str:
    """For each kind of samples: false passes, coverage and missing intervals by the number of samples."""
    found = {(row["name"], row["of"]): row for row in rows if row["kind"] == "percentile"}
    heads = ["samples", *(f"n = {count:,}" for count in SIZES), f"passes 5 % above, n = {_POWER_AT:,}"]
    heads.append(f"bootstrap, n = {_BOOTSTRAP_AT:,}")
    lines = [f"| {' | '.join(heads)} |", "|---|" + "--:|" * (len(heads) - 1)]
    for name in dict.fromkeys(name for name, _ in found):
        cells = [_cell(found.get((name, count))) for count in SIZES]
        power, plain = found.get((name, _POWER_AT)), found.get((name, _BOOTSTRAP_AT))
        cells.append(f"{power['right_pass']:.0f}" if power else "")
        cells.append(_cell(plain["bootstrap"], none=False) if plain and plain.get("bootstrap") else "")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: dict[str, Any] | None, *, none: bool = True) -> str:
    """`0.3, 97.1, 12`: false passes, coverage, and where wanted missing intervals, in %."""
    if not row or not row["runs"]:
        return ""
    coverage = f"{row['coverage']:.1f}" if row["none"] < _HARDLY_ANY else "–"
    return f"{row['false_pass']:.1f}, {coverage}" + (f", {row['none']:.0f}" if none else "")


def figures_table(rows: list[dict[str, Any]]) -> str:
    """For each other figure: how often there is none, and how often the interval holds the truth or misses it."""
    lines = [
        "| figure | of | no interval | holds the truth | all below it | all above it |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for row in rows:
        if row["kind"] == "figure":
            cells = [f"{row[name]:.1f}" for name in ("none", "coverage", "too_low", "too_high")]
            lines.append(f"| {row['name']} | {row['of']} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
