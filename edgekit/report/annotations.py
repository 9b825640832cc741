"""Verdicts as annotations of GitHub Actions: lines that its runner shows beside the job and on the pull request."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.report import figures
from edgekit.report.figures import clean
from edgekit.report.summary import VerdictRow

UNDECIDED = "UNDECIDED"


def github_annotations(rows: Sequence[VerdictRow], *, inconclusive_ok: bool = False) -> list[str]:
    """A line for each budget that did not pass: an error where it decides, a warning where it does not.

    inconclusive_ok: what is inconclusive or unmeasured is a warning as well, that says so
    """
    return [_annotation(row, inconclusive_ok) for row in rows if row.verdict.outcome != "pass"]


def _annotation(row: VerdictRow, inconclusive_ok: bool) -> str:
    verdict = row.verdict
    neutral = verdict.outcome != "fail" and inconclusive_ok
    level = "warning" if neutral or not verdict.budget.gate else "error"
    word = f"{UNDECIDED}, {figures.word(row)}" if neutral else figures.word(row)
    title = _escaped(f"{word}: {verdict.budget.text}").replace(":", "%3A").replace(",", "%2C")
    message = ". ".join(filter(None, (f"{row.bundle}: {verdict.reason}", verdict.advice)))
    return f"::{level} title={title}::{_escaped(message)}"


def _escaped(text: str) -> str:
    """Text on one line, as the runner reads it: `%` would begin an escape of its own."""
    return clean(text).replace("%", "%25")
