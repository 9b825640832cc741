"""Every metric that a budget may limit, one object each.

A metric added here is known to budgets, `gate`, the report, `--help` and the README at once.
"""

from __future__ import annotations

from typing import Literal

from edgekit.bundle.evaluation import Accuracy, Increase
from edgekit.bundle.head_evaluation import LabelSets
from edgekit.bundle.records import Records
from edgekit.errors import UsageError, unknown_name
from edgekit.measure.device_cases import InstructionSource, Timed, TimedSource
from edgekit.measure.evaluation_cases import (
    AccuracySource,
    ClassesSource,
    ComparisonSource,
    FileSource,
    PerplexitySource,
)
from edgekit.measure.head_metrics import HEAD_METRICS
from edgekit.measure.metric import LimitRange, Metric
from edgekit.measure.performance.energy import energy_mj
from edgekit.measure.performance.generation import summarise_generation, tokens_per_s
from edgekit.measure.performance.latency_summary import latency_interval
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.percentiles import percentile_interval
from edgekit.schema.budget import Budget
from edgekit.schema.measurement import Measurement
from edgekit.tasks.problem_type import MULTI_LABEL, PROBLEMS, SINGLE_LABEL, ProblemType
from edgekit.tasks.registry import task_named
from edgekit.tasks.task import TaskName


def _class_f1(record: Accuracy | LabelSets, budget: Budget) -> Estimate | str:
    if not record.classes:
        return "a package keeps no figures by label: check the bundle that it was made of"
    labels = [row.label for row in record.classes]
    if budget.label not in labels:
        raise unknown_name("label", str(budget.label), labels)
    found = record.classes[labels.index(budget.label)]
    if found.f1 is None or found.low is None or found.high is None:
        return f"no row has the label {budget.label}, and none was given it"
    return Estimate(found.f1, found.low, found.high, found.doubt)


def _increase(found: Increase) -> Estimate | str:
    if found.low is None or found.high is None:
        return "the text is too short to tell what chance does: evaluate on a longer one"
    return Estimate(found.pct, found.low, found.high)


def _timed(records: Records) -> tuple[Timed, ...]:
    return (*records.latency, *records.generation)


def _with_energy(records: Records) -> tuple[Timed, ...]:
    return tuple(record for record in _timed(records) if record.energy is not None)


def _peak_memory(record: Timed) -> Estimate:
    return Estimate.exact(record.peak_rss_mb)


def _energy(record: Timed) -> Estimate:
    if record.energy is None:
        raise ValueError("no energy was measured")
    return energy_mj(record.energy)


def _latency(q: float, tool: Literal["p50_ms", "p95_ms"]) -> TimedSource[Measurement]:
    """The q-th percentile of latency from text to label; one above the median is never below it."""
    above = q > 50
    return TimedSource(
        floor=(lambda record: latency_interval(record, 50)) if above else None,
        sustained_floor=(lambda samples: percentile_interval(samples, 50)) if above else None,
        records=lambda records: records.latency,
        value=lambda record: latency_interval(record, q),
        part="infer",
        sustained=lambda samples: percentile_interval(samples, q),
        tool=tool,
        percentile=q,
    )


_SINGLE = frozenset({SINGLE_LABEL})
_CLASSES = frozenset({SINGLE_LABEL, MULTI_LABEL})

