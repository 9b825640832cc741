"""The headline of a report: its verdict as a whole, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from edgekit.measure.verdicts import FAILED, INCONCLUSIVE, PASSED, Outcome
from edgekit.report.figures import clean, limit, listed, measured_against, measured_interval, plural, shorten
from edgekit.report.summary import Summary, VerdictRow

# budgets that a headline names; the table of verdicts has all of them
_NAMED = 2


@dataclass(frozen=True)
class Headline:
    """outcome: the mark it wears; word: in one word; title: in a sentence; counts: budgets of each outcome."""

    outcome: Outcome
    word: str
    title: str
    aside: str
    counts: tuple[tuple[Outcome, int], ...]

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        return f"{self.word}. {self.title}." + (f" {self.aside}." if self.aside else "")


def headline(summary: Summary) -> Headline:
    """What the exit code and the verdicts come to; it follows the exit code and judges nothing itself."""
    gated = [row for row in summary.verdicts if row.verdict.budget.gate]
    outcomes = [row.verdict.outcome for row in summary.verdicts]
    counts = tuple((outcome, outcomes.count(outcome)) for outcome in get_args(Outcome) if outcome in outcomes)
    outcome, word, title = _words(summary.exit_code, gated)
    return Headline(outcome, word, title, _aside(summary.verdicts), counts)


def _words(code: int, gated: list[VerdictRow]) -> tuple[Outcome, str, str]:
    whole = len(gated)
    if code == PASSED and not whole:
        return "unmeasured", "Done", "Everything ran, and no budget was set"
    if code == PASSED:
        return "pass", "Pass", f"All {whole} budgets pass" if whole > 1 else "The budget passes"
    if code == FAILED:
        return "fail", "Fail", _named([row for row in gated if row.verdict.outcome == "fail"])
    if code == INCONCLUSIVE:
        if not whole:
            return "unmeasured", "Not proven", "No budget gates this run"
        return "inconclusive", "Not proven", _named([row for row in gated if row.verdict.outcome != "pass"])
    return "fail", "Not finished", f"The run ended with exit code {code}"


def _named(rows: Sequence[VerdictRow]) -> str:
    """The first budgets, each with its figure and limit; bundles of which the same is to be said stand together.

    As `Size of onnx: 5.00 MB, at most 4 MB`.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((*_about(row), _finding(row)), []).append(shorten(clean(row.bundle), 40))
    said = [f"{what} of {_joined(names)}{where}: {found}" for (what, where, found), names in groups.items()]
    more = len(said) - _NAMED
    text = "; ".join(said[:_NAMED]) + (f"; and {plural(more, 'more budget')}" if more > 0 else "")
    return text[:1].upper() + text[1:]


def _about(row: VerdictRow) -> tuple[str, str]:
    """What is judged, and where it is to hold; the names of bundles stand between."""
    budget = row.verdict.budget
    label = f" ({shorten(clean(budget.label), 24)})" if budget.label else ""
    where = f" on {shorten(clean(budget.target), 24)}" if row.metric.source.on_device and budget.target else ""
    length = f", length {budget.length}" if budget.length else ""
    return f"{row.metric.title}{label}", f"{where}{length}"


def _finding(row: VerdictRow) -> str:
    figure = measured_against(row)
    interval = measured_interval(row) if row.verdict.outcome == "inconclusive" else ""
    return listed([f"{figure} ({interval})" if interval else figure, limit(row.verdict.budget)])


def _joined(names: Sequence[str]) -> str:
    *others, last = dict.fromkeys(names)
    return f"{', '.join(others)} and {last}" if others else last


def _aside(rows: Sequence[VerdictRow]) -> str:
    """How many budgets are shown without gating, and what those come to that do not pass."""
    free = [row for row in rows if not row.verdict.budget.gate]
    if not free:
        return ""
    shown = f"{plural(len(free), 'budget')} shown without gating"
    open_ones = Counter(row.verdict.outcome for row in free if row.verdict.outcome != "pass")
    found = [f"{outcome}" if count == len(free) else f"{count} {outcome}" for outcome, count in open_ones.items()]
    return f"{shown}: {', '.join(found)}" if found else shown
