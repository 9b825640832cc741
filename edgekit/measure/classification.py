"""What a classifier gets right and what it takes for what: macro-F1, MCC, a table of classes, the worst confusions.

The intervals are bootstrap percentile intervals (Efron 1979) over rows. Rows that were expected and predicted alike
are the same to every figure here, so that a resample is a multinomial draw over the cells of the confusion matrix:
its cost follows from the cells that are not empty, not from the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgekit.measure.statistics import Estimate

# as many as Efron and Tibshirani (1993, ch. 13) ask of percentile intervals
RESAMPLES = 2_000
# cells of the confusion matrix, times resamples, that are held at once
_AT_ONCE = 1_000_000

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
    """Macro-F1 in % and Matthews' correlation coefficient in -1..1, each with its 95 % bootstrap interval."""

    macro_f1: Estimate
    mcc: Estimate


class Tallies(NamedTuple):
    """Rows of each class that were right, that have it, and that were given it: each [..., classes]."""

    right: Numbers
    wanted: Numbers
    given: Numbers


def macro_f1(expected: Sequence[int], predicted: Sequence[int]) -> float:
    """The mean over classes of F1 in %, of the classes that occur in either; 0 for one that is never right.

    Raises `ValueError` without rows or for different numbers of them, as all functions here do.
    """
    return float(macro_f1_of(_tallies_of_rows(expected, predicted)))


def mcc(expected: Sequence[int], predicted: Sequence[int]) -> float:
    """Matthews' correlation coefficient in -1..1, for any number of classes (Gorodkin 2004, R_K).

    0 where either has one class only, as in scikit-learn.
    """
    return float(mcc_of(_tallies_of_rows(expected, predicted)))


def scores(expected: Sequence[int], predicted: Sequence[int], *, seed: int = 0) -> Scores:
    """Macro-F1 and Matthews' correlation coefficient with their 95 % bootstrap intervals."""
    wanted, given = _checked(expected, predicted)
    classes = int(max(wanted.max(), given.max())) + 1
    cells, counts = np.unique(wanted * classes + given, return_counts=True)
    first, second = np.divmod(cells, classes)
    f1s, mccs = [], []
    for drawn in draws(counts, classes, seed):
        tallies = tallies_of(drawn, first, second, classes)
        f1s.append(macro_f1_of(tallies))
        mccs.append(mcc_of(tallies))
    return Scores(
        estimate(macro_f1(expected, predicted), np.concatenate(f1s)),
        estimate(mcc(expected, predicted), np.concatenate(mccs)),
    )


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


def macro_f1_of(tallies: Tallies) -> Numbers:
    """Macro-F1 in % of each row of tallies."""
    # F1 = 2 TP / (2 TP + FP + FN), and TP + FN + TP + FP is the number of times that a class occurs in either
    occurrences = tallies.wanted + tallies.given
    f1 = np.divide(2.0 * tallies.right, occurrences, out=np.zeros(occurrences.shape), where=occurrences > 0)
    return np.asarray(100 * f1.sum(-1) / (occurrences > 0).sum(-1))


def mcc_of(tallies: Tallies) -> Numbers:
    """Matthews' correlation coefficient of each row of tallies."""
    right, wanted, given = (np.asarray(part, np.float64) for part in tallies)
    rows = wanted.sum(-1)
    cross = right.sum(-1) * rows - (wanted * given).sum(-1)
    spread = (rows**2 - (given**2).sum(-1)) * (rows**2 - (wanted**2).sum(-1))
    return np.asarray(np.divide(cross, np.sqrt(spread), out=np.zeros(cross.shape), where=spread > 0))


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


def tallies_of(drawn: Numbers, wanted: Numbers, given: Numbers, classes: int) -> Tallies:
    """The tallies [..., classes] of counts [..., cells], where cell i was expected `wanted[i]` and is `given[i]`."""
    same = wanted == given
    return Tallies(
        _by_class(drawn[..., same], wanted[same], classes),
        _by_class(drawn, wanted, classes),
        _by_class(drawn, given, classes),
    )


def _by_class(drawn: Numbers, numbers: Numbers, classes: int) -> Numbers:
    """Counts [..., cells] summed over the cells of each class."""
    summed = np.zeros((*drawn.shape[:-1], classes), np.int64)
    if len(numbers):
        order = np.argsort(numbers, kind="stable")
        present, starts = np.unique(numbers[order], return_index=True)
        summed[..., present] = np.add.reduceat(drawn[..., order], starts, axis=-1)
    return summed


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
