"""Two classifiers on the same rows: what the second lost and gained, and whether the difference is significant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgekit.measure.accuracy.class_intervals import Cells, MeanF1, mean_f1
from edgekit.measure.accuracy.classification import draws, estimate
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.proportions import accuracy_drop, share


@dataclass(frozen=True)
class PairedComparison:
    """What a candidate loses against a baseline, row by row; figures in points (%), negative where it gains.

    lost, gained:       rows that the baseline alone, and that the candidate alone, has right
    p_value:            McNemar's exact test that neither is more likely
    accuracy:           points of accuracy lost, with Newcombe's interval (`proportions.accuracy_drop`)
    accuracy_bootstrap: the same points, with a bootstrap interval
    macro_f1:           points of macro-F1 lost, with the interval of the difference of two dependent means
    """

    lost: int
    gained: int
    p_value: float
    accuracy: Estimate
    accuracy_bootstrap: Estimate
    macro_f1: Estimate


def compare(
    expected: Sequence[int], baseline: Sequence[int], candidate: Sequence[int], *, seed: int = 0
) -> PairedComparison:
    """Compare the labels, as numbers from 0, that two classifiers gave to the same rows.

    The bootstrap draws rows with both their answers, so that it is paired as well (Efron and Tibshirani 1993, ch. 16).
    Raises `ValueError` without rows or for different numbers of them.
    """
    wanted, first, second = (np.asarray(part, np.int64) for part in (expected, baseline, candidate))
    if not wanted.shape == first.shape == second.shape or not wanted.size:
        sizes = f"{wanted.size}, {first.size} and {second.size}"
        raise ValueError(f"{sizes} labels: a paired comparison needs the same rows")
    right, still_right = wanted == first, wanted == second
    lost, gained = int(np.sum(right & ~still_right)), int(np.sum(~right & still_right))
    rows = np.stack([wanted, first, second])
    classes = int(rows.max()) + 1
    cells, counts = np.unique(rows, axis=1, return_counts=True)
    # of the rows of a cell the baseline alone has right 1, the candidate alone -1
    points = 100 * (np.equal(cells[0], cells[1]).astype(int) - np.equal(cells[0], cells[2])) / wanted.size
    accuracies = [drawn @ points for drawn in draws(counts, classes, seed)]
    before, after = (mean_f1(Cells(cells[0], cells[side], counts, classes)) for side in (1, 2))
    return PairedComparison(
        lost=lost,
        gained=gained,
        p_value=mcnemar(lost, gained),
        accuracy=accuracy_drop(right.tolist(), still_right.tolist()),
        accuracy_bootstrap=estimate(100 * (lost - gained) / wanted.size, np.concatenate(accuracies)),
        macro_f1=_difference(before, after, counts),
    )


def unchanged(baseline: Sequence[int], candidate: Sequence[int]) -> Estimate:
    """The share of rows in % that the candidate gives the label which the baseline gives them, with Wilson's interval.

    Raises `ValueError` without rows or for different numbers of them.
    """
    first, second = np.asarray(baseline, np.int64), np.asarray(candidate, np.int64)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} and {second.size} labels: a paired comparison needs the same rows")
    return share(int(np.sum(first == second)), first.size)


def _difference(before: MeanF1, after: MeanF1, rows: npt.NDArray[np.int64]) -> Estimate:
    """Points of macro-F1 lost, from the limits of both and the correlation of what the same rows do to them.

    As Newcombe's interval of two dependent proportions, which is of this kind (Zou and Donner 2008).
    """
    spreads = [float((rows * mean.influence**2).sum()) for mean in (before, after)]
    shared = float((rows * before.influence * after.influence).sum())
    correlation = shared / math.sqrt(math.prod(spreads)) if min(spreads) > 0 else 0.0

    def together(first: float, second: float) -> float:
        return math.sqrt(max(first**2 + second**2 - 2 * correlation * first * second, 0.0))

    value = before.value - after.value
    low, high = value - together(before.below, after.above), value + together(before.above, after.below)
    return Estimate(100 * value, max(100 * low, -100.0), min(100 * high, 100.0))


def mcnemar(lost: int, gained: int) -> float:
    """The two-sided p value of McNemar's exact test: a binomial test of `lost` out of both against one half.

    McNemar 1947 (Psychometrika 12:153-157), exact by Mosteller 1952. 1 where no row differs.
    """
    trials, fewer = lost + gained, min(lost, gained)
    # log C(trials, k) from log C(trials, k - 1): thousands of rows leave the range of a float
    k = np.arange(1, fewer + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(trials - k + 1) - np.log(k))])
    tail = np.logaddexp.reduce(logs - trials * np.log(2))
    return float(min(1.0, 2 * np.exp(tail)))
