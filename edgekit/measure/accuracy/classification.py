"""Figures of a classifier: macro-F1, MCC, every class, and the most confused classes.

Intervals are those of `class_intervals`. Rows that were expected and predicted alike are the same to every figure, so
that a bootstrap resample is a multinomial draw over the cells of the confusion matrix: its cost follows from the cells
that are not empty, not from the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgekit.bundle.evaluation import ClassScore
from edgekit.errors import quoted
from edgekit.measure.accuracy.class_intervals import FEWEST_ROWS, NO_ROWS, Cells, f1_of_counts, mcc_interval, mean_f1
from edgekit.measure.statistics.estimate import Estimate, ends

# as many as Efron and Tibshirani (1993, ch. 13) ask of percentile intervals
RESAMPLES = 2_000
# cells of the confusion matrix, times resamples, that are held at once
_AT_ONCE = 1_000_000
# classes that a sentence names
_MOST_NAMED = 5

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class ClassRow:
    """One class: rows that have it and rows that were given it; precision, recall and F1 in %.

    A figure is None where it divides by nothing: precision of a class that was never predicted, recall of one that
    has no rows, F1 of one that has neither. Macro-F1 is the mean of the F1s that there are.
    """

    label: str
    support: int
    predicted: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class ConfusedPair:
    """How many rows of one class, out of its `support`, were taken for another."""

    expected: str
    predicted: str
    rows: int
    support: int


@dataclass(frozen=True)
class Scores:
    """Macro-F1 in % and Matthews' correlation coefficient in -1..1, each with its 95 % interval."""

    macro_f1: Estimate
    mcc: Estimate


class Tallies(NamedTuple):
    """Rows of each class that were right, that have it, and that were given it: each [classes]."""

    right: Numbers
    wanted: Numbers
    given: Numbers


def macro_f1(expected: Sequence[int], predicted: Sequence[int]) -> float:
    """The mean over classes of F1 in %, of the classes that occur in either; 0 for one that is never right.

    Raises `ValueError` without rows or for different numbers of them, as all functions here do.
    """
    right, wanted, given = _tallies_of_rows(expected, predicted)
    # F1 = 2 TP / (2 TP + FP + FN), and TP + FN + TP + FP is the number of times that a class occurs in either
    occurrences = wanted + given
    return float(100 * np.mean(2.0 * right[occurrences > 0] / occurrences[occurrences > 0]))


def mcc(expected: Sequence[int], predicted: Sequence[int]) -> float:
    """Matthews' correlation coefficient in -1..1, for any number of classes (Gorodkin 2004, R_K).

    0 where either has one class only, as in scikit-learn.
    """
    right, wanted, given = (np.asarray(part, np.float64) for part in _tallies_of_rows(expected, predicted))
    rows = wanted.sum()
    spread = (rows**2 - (given**2).sum()) * (rows**2 - (wanted**2).sum())
    cross = right.sum() * rows - (wanted * given).sum()
    return float(cross / math.sqrt(spread)) if spread > 0 else 0.0


def scores(expected: Sequence[int], predicted: Sequence[int], labels: Sequence[str] = ()) -> Scores:
    """Macro-F1 and Matthews' correlation coefficient with their 95 % intervals.

    labels: of the classes, in the order of their numbers; left out, those up to the largest number that occurs
    Macro-F1 is in doubt where a class has fewer than `FEWEST_ROWS` rows, which are named; its interval is then only of
    the classes that occur.
    """
    wanted, given = _checked(expected, predicted)
    cells = cells_of(wanted, given, len(labels))
    mean = mean_f1(cells)
    doubt = few_rows(np.bincount(wanted, minlength=cells.classes), labels)
    value = 100 * mean.value
    return Scores(
        Estimate(value, max(value - 100 * mean.below, 0.0), min(value + 100 * mean.above, 100.0), doubt),
        mcc_interval(cells, mcc(expected, predicted)),
    )


def class_f1(expected: Sequence[int], predicted: Sequence[int], label: int) -> Estimate:
    """F1 in % of the class with the number `label`, with its exact 95 % interval (`class_intervals`).

    Without a bound, and in doubt, where no row has the class and none was given it.
    """
    wanted, given = _checked(expected, predicted)
    has, got = wanted == label, given == label
    return f1_of_counts(int(np.sum(has & got)), int(np.sum(has | got)))


def cells_of(wanted: Numbers, given: Numbers, classes: int = 0) -> Cells:
    """The cells of the confusion matrix of numbers of labels [rows], of `classes` classes or as many as occur."""
    classes = max(classes, int(max(wanted.max(), given.max())) + 1)
    cells, counts = np.unique(wanted * classes + given, return_counts=True)
    first, second = np.divmod(cells, classes)
    return Cells(first, second, counts, classes)


