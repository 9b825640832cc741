"""Quantiles of the beta, t and F distributions, and binomial limits: what exact intervals are made of.

scipy has all of them; edgekit does not install it for these.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np

# binomial counts further from their mean than so many standard deviations have no weight in a float
_FAR = 12.0
_TINY = 1e-300
# a chance that is met exactly, up to rounding
_ROUNDED = 1 + 1e-9


def normal_quantile(p: float) -> float:
    """The p-quantile of the standard normal distribution, 0 < p < 1."""
    return NormalDist().inv_cdf(p)


@lru_cache(maxsize=4096)
def beta_quantile(p: float, a: float, b: float) -> float:
    """The p-quantile of the beta distribution with shapes a, b > 0, to 1e-12, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if beta_probability(middle, a, b) < p:
            low = middle
        else:
            high = middle
        if high - low <= 1e-12 * high:
            break
    return (low + high) / 2


def beta_probability(x: float, a: float, b: float) -> float:
    """P(X <= x) of the beta distribution, the regularised incomplete beta function (Abramowitz and Stegun, 26.5)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # the continued fraction converges fast on this side of the mean only
    if x < (a + 1) / (a + b + 2):
        return front * _continued_fraction(x, a, b) / a
    return 1 - front * _continued_fraction(1 - x, b, a) / b


def t_quantile(p: float, degrees: float) -> float:
    """The p-quantile of Student's t distribution with `degrees` > 0 of freedom, 0.5 <= p < 1."""
    x = beta_quantile(2 * (1 - p), degrees / 2, 0.5)
    return math.sqrt(degrees * (1 - x) / x) if x > 0 else math.inf


def f_quantile(p: float, first: float, second: float) -> float:
    """The p-quantile of Snedecor's F distribution with so many degrees of freedom."""
    x = beta_quantile(p, first / 2, second / 2)
    return second * x / (first * (1 - x)) if x < 1 else math.inf


def binomial_interval(successes: float, trials: float, tail: float = 0.025) -> tuple[float, float]:
    """Exact limits of a share (Clopper and Pearson 1934, Biometrika 26:404-413), each missed with chance `tail`.

    Counts may be fractions, as effective counts are.
    """
    low = beta_quantile(tail, successes, trials - successes + 1) if successes > 0 else 0.0
    high = beta_quantile(1 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return low, high


def order_statistics(count: int, p: float, below: float, above: float) -> tuple[float | None, float | None]:
    """Places, from 1 to `count`, of the sorted samples that enclose their p-quantile, between samples where needed.

    below: the chance that the quantile is below the first, above: that it is above the second; None where none is
    so sure. Between two samples, whose chances are known, the place is interpolated (Nyblom 1992, Statistics and
    Probability Letters 14:129-131), so that few samples do not make the interval wider than it need be.
    """
    spread = math.sqrt(count * p * (1 - p))
    least, most = max(0, int(count * p - _FAR * (spread + 1))), min(count, int(count * p + _FAR * (spread + 1)))
    k = np.arange(least, most + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(count - k[:-1]) - np.log(k[1:]) + math.log(p / (1 - p)))])
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    # of a binomial count B of samples below the quantile: P(B < place), and P(B >= place)
    under = np.concatenate([[0.0], np.cumsum(weights)])
    over = np.concatenate([np.cumsum(weights[::-1])[::-1], [0.0]])
    first = int(np.searchsorted(under, below * _ROUNDED, side="right")) - 1
    second = int(np.argmax(over <= above * _ROUNDED))
    low = least + first + (below - under[first]) / max(under[first + 1] - under[first], _TINY)
    high = least + second - (above - over[second]) / max(over[second - 1] - over[second], _TINY)
    return (
        float(low) if least + first >= 1 else None,
        float(min(high, count)) if least + second <= count else None,
    )


def _continued_fraction(x: float, a: float, b: float) -> float:
    """The fraction of the incomplete beta function by Lentz's method (Press et al., Numerical Recipes, 6.4)."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 10_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + step * d)
            c = _away_from_zero(1 + step / c)
            result *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return result


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
