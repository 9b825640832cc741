"""95 % intervals of F1, of its mean over classes and of Matthews' correlation, from confusion matrices.

F1 of one class is a monotone function of the share of right ones among the rows that have the class or were given it:
with p = TP / (TP + FP + FN), F1 = 2 p / (1 + p). Given how many such rows there are, the right ones among them are
binomial, so that exact limits of p are exact limits of F1.

The mean over classes takes those limits together (the method of variance estimates recovery: Zou and Donner 2008,
Statistics in Medicine 27:1693-1702), with the correlations that an error which two classes share gives them (delta
method). A resampled interval is too short where classes have few rows: of a class with none wrong no resample has one
wrong, and F1, which bends, is too low on average in few rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.measure.statistics.distributions import binomial_interval, normal_quantile, t_quantile
from edgekit.measure.statistics.estimate import Estimate

Numbers = npt.NDArray[Any]

NO_ROWS = "no row has this label, and none was given it"
# below so many rows of a class its own limits are all but the whole range, and their sum no longer adds up
FEWEST_ROWS = 3
# rows of pure chance that are added, so that a matrix without an error does not seem sure
_PSEUDO_ROWS = 1.0
_CLOSE_TO_ONE = 1 - 1e-12


@dataclass(frozen=True)
class Cells:
    """The cells of a confusion matrix that hold rows, each array [cells], of `classes` classes.

    wanted, given: numbers of the class that the rows of a cell have, and were given
    rows:          how many
    """

    wanted: Numbers
    given: Numbers
    rows: Numbers
    classes: int

    @property
    def totals(self) -> tuple[Numbers, Numbers, Numbers]:
        """Of each class [classes] the rows that are right, that have it, and that were given it."""
        right = self.wanted == self.given
        parts = ((self.wanted[right], self.rows[right]), (self.wanted, self.rows), (self.given, self.rows))
        right_rows, wanted, given = (np.bincount(part, rows, self.classes) for part, rows in parts)
        return right_rows, wanted, given


@dataclass(frozen=True)
class MeanF1:
    """Macro-F1 as a share of 1, what its limits are off it, and what one more row in each cell does to it.

    below, above: how far the limits of the mean are from it, for the classes that occur
    influence:    [cells], the derivative of the mean by the share of rows in a cell, times 1 / rows
    """

    value: float
    below: float
    above: float
    influence: Numbers


def f1_of_counts(right: int, rows: int) -> Estimate:
    """F1 in % of a class that `right` of `rows` rows, which have it or were given it, both have and were given."""
    if not rows:
        return Estimate(0.0, -math.inf, math.inf, NO_ROWS)
    value, low, high = _limits(right, rows)
    return Estimate(100 * value, 100 * low, 100 * high)


def mean_f1(cells: Cells) -> MeanF1:
    """Macro-F1 over the classes that occur, with its limits."""
    right, wanted, given = cells.totals
    occurrences = wanted + given
    occur = occurrences > 0
    union = (occurrences - right)[occur]
    limits = np.array([_limits(int(tp), int(rows)) for tp, rows in zip(right[occur], union, strict=True)])
    f1, low, high = np.zeros((3, cells.classes))
    f1[occur], low[occur], high[occur] = limits.T
    # how much F1 falls with each row that has the class or was given it
    slope = np.divide(f1, occurrences, out=np.zeros(cells.classes), where=occur)
    shared = cells.wanted != cells.given
    variance = (occurrences - 2 * right) * slope**2 + right * np.divide(
        2 - 2 * f1, occurrences, out=np.zeros(cells.classes), where=occur
    ) ** 2
    scale = np.divide(slope, np.sqrt(variance), out=np.zeros(cells.classes), where=variance > 0)
    count = int(occur.sum())

    def together(offsets: Numbers) -> float:
        """How far the mean is off where each class is off by so much, with the correlations of the classes."""
        weighted = offsets * scale
        cross = cells.rows[shared] * weighted[cells.wanted[shared]] * weighted[cells.given[shared]]
        return math.sqrt(float((offsets**2).sum() + 2 * cross.sum())) / count

    # the mean of F1 in few rows is too low by half its bend times the variance of p
    p = np.divide(right[occur], union)
    bias = float((2 * p * (1 - p) / np.maximum(union - 1, 1) / (1 + p) ** 3).sum()) / count
    influence = -slope[cells.wanted] - slope[cells.given]
    influence[~shared] += 2 / occurrences[cells.wanted[~shared]]
    return MeanF1(
        value=float(f1.sum()) / count,
        below=max(together(f1 - low) - bias, 0.0),
        above=together(high - f1) + bias,
        influence=influence / count,
    )


def mcc_interval(cells: Cells, value: float) -> Estimate:
    """Matthews' correlation coefficient, which is `value`, with its interval.

    The delta method on the scale of Fisher's z, of the matrix with one row of pure chance more, as Agresti and Coull
    (1998, The American Statistician 52:119-126) do with a share. What is known of the variance comes from the few rows
    that are wrong, and where by chance they are more than usual, it is the upper end that is too low: that one has
    Student's t, with as many degrees of freedom as the fourth moment gives (Satterthwaite 1946, Biometrics 2:110-114).
    """
    _, wanted, given = cells.totals
    rows = float(wanted.sum())
    chance = _PSEUDO_ROWS / rows**2
    wanted, given = wanted * (1 + _PSEUDO_ROWS / rows), given * (1 + _PSEUDO_ROWS / rows)
    total = rows + _PSEUDO_ROWS
    right = float(cells.rows[cells.wanted == cells.given].sum()) + chance * _dot(*cells.totals[1:])
    spread_wanted, spread_given = total**2 - _dot(wanted, wanted), total**2 - _dot(given, given)
    if min(spread_wanted, spread_given) <= 1e-9 * total**2:
        return Estimate(value, -1.0, 1.0)
    root = math.sqrt(spread_wanted * spread_given)
    found = (right * total - _dot(wanted, given)) / root
    # the derivative by the rows of a cell: of the diagonal, of all, by its row and by its column
    diagonal, everywhere = total / root, right / root - found * total * (1 / spread_wanted + 1 / spread_given)
    by_wanted, by_given = given / root - found * wanted / spread_wanted, wanted / root - found * given / spread_given
    at_cells = everywhere - by_wanted[cells.wanted] - by_given[cells.given]
    at_cells = at_cells + diagonal * (cells.wanted == cells.given)
    second, fourth = (float((cells.rows * at_cells**power).sum()) for power in (2, 4))
    plain_wanted, plain_given = cells.totals[1:]
    for number in np.flatnonzero(plain_wanted):
        derivative = everywhere - by_wanted[number] - by_given
        derivative[number] += diagonal
        weights = chance * plain_wanted[number] * plain_given
        second += float((weights * derivative**2).sum())
        fourth += float((weights * derivative**4).sum())
    if fourth <= 0:
        return Estimate(value, -1.0, 1.0)
    found = min(found, _CLOSE_TO_ONE)
    error = math.sqrt(second) / (1 - found**2)
    low = math.tanh(math.atanh(found) - normal_quantile(0.975) * error)
    high = math.tanh(math.atanh(found) + t_quantile(0.975, max(second**2 / fourth, 2.0)) * error)
    return Estimate(value, min(low, value), max(high, value))


@lru_cache(maxsize=4096)
def _limits(right: int, rows: int) -> tuple[float, float, float]:
    """F1 and its limits, as shares of 1."""
    value, low, high = (2 * p / (1 + p) for p in (right / rows, *binomial_interval(right, rows)))
    return value, min(low, value), max(high, value)


def _dot(first: Numbers, second: Numbers) -> float:
    return float((first * second).sum())