def per_class(labels: Sequence[str], expected: Sequence[int], predicted: Sequence[int]) -> tuple[ClassRow, ...]:
    """A row for each label, in the labels' order; `expected` and `predicted` are numbers of labels."""
    tallies = _tallies_of_rows(expected, predicted, len(labels))
    return tuple(
        ClassRow(
            label=label,
            support=int(wanted),
            predicted=int(given),
            precision=_share(right, given),
            recall=_share(right, wanted),
            f1=_share(2 * right, wanted + given),
        )
        for label, right, wanted, given in zip(labels, *tallies, strict=True)
    )


def class_scores(labels: Sequence[str], expected: Sequence[int], predicted: Sequence[int]) -> tuple[ClassScore, ...]:
    """Every class as a record keeps it, in the order of `labels`, figures in %.

    expected, predicted: numbers of labels [rows]
    An interval that is open to one side ends at 0 or at 100 there. Raises `ValueError` as `per_class`.
    """
    scores = []
    for number, row in enumerate(per_class(labels, expected, predicted)):
        f1 = None if row.f1 is None else class_f1(expected, predicted, number)
        low, high = (None, None) if f1 is None else ends(f1, 0.0, 100.0)
        scores.append(
            ClassScore(
                label=row.label,
                rows=row.support,
                predicted=row.predicted,
                precision=row.precision,
                recall=row.recall,
                f1=None if f1 is None else f1.value,
                low=low,
                high=high,
                doubt=NO_ROWS if f1 is None else f1.doubt,
            )
        )
    return tuple(scores)


def worst_pairs(
    labels: Sequence[str], expected: Sequence[int], predicted: Sequence[int], count: int | None = 10
) -> tuple[ConfusedPair, ...]:
    """The `count` confusions with the most rows, or all; among equals by the labels' order."""
    wanted, given = _checked(expected, predicted)
    support = np.bincount(wanted, minlength=len(labels))
    cells, rows = np.unique(wanted * len(labels) + given, return_counts=True)
    first, second = np.divmod(cells, len(labels))
    worst = [index for index in np.argsort(-rows, kind="stable") if first[index] != second[index]][:count]
    return tuple(
        ConfusedPair(labels[first[index]], labels[second[index]], int(rows[index]), int(support[first[index]]))
        for index in worst
    )


def estimate(value: float, drawn: Numbers) -> Estimate:
    """A figure with the middle 95 % of its resamples, or with itself where they all lie on one side."""
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Estimate(value, min(float(low), value), max(float(high), value))


def draws(counts: Numbers, classes: int, seed: int) -> Iterator[Numbers]:
    """`RESAMPLES` draws of as many rows as there are, as counts [some, cells] of the cells that rows lie in."""
    generator = np.random.default_rng(seed)
    rows = int(counts.sum())
    step = max(1, _AT_ONCE // max(len(counts), classes))
    for start in range(0, RESAMPLES, step):
        yield generator.multinomial(rows, counts / rows, min(step, RESAMPLES - start))


def few_rows(rows: Numbers, labels: Sequence[str]) -> str:
    """Which classes have too few rows to tell macro-F1; empty where none has."""
    few = np.flatnonzero(rows < FEWEST_ROWS)
    if not len(few):
        return ""
    named = [f"{quoted(labels[number]) if labels else number} ({rows[number]})" for number in few[:_MOST_NAMED]]
    more = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
    classes = "class" if len(few) == 1 else "classes"
    return f"too few rows of {classes} {', '.join(named)}{more}: {FEWEST_ROWS} are needed"


def _tallies_of_rows(expected: Sequence[int], predicted: Sequence[int], classes: int = 0) -> Tallies:
    wanted, given = _checked(expected, predicted)
    size = max(classes, int(max(wanted.max(), given.max())) + 1)
    parts = (wanted[wanted == given], wanted, given)
    return Tallies(*(np.bincount(part, minlength=size) for part in parts))


def _checked(expected: Sequence[int], predicted: Sequence[int]) -> tuple[Numbers, Numbers]:
    wanted, given = np.asarray(expected, np.int64), np.asarray(predicted, np.int64)
    if wanted.shape != given.shape or not wanted.size:
        raise ValueError(f"{wanted.size} expected labels against {given.size} predicted ones")
    return wanted, given


def _share(part: int, whole: int) -> float | None:
    return float(100 * part / whole) if whole else None
