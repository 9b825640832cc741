"""What a metric is: unit, direction, the limits and conditions it takes, and where its figures come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from edgekit.errors import UsageError
from edgekit.measure.evidence import Cases, Evidence, Question
from edgekit.schema.budget import Budget
from edgekit.tasks.problem_type import ProblemType
from edgekit.tasks.task import Figures, Task


class CaseSource(Protocol):
    """Where the figures of a metric come from.

    conditions, required: of a budget, that it takes and that it must have
    on_device:            whether only a device can tell
    """

    @property
    def conditions(self) -> frozenset[str]:
        """The conditions that a budget may give."""

    @property
    def required(self) -> frozenset[str]:
        """Those that it must give."""

    @property
    def on_device(self) -> bool:
        """Whether only a device can tell."""

    def cases(self, evidence: Evidence, question: Question) -> Cases:
        """Every measured case that the question asks about."""


@dataclass(frozen=True)
class LimitRange:
    """Which limits decide anything: above `lowest` and below `highest`, which no interval of sampled rows reaches.

    percent: shares of 100, which people also write as shares of 1
    """

    lowest: float
    highest: float = float("inf")
    percent: bool = False


@dataclass(frozen=True)
class Metric:
    """One metric.

    about:   says in a few words what it is, for help and README
    figures: those of a task that it is computed from; None for one that the models of every task have
    problems: what the logits of classifiers that have it may mean; None for anything
    """

    name: str
    title: str
    unit: str
    better: Literal["lower", "higher"]
    about: str
    figures: Figures | None
    limits: LimitRange
    source: CaseSource
    problems: frozenset[ProblemType] | None = None

    def is_of(self, task: Task) -> bool:
        """Whether models of a task have this metric."""
        return self.figures is None or self.figures in task.figures

    def is_of_problem(self, problem: ProblemType) -> bool:
        """Whether classifiers of a problem type have this metric."""
        return self.problems is None or problem in self.problems

    def keeps(self, limit: float, figure: float) -> bool:
        """Whether a figure keeps a limit; one that meets it exactly does."""
        return figure <= limit if self.better == "lower" else figure >= limit

    def check(self, budget: Budget) -> None:
        """Raise `UsageError` for conditions that it does not take or that are lacking, and limits that decide nothing.

        Such limits can never fail or never pass, or are a share of 1 where a percentage is meant.
        """
        takes = self.source.conditions
        if unknown := sorted(set(budget.conditions) - takes):
            raise UsageError(
                f"budget {budget.text}: {self.name} does not depend on {' or '.join(unknown)}",
                advice=_suggested_condition(self, unknown) or f"it takes {', '.join(sorted(takes))}",
            )
        if lacking := sorted(self.source.required - set(budget.conditions)):
            raise UsageError(f"budget {budget.text}: {self.name} needs {lacking[0]}=NAME, the class that is meant")
        _check_limit(budget, self)

    @property
    def by_points(self) -> str:
        """The unit of a difference of two figures: of two percentages it is no percentage of either."""
        return "points" if self.unit == "%" else self.unit


def _suggested_condition(metric: Metric, unknown: list[str]) -> str:
    if "data" in unknown and "length" in metric.source.conditions:
        return "for the lengths of your own texts: length=data"
    return ""


def _check_limit(budget: Budget, metric: Metric) -> None:
    limit, limits, higher = budget.limit, metric.limits, metric.better == "higher"
    where = f"budget {budget.text}"
    if limit <= limits.lowest:
        never = "fail" if higher else "pass"
        raise UsageError(
            f"{where}: it can never {never}, as {metric.title} is {'never below' if higher else 'always above'} "
            f"{limits.lowest:g} {metric.unit}".rstrip(),
            advice=_suggestion(metric),
        )
    if limit >= limits.highest:
        never = "pass" if higher else "fail"
        most = f"at most {limits.highest:g} {metric.unit}".rstrip()
        below = ", and its interval reaches below that" if higher else ""
        raise UsageError(
            f"{where}: it can never {never}, as {metric.title} is {most}{below}",
            advice=_suggestion(metric),
        )
    if limits.percent and limit <= 1:
        raise UsageError(
            f"{where}: the limit is in %, and {limit:g} % is next to nothing",
            advice=f"did you mean {metric.name}={100 * limit:.6g}?" if limit < 1 else _suggestion(metric),
        )


def _suggestion(metric: Metric) -> str:
    """What a person who gave such a limit most likely wants."""
    examples = {
        "%": f"give the least share in %, as {metric.name}=90",
        "points": f"give the points that may be lost, as {metric.name}=1",
        "": f"give a limit between {metric.limits.lowest:g} and {metric.limits.highest:g}, as {metric.name}=0.8",
    }
    if metric.better == "lower" and metric.unit == "%":
        return f"give the increase that may be, in %, as {metric.name}=5"
    return examples.get(metric.unit, f"give a limit in {metric.unit} above 0, as {metric.name}=10")
