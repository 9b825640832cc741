"""Two classifiers on the same rows: what the second lost and gained, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.measure.classification import draws, estimate, macro_f1_of, tallies_of
from edgekit.measure.statistics import Estimate, accuracy_drop


@dataclass(frozen=True)
class Comparison:
    """What a candidate loses against a baseline, row by row; figures in points (%), negative where it gains.

    lost, gained:       rows that the baseline alone, and that the candidate alone, has right
    p_value:            McNemar's exact test that neither is more likely
    accuracy:           points of accuracy lost, with Newcombe's interval (`statistics.accuracy_drop`)
    accuracy_bootstrap: the same points, with a bootstrap interval
    macro_f1:           points of macro-F1 lost, with a bootstrap interval
    """

    lost: int
    gained: int
    p_value: float
    accuracy: Estimate
    accuracy_bootstrap: Estimate
    macro_f1: Estimate


def compare(
    expected: Sequence[int], baseline: Sequence[int], candidate: Sequence[int], *, seed: int = 0
) -> Comparison:
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
    accuracies, f1s = [], []
    for drawn in draws(counts, classes, seed):
        before = tallies_of(drawn, cells[0], cells[1], classes)
        after = tallies_of(drawn, cells[0], cells[2], classes)
        accuracies.append(100 * (before.right.sum(-1) - after.right.sum(-1)) / wanted.size)
        f1s.append(macro_f1_of(before) - macro_f1_of(after))
    before = tallies_of(counts, cells[0], cells[1], classes)
    after = tallies_of(counts, cells[0], cells[2], classes)
    return Comparison(
        lost=lost,
        gained=gained,
        p_value=mcnemar(lost, gained),
        accuracy=accuracy_drop(right.tolist(), still_right.tolist()),
        accuracy_bootstrap=estimate(100 * (lost - gained) / wanted.size, np.concatenate(accuracies)),
        macro_f1=estimate(float(macro_f1_of(before) - macro_f1_of(after)), np.concatenate(f1s)),
    )


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
