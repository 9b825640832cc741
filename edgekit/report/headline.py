"""The headline of a report: its verdict as a whole, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from edgekit.measure.verdicts import FAILED, INCONCLUSIVE, PASSED, Outcome
from edgekit.report.figures import plural
from edgekit.report.summary import Summary


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
    gated = [row.verdict.outcome for row in summary.verdicts if row.verdict.budget.gate]
    free = len(summary.verdicts) - len(gated)
    aside = f"{plural(free, 'budget')} shown without gating" if free else ""
    outcomes = [row.verdict.outcome for row in summary.verdicts]
    counts = tuple((outcome, outcomes.count(outcome)) for outcome in get_args(Outcome) if outcome in outcomes)
    outcome, word, title = _words(summary.exit_code, gated)
    return Headline(outcome, word, title, aside, counts)


def _words(code: int, gated: list[Outcome]) -> tuple[Outcome, str, str]:
    whole = len(gated)
    if code == PASSED and not whole:
        return "unmeasured", "Done", "Everything ran, and no budget was set"
    if code == PASSED:
        return "pass", "Pass", f"All {whole} budgets pass" if whole > 1 else "The budget passes"
    if code == FAILED:
        failed = gated.count("fail")
        return "fail", "Fail", f"{failed} of {plural(whole, 'budget')} {'fails' if failed == 1 else 'fail'}"
    if code == INCONCLUSIVE:
        if not whole:
            return "unmeasured", "Not proven", "No budget gates this run"
        return "inconclusive", "Not proven", f"{whole - gated.count('pass')} of {plural(whole, 'budget')} not decided"
    return "fail", "Not finished", f"The run ended with exit code {code}"
