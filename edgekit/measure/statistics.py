"""Figures with 95 % intervals: percentiles of latency, accuracy, the difference of two accuracies.

A percentile follows the usual rule of numpy and R (Hyndman and Fan 1996, type 7): of n sorted samples the q-th
percentile lies at place (n - 1) * q / 100, counted from 0, interpolated between the samples on its two sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Z95 = 1.959963984540054
RESAMPLES = 10_000

Agreement = Literal["equivalent", "different", "cannot be told"]


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval, all in the same unit."""

    value: float
    low: float
    high: float


def percentile(samples: Sequence[float], q: float) -> float:
    """The q-th percentile, q in 0..100; `ValueError` without samples."""
    return float(np.percentile(_sorted(samples), q))


def percentile_interval(samples: Sequence[float], q: float, *, seed: int = 0) -> Estimate:
    """The q-th percentile with its bootstrap percentile interval (Efron 1979), in the samples' own unit.

    What the interval covers is the spread of the samples, not a drift of the machine. Near q = 100 and with few
    samples it cannot reach beyond the largest one seen.
    """
    low, high = np.percentile(resampled_percentile(samples, q, seed=seed), (2.5, 97.5))
    return Estimate(percentile(samples, q), float(low), float(high))


def resampled_percentile(samples: Sequence[float], q: float, *, seed: int = 0) -> npt.NDArray[np.float64]:
    """The q-th percentile of each of `RESAMPLES` bootstrap resamples, in the samples' own unit.

    The resamples are drawn without being built: the k-th smallest of n uniforms is Beta(k, n + 1 - k), and it says
    which sorted sample a resample has in that place. So the memory needed is that of `RESAMPLES` numbers, however many
    samples there are.
    """
    values = _sorted(samples)
    generator = np.random.default_rng(seed)
    n = len(values)
    place = (n - 1) * q / 100
    below = min(math.floor(place), n - 1)
    share = place - below
    lower = generator.beta(below + 1, n - below, RESAMPLES)
    drawn = values[_index(lower, n)]
    if share > 0:
        # given the k-th smallest, the next one is the smallest of the n - k uniforms that are left above it
        rest = n - below - 1
        upper = lower + (1 - lower) * generator.beta(1, rest, RESAMPLES)
        drawn = drawn + share * (values[_index(upper, n)] - drawn)
    return np.asarray(drawn)


def accuracy(correct: int, rows: int) -> Estimate:
    """Accuracy in % with Wilson's score interval (Wilson 1927); `ValueError` for impossible counts."""
    low, high = _wilson(correct, rows)
    return Estimate(100 * correct / rows, 100 * low, 100 * high)


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


def _sorted(samples: Sequence[float]) -> npt.NDArray[np.float64]:
    values = np.sort(np.asarray(samples, np.float64))
    if not values.size:
        raise ValueError("there are no samples")
    return values


def _index(uniforms: npt.NDArray[np.float64], n: int) -> npt.NDArray[Any]:
    # rounding can take a number close to 1 to n itself
    return np.minimum((uniforms * n).astype(np.int64), n - 1)


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
