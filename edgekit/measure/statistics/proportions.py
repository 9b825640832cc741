"""Figures with 95 % intervals: shares of rows, and the difference of two accuracies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

from edgekit.measure.statistics.estimate import Estimate

Z95 = 1.959963984540054

Agreement = Literal["equivalent", "different", "cannot be told"]


def share(counted: int, rows: int) -> Estimate:
    """So many of all rows, in %, with Wilson's score interval (Wilson 1927); `ValueError` for impossible counts."""
    low, high = _wilson(counted, rows)
    return Estimate(100 * counted / rows, 100 * low, 100 * high)


def accuracy_drop(baseline: Sequence[bool], candidate: Sequence[bool]) -> Estimate:
    """Points of accuracy (%) that `candidate` loses against `baseline`, row by row; negative when it gains.

    baseline, candidate: whether each row was classified correctly, the same rows in the same order
    The interval is Newcombe's for paired proportions, from two Wilson intervals and their correlation (Newcombe 1998,
    Statistics in Medicine 17:2635-2650, method 10). As in McNemar's test only the pairing tells the two apart; unlike
    Wald's it keeps its coverage when few rows, or none, differ.
    Raises `ValueError` without rows or for different numbers of them.
    """
    first, second = np.asarray(baseline, bool), np.asarray(candidate, bool)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"{first.size} rows against {second.size}: a paired comparison needs the same rows")
    both = int(np.sum(first & second))
    lost = int(np.sum(first & ~second))
    gained = int(np.sum(~first & second))
    neither = int(np.sum(~first & ~second))
    low, high = _newcombe_paired(both, lost, gained, neither)
    return Estimate(100 * (lost - gained) / first.size, 100 * low, 100 * high)


def accuracy_difference(baseline: tuple[int, int], candidate: tuple[int, int]) -> Estimate:
    """Points of accuracy (%) that `candidate` loses against `baseline`, each given as (correct, rows).

    For models whose answers cannot be paired. The interval is Newcombe's for independent proportions, from two Wilson
    intervals (Newcombe 1998, Statistics in Medicine 17:873-890, method 10). Where both answered the same rows it is
    wider than that of `accuracy_drop`. Raises `ValueError` for impossible counts.
    """
    (l1, u1), (l2, u2) = _wilson(*baseline), _wilson(*candidate)
    p1, p2 = baseline[0] / baseline[1], candidate[0] / candidate[1]
    low, high = math.hypot(p1 - l1, u2 - p2), math.hypot(u1 - p1, p2 - l2)
    return Estimate(100 * (p1 - p2), 100 * (p1 - p2 - low), 100 * (p1 - p2 + high))


def agreement(difference: Estimate, margin: float) -> Agreement:
    """What an interval proves of two models that may differ by `margin`, in the unit of the difference.

    `equivalent` where the whole interval lies within the margin to both sides, which is stricter than the two
    one-sided tests at 5 % (Schuirmann 1987, J. Pharmacokinet. Biopharm. 15:657-680), whose interval is of 90 %;
    `different` where none of it reaches zero and the difference is more than the margin; else neither is proven:
    that no difference was found does not say that there is none.
    """
    if -margin <= difference.low and difference.high <= margin:
        return "equivalent"
    beyond = difference.low > 0 or difference.high < 0
    return "different" if beyond and abs(difference.value) > margin else "cannot be told"


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no proportion")
    p = successes / trials
    z2 = Z95 * Z95
    centre = p + z2 / (2 * trials)
    spread = Z95 * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    # at the ends the formula gives 0 and 1, up to rounding
    low = 0.0 if successes == 0 else (centre - spread) / (1 + z2 / trials)
    high = 1.0 if successes == trials else (centre + spread) / (1 + z2 / trials)
    return low, high


def _newcombe_paired(both: int, lost: int, gained: int, neither: int) -> tuple[float, float]:
    """Limits of p1 - p2 for the paired table [[both, lost], [gained, neither]]."""
    n = both + lost + gained + neither
    p1, p2 = (both + lost) / n if n else 0.0, (both + gained) / n if n else 0.0
    (l1, u1), (l2, u2) = _wilson(both + lost, n), _wilson(both + gained, n)
    phi = _phi(both, lost, gained, neither)
    below = (p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2
    above = (u1 - p1) ** 2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2) ** 2
    difference = p1 - p2
    return difference - math.sqrt(max(below, 0.0)), difference + math.sqrt(max(above, 0.0))


def _phi(both: int, lost: int, gained: int, neither: int) -> float:
    """The correlation of the two, with Newcombe's continuity correction where it is positive."""
    margins = (both + lost) * (gained + neither) * (both + gained) * (lost + neither)
    if margins == 0:
        return 0.0
    cross = float(both * neither - lost * gained)
    if cross > 0:
        cross = max(cross - (both + lost + gained + neither) / 2, 0.0)
    return cross / math.sqrt(margins)
