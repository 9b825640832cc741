"""Figures of a regression: the mean absolute error and Spearman's rank correlation, each with its 95 % interval.

Absolute errors lean to one side, so that the mean's limits are those of the bootstrap-t (Efron and Tibshirani 1993,
chapter 12), nowhere inside Student's own. Those of Spearman's correlation are Bonett and Wright's (2000, Psychometrika
65:23-28) on the scale of Fisher's z, the lower one of the correlation with one row of pure chance more, nowhere inside
those of the percentile bootstrap over rows.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.measure.statistics.distributions import normal_quantile, t_quantile
from edgekit.measure.statistics.estimate import Estimate

Values = npt.NDArray[np.float64]

# below so many rows neither interval keeps what it promises
FEWEST_NUMBERS = 30
# rows whose value is not the most frequent one, below which ranks tell nothing
FEWEST_OTHERS = 10
RESAMPLES = 2_000
_SEED = 0
# values that are resampled at once
_AT_ONCE = 4_000_000
# the most resamples that may lack a correlation
_UNDEFINED_SHARE = 0.025


def mean_absolute_error(expected: Values, predicted: Values) -> Estimate:
    """The mean of |expected - predicted| [rows]; in doubt for few rows, and where all errors are the same."""
    errors = np.abs(_checked(expected, predicted)[0] - predicted)
    rows, value = len(errors), float(errors.mean())
    if rows < FEWEST_NUMBERS:
        return Estimate(value, 0.0, math.inf, f"too few rows ({rows}): {FEWEST_NUMBERS} are needed")
    spread = float(errors.std(ddof=1))
    # computed from what cannot be told from nothing: rounding alone
    if spread <= 1e-12 * max(value, 1e-300):
        return Estimate(value, 0.0, math.inf, "every row has the same error: what chance does to it cannot be told")
    error = spread / math.sqrt(rows)
    drawn = np.concatenate([_studentized(errors[rows_of], value) for rows_of in _resamples(rows)])
    low_t, high_t = np.quantile(drawn, (0.025, 0.975), method="inverted_cdf")
    student = t_quantile(0.975, rows - 1)
    low, high = value - max(float(high_t), student) * error, value + max(float(-low_t), student) * error
    if not math.isfinite(high):
        return Estimate(value, 0.0, math.inf, "too few rows have an error of their own to bound the mean")
    return Estimate(value, max(low, 0.0), high)


def spearman(expected: Values, predicted: Values) -> Estimate | str:
    """Spearman's rank correlation, ties at their mean rank; in words why there is none where one side is constant."""
    first, second = _checked(expected, predicted)
    for values, whose in ((first, "the rows' numbers"), (second, "the model's numbers")):
        if len(np.unique(values)) < 2:
            return f"{whose} are all the same: ranks cannot be compared"
    value, rows = _rank_correlation(first, second), len(first)
    others = min(rows - int(np.unique(values, return_counts=True)[1].max()) for values in (first, second))
    if rows < FEWEST_NUMBERS:
        return Estimate(value, -1.0, 1.0, f"too few rows ({rows}): {FEWEST_NUMBERS} are needed")
    if others < FEWEST_OTHERS:
        doubt = f"all rows but {others} have the same number: {FEWEST_OTHERS} others are needed"
        return Estimate(value, -1.0, 1.0, doubt)
    drawn = np.array([_rank_correlation(first[each], second[each]) for part in _resamples(rows) for each in part])
    if np.isnan(drawn).mean() > _UNDEFINED_SHARE:
        return Estimate(value, -1.0, 1.0, "too few rows differ to tell what chance does to the ranks")
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    shrunk = value * (1 - 1 / rows)
    error = normal_quantile(0.975) * math.sqrt((1 + shrunk**2 / 2) / (rows - 3))
    below = math.tanh(math.atanh(shrunk) - error)
    above = math.tanh(math.atanh(min(max(value, shrunk), 1 - 1e-9)) + error)
    return Estimate(value, min(float(low), below, value), max(float(high), above, value))


def _studentized(drawn: Values, value: float) -> Values:
    """(mean - value) / standard error of each resample [resamples, rows]; endless where one has no spread."""
    means, spreads = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / math.sqrt(drawn.shape[1])
    endless = np.where(means < value, -np.inf, np.inf)
    found: Values = np.divide(means - value, spreads, out=endless, where=spreads > 0)
    return found


def _resamples(rows: int) -> Any:
    """`RESAMPLES` draws of as many rows as there are, as their indices [some, rows]."""
    generator = np.random.default_rng(_SEED)
    step = max(1, _AT_ONCE // rows)
    for start in range(0, RESAMPLES, step):
        yield generator.integers(0, rows, (min(step, RESAMPLES - start), rows))


def _rank_correlation(first: Values, second: Values) -> float:
    """Pearson's correlation of the ranks [rows]; NaN where one side is constant."""
    one, other = (ranks - ranks.mean() for ranks in (_ranks(first), _ranks(second)))
    scale = math.sqrt(float((one**2).sum()) * float((other**2).sum()))
    return float(np.clip((one * other).sum() / scale, -1.0, 1.0)) if scale > 0 else math.nan


def _ranks(values: Values) -> Values:
    """The rank of each value [rows] from 0 on, those of equal ones their mean."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Values = (np.cumsum(counts) - (counts + 1) / 2)[places]
    return ranks


def _checked(expected: Values, predicted: Values) -> tuple[Values, Values]:
    if expected.shape != predicted.shape or not len(expected):
        raise ValueError(f"{expected.shape} expected numbers against {predicted.shape} predicted ones")
    return expected, predicted
