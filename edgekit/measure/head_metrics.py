"""The metrics of multi-label models and of regressions."""

from __future__ import annotations

import math

from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.measure.evaluation_cases import LabelSetsSource, NumbersSource
from edgekit.measure.metric import LimitRange, Metric
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.budget import Budget
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION


def _micro_f1(record: LabelSets, _: Budget) -> Estimate | str:
    if record.classes and not any(score.rows for score in record.classes):
        return record.micro_f1_doubt
    return Estimate(record.micro_f1, record.micro_f1_low, record.micro_f1_high, record.micro_f1_doubt)


def _mae(record: Numbers, _: Budget) -> Estimate | str:
    high = math.inf if record.mae_high is None else record.mae_high
    return Estimate(record.mae, record.mae_low, high, record.mae_doubt)


def _spearman(record: Numbers, _: Budget) -> Estimate | str:
    if record.spearman is None or record.spearman_low is None or record.spearman_high is None:
        return record.spearman_doubt
    return Estimate(record.spearman, record.spearman_low, record.spearman_high, record.spearman_doubt)


HEAD_METRICS = (
    Metric(
        "micro_f1",
        "micro-F1",
        "%",
        "higher",
        "F1 over all labels of all rows, of a multi-label model",
        "labels",
        LimitRange(0, 100, percent=True),
        LabelSetsSource(value=_micro_f1),
        frozenset({MULTI_LABEL}),
    ),
    Metric(
        "mae",
        "mean absolute error",
        "",
        "lower",
        "of a regression, in the unit of the rows' numbers",
        "labels",
        LimitRange(0),
        NumbersSource(value=_mae),
        frozenset({REGRESSION}),
    ),
    Metric(
        "spearman",
        "Spearman correlation",
        "",
        "higher",
        "of the ranks of a regression's numbers, -1 to 1",
        "labels",
        LimitRange(-1, 1),
        NumbersSource(value=_spearman),
        frozenset({REGRESSION}),
    ),
)
