"""From budgets and what is known of a bundle to verdicts, and from verdicts to an exit code; nothing is read here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from edgekit.errors import UsageError
from edgekit.measure.evidence import EXACT, Basis, Case, Evidence, Missing, Question
from edgekit.measure.metric import Metric
from edgekit.measure.metrics import check_task, metric_of
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.budget import Budget
from edgekit.schema.target import Target

Outcome = Literal["pass", "fail", "inconclusive", "unmeasured"]

PASSED, FAILED, INCONCLUSIVE = 0, 1, 3
# of several cases, and of several verdicts, the one counts that stands first here
WORST_FIRST: tuple[Outcome, ...] = ("fail", "unmeasured", "inconclusive", "pass")


@dataclass(frozen=True)
class Verdict:
    """What became of a budget.

    measured, low, high: in the unit of the metric; None where nothing was measured, or where there is no bound
    conditions: what the figure holds for, in words
    basis:      how much it rests on
    notes:      what a reader should know of it, which decides nothing
    """

    budget: Budget
    measured: float | None
    low: float | None
    high: float | None
    outcome: Outcome
    reason: str
    advice: str = ""
    conditions: str = ""
    basis: Basis = EXACT
    notes: tuple[str, ...] = ()


def verdict_on(question: Question, evidence: Evidence) -> Verdict:
    """Judge a budget by every case that was measured: each by its own interval, and the worst verdict counts.

    Raises `UsageError` for a metric of another task, or where nothing says which of several evaluations counts.
    """
    budget, manifest = question.budget, evidence.manifest
    check_task(budget, manifest.task)
    if budget.format not in (None, manifest.format):
        reason = f"the budget is for {budget.format}, and this bundle is {manifest.format}"
        advice = f"check the {budget.format} bundle against it, or leave format out"
        return unmeasured(budget, reason, advice=advice, conditions=f"format {budget.format}")
    if unfit := _cannot_run(question.target, evidence):
        return unmeasured(budget, unfit, conditions=question.target.name)
    metric = metric_of(budget)
    found = metric.source.cases(evidence, question)
    if isinstance(found, Missing):
        return unmeasured(budget, found.reason, advice=found.advice, conditions=found.conditions)
    return _worst(metric, [(case, _judge_case(metric, budget, case)) for case in found])


def judge(metric: Metric, limit: float, figure: Estimate) -> Outcome:
    """Compare a figure with its interval to a limit.

    `pass` when the whole interval keeps the limit, a limit met exactly included; `fail` when none of it does;
    `inconclusive` in between. Raises `ValueError` for an interval that is upside down, or no number.
    """
    if not figure.low <= figure.value <= figure.high:
        raise ValueError(f"{figure.value} does not lie between {figure.low} and {figure.high}")
    best, worst = (figure.low, figure.high) if metric.better == "lower" else (figure.high, figure.low)
    if metric.keeps(limit, worst):
        return "pass"
    return "inconclusive" if metric.keeps(limit, best) else "fail"


def decide(budget: Budget, figure: Estimate, conditions: str = "") -> Verdict:
    """The verdict on a figure that stands for itself."""
    return _judge_case(metric_of(budget), budget, Case(figure, conditions))


def unmeasured(budget: Budget, reason: str, *, advice: str = "", conditions: str = "") -> Verdict:
    """The verdict on a budget that nothing was measured for."""
    return Verdict(budget, None, None, None, "unmeasured", reason, advice, conditions)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """0 when every gated budget passed, 1 when one failed, else 3; 3 as well when no budget gates anything.

    A run without any budget has nothing to decide, and does not ask.
    """
    outcomes = [verdict.outcome for verdict in verdicts if verdict.budget.gate]
    if "fail" in outcomes:
        return FAILED
    if not outcomes or set(outcomes) != {"pass"}:
        return INCONCLUSIVE
    return PASSED


def _cannot_run(target: Target, evidence: Evidence) -> str:
    """Why no runtime of the target executes this bundle correctly; nothing where one does."""
    manifest = evidence.manifest
    try:
        target.runtime_for(manifest.format, manifest.scheme)
    except UsageError as error:
        return error.message
    return ""


def _judge_case(metric: Metric, budget: Budget, case: Case) -> Verdict:
    figure = case.figure
    outcome = judge(metric, budget.limit, figure)
    reason = _reason(metric, budget.limit, figure, outcome)
    if case.doubts:
        outcome, reason = "inconclusive", f"{_figure(metric, budget.limit, figure)}, but {'; '.join(case.doubts)}"
    advice = case.advice if outcome == "inconclusive" else ""
    low, high = _finite(figure.low), _finite(figure.high)
    return Verdict(budget, figure.value, low, high, outcome, reason, advice, case.conditions, case.basis, case.notes)


def _worst(metric: Metric, judged: list[tuple[Case, Verdict]]) -> Verdict:
    """The worst of the verdicts, and of equal ones that of the worst bound; it says how many cases there were."""
    verdicts = [verdict for _, verdict in judged]
    outcome = min((verdict.outcome for verdict in verdicts), key=WORST_FIRST.index)
    alike = [verdict for verdict in verdicts if verdict.outcome == outcome]
    worst = max(alike, key=lambda verdict: _worst_bound(metric, verdict))
    if len(verdicts) == 1:
        return worst
    # a note on several cases stands once
    notes = {note: None for verdict in verdicts for note in verdict.notes}
    better = [case.named for case, verdict in judged if verdict.outcome != outcome and case.named]
    if better and outcome != "pass":
        other = f"or name the case that is meant, as {worst.budget.metric}={worst.budget.limit:g},{better[0]}"
        worst = replace(worst, advice=f"{worst.advice}; {other}" if worst.advice else other.removeprefix("or "))
    conditions = f"{worst.conditions} (the worst of {len(verdicts)} cases)"
    return replace(worst, conditions=conditions, notes=tuple(notes))


def _worst_bound(metric: Metric, verdict: Verdict) -> float:
    if metric.better == "lower":
        return math.inf if verdict.high is None else verdict.high
    return math.inf if verdict.low is None else -verdict.low


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _reason(metric: Metric, limit: float, figure: Estimate, outcome: Outcome) -> str:
    sentence = _figure(metric, limit, figure)
    if outcome == "fail":
        side = "over" if metric.better == "lower" else "under"
        return f"{sentence}: {side} by {_rounded(abs(figure.value - limit), 3)} {metric.by_points}".rstrip()
    if outcome == "inconclusive":
        return f"{sentence}: the limit lies inside the interval"
    return sentence


def _figure(metric: Metric, limit: float, figure: Estimate) -> str:
    """The figure with its interval, against the limit."""
    known = f"{_rounded(figure.value, 4)} {metric.unit}".rstrip()
    low, high = (_rounded(bound, 4) if math.isfinite(bound) else "" for bound in (figure.low, figure.high))
    if low and high and figure.low != figure.high:
        known += f" ({low} to {high})"
    elif not (low and high):
        known += f" (at least {low})" if low else f" (at most {high})" if high else " (no bound)"
    return f"{known} against {_rounded(limit, 4)} {metric.unit}".rstrip()


def _rounded(value: float, digits: int) -> str:
    """So many digits of a figure, and no power of ten where it is large."""
    return f"{float(f'{value:.{digits}g}'):,.10g}"
