"""From a budget and a figure with its interval to a verdict, and from verdicts to an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from edgekit.spec.budget import Budget

Outcome = Literal["pass", "fail", "inconclusive", "unmeasured"]

PASSED, FAILED, UNDECIDED = 0, 1, 3


@dataclass(frozen=True)
class Verdict:
    """What became of a budget. Figures are in the unit of the budget's metric; None where nothing was measured."""

    budget: Budget
    measured: float | None
    low: float | None
    high: float | None
    outcome: Outcome
    reason: str
    advice: str = ""


def judge(budget: Budget, measured: float | None, low: float | None = None, high: float | None = None) -> Outcome:
    """Hold a figure with its interval against a budget; a figure without an interval is exact.

    `pass` when the whole interval keeps the limit, a limit met exactly included; `fail` when none of it does;
    `inconclusive` in between; `unmeasured` without a figure.
    """
    if measured is None:
        return "unmeasured"
    low = measured if low is None else low
    high = measured if high is None else high
    if low > high:
        raise ValueError(f"the interval {low} to {high} is upside down")
    best, worst = (low, high) if budget.kind.better == "lower" else (high, low)
    if _keeps(budget, worst):
        return "pass"
    return "inconclusive" if _keeps(budget, best) else "fail"


def decide(
    budget: Budget, measured: float, low: float | None = None, high: float | None = None, *, advice: str = ""
) -> Verdict:
    """The verdict on a figure, with its reason in words."""
    outcome = judge(budget, measured, low, high)
    low = measured if low is None else low
    high = measured if high is None else high
    return Verdict(budget, measured, low, high, outcome, _reason(budget, measured, low, high, outcome), advice)


def unmeasured(budget: Budget, reason: str, *, advice: str = "") -> Verdict:
    """The verdict on a budget that nothing was measured for."""
    return Verdict(budget, None, None, None, "unmeasured", reason, advice)


def doubted(verdict: Verdict, reason: str, *, advice: str = "") -> Verdict:
    """A verdict that cannot be relied on, for `reason`: inconclusive, whatever the figure says."""
    return replace(verdict, outcome="inconclusive", reason=f"{verdict.reason}, but {reason}", advice=advice)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """0 when every gated budget passed, 1 when one failed, else 3; 3 as well when no budget gates anything.

    A run without any budget has nothing to decide, and does not ask.
    """
    outcomes = [verdict.outcome for verdict in verdicts if verdict.budget.gate]
    if "fail" in outcomes:
        return FAILED
    if not outcomes or set(outcomes) != {"pass"}:
        return UNDECIDED
    return PASSED


def _keeps(budget: Budget, value: float) -> bool:
    return value <= budget.limit if budget.kind.better == "lower" else value >= budget.limit


def _reason(budget: Budget, measured: float, low: float, high: float, outcome: Outcome) -> str:
    unit = budget.kind.unit
    figure = f"{_rounded(measured, 4)} {unit}"
    if low != high:
        figure += f" ({_rounded(low, 4)} to {_rounded(high, 4)})"
    sentence = f"{figure} against {_rounded(budget.limit, 4)} {unit}"
    if outcome == "fail":
        side = "over" if budget.kind.better == "lower" else "under"
        # the difference of two percentages is no percentage of either
        by = _rounded(abs(measured - budget.limit), 3)
        return f"{sentence}: {side} by {by} {'points' if unit == '%' else unit}"
    if outcome == "inconclusive":
        return f"{sentence}: the limit lies inside the interval"
    return sentence


def _rounded(value: float, digits: int) -> str:
    """So many digits of a figure, and no power of ten where it is large."""
    return f"{float(f'{value:.{digits}g}'):,.10g}"