_METRICS = (
    Metric(
        "size_mb",
        "size",
        "MB",
        "lower",
        "MB (10^6 bytes) of the files needed at run time, tokenizer included",
        None,
        LimitRange(0),
        FileSource(value=lambda manifest: manifest.size_mb, describe="model and tokenizer"),
    ),
    Metric(
        "latency_p50_ms",
        "latency p50",
        "ms",
        "lower",
        "from text to label, the median",
        "latency",
        LimitRange(0),
        _latency(50, "p50_ms"),
    ),
    Metric(
        "latency_p95_ms",
        "latency p95",
        "ms",
        "lower",
        "from text to label, 95 % of the runs",
        "latency",
        LimitRange(0),
        _latency(95, "p95_ms"),
    ),
    Metric(
        "peak_memory_mb",
        "peak memory",
        "MB",
        "lower",
        "the most that the process held",
        None,
        LimitRange(0),
        TimedSource(records=_timed, value=_peak_memory, disturbed=False),
    ),
    Metric(
        "energy_mj",
        "energy",
        "mJ",
        "lower",
        "of an inference or a token, above the idle board",
        None,
        LimitRange(0),
        TimedSource(records=_with_energy, value=_energy, flags=" --energy"),
    ),
    Metric(
        "instructions_m",
        "instructions",
        "M",
        "lower",
        "millions of one inference or token on an emulated core: a sign of regressions, never a time",
        None,
        LimitRange(0),
        InstructionSource(),
    ),
    Metric(
        "tokens_per_s",
        "tokens per second",
        "1/s",
        "higher",
        "behind a context of `length` tokens",
        "generation",
        LimitRange(0),
        TimedSource(
            records=lambda records: records.generation,
            value=lambda record: summarise_generation(record).tokens_per_s,
            part="token",
            sustained=tokens_per_s,
        ),
    ),
    Metric(
        "first_token_ms",
        "first token",
        "ms",
        "lower",
        "for a prompt of `length` tokens, the median",
        "generation",
        LimitRange(0),
        TimedSource(
            records=lambda records: records.generation,
            value=lambda record: summarise_generation(record).first_token.p50,
            part="first_token",
        ),
    ),
    Metric(
        "min_accuracy",
        "accuracy",
        "%",
        "higher",
        "of the test rows",
        "labels",
        LimitRange(0, 100, percent=True),
        AccuracySource(value=lambda record, _: Estimate(record.accuracy, record.low, record.high)),
        problems=_SINGLE,
    ),
    Metric(
        "macro_f1",
        "macro-F1",
        "%",
        "higher",
        "mean F1 of the classes, each counting alike",
        "labels",
        LimitRange(0, 100, percent=True),
        ClassesSource(
            value=lambda record, _: Estimate(
                record.macro_f1, record.macro_f1_low, record.macro_f1_high, record.macro_f1_doubt
            )
        ),
        problems=_CLASSES,
    ),
    Metric(
        "min_f1",
        "F1 of a class",
        "%",
        "higher",
        "of the class that `label` names",
        "labels",
        LimitRange(0, 100, percent=True),
        ClassesSource(value=_class_f1, required=frozenset({"label"})),
        problems=_CLASSES,
    ),
    Metric(
        "mcc",
        "Matthews correlation",
        "",
        "higher",
        "-1 to 1; 0 for a model that guesses",
        "labels",
        LimitRange(-1, 1),
        AccuracySource(value=lambda record, _: Estimate(record.mcc, record.mcc_low, record.mcc_high)),
        problems=_SINGLE,
    ),
    Metric(
        "accuracy_drop",
        "accuracy drop",
        "points",
        "lower",
        "points of accuracy lost against `baseline`, by default the teacher",
        "labels",
        LimitRange(-100, 100),
        ComparisonSource(value=lambda drop: Estimate(drop.points, drop.low, drop.high)),
        problems=_SINGLE,
    ),
    Metric(
        "min_unchanged_pct",
        "unchanged rows",
        "%",
        "higher",
        "share of the rows that have the label of `baseline`, by default the teacher's",
        "labels",
        LimitRange(0, 100, percent=True),
        ComparisonSource(value=lambda drop: Estimate(drop.unchanged_pct, drop.unchanged_low, drop.unchanged_high)),
        problems=_SINGLE,
    ),
    *HEAD_METRICS,
    Metric(
        "perplexity_increase_pct",
        "perplexity increase",
        "%",
        "lower",
        "of a token, against `baseline`, by default the teacher",
        "perplexity",
        LimitRange(-100),
        PerplexitySource(value=_increase),
    ),
)
METRICS: dict[str, Metric] = {metric.name: metric for metric in _METRICS}


def metric_of(budget: Budget) -> Metric:
    """The metric of a budget; `NotFoundError` with the nearest name for one that there is not."""
    if budget.metric not in METRICS:
        raise unknown_name("metric", budget.metric, METRICS)
    return METRICS[budget.metric]


def check_budget(budget: Budget) -> Budget:
    """The budget, if there is such a metric and it takes its limit and its conditions; `UsageError` else."""
    metric_of(budget).check(budget)
    return budget


def check_task(budget: Budget, name: TaskName) -> None:
    """Raise `UsageError` that names the metrics of this task for a budget on another one's."""
    metric, task = metric_of(budget), task_named(name)
    if not metric.is_of(task):
        own = ", ".join(other.name for other in METRICS.values() if other.is_of(task))
        raise UsageError(
            f"budget {budget.text}: {metric.name} is no metric of a {task.bundle_noun}", advice=f"those are: {own}"
        )


def metrics_of_problem(problem: ProblemType) -> list[str]:
    """The metrics on the answers of a model of this problem type, by name."""
    return [metric.name for metric in METRICS.values() if metric.problems and metric.is_of_problem(problem)]


def check_problem(budget: Budget, problem: ProblemType, given_as: str = "--budget {}=LIMIT") -> None:
    """Raise `UsageError` that names the metrics of this problem type for a budget on another one's.

    given_as: how a budget is given here, with the place of its metric
    """
    metric = metric_of(budget)
    if not metric.is_of_problem(problem):
        own = metrics_of_problem(problem)
        raise UsageError(
            f"budget {budget.text}: {metric.name} is no metric of a {PROBLEMS[problem]}",
            advice=f"use one of: {', '.join(own)}; as in {given_as.format(own[0])}",
        )
