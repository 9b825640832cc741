"""Quantiles against scipy's."""

import math

import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.statistics.distributions import (
    beta_probability,
    beta_quantile,
    binomial_interval,
    f_quantile,
    normal_quantile,
    order_statistics,
    t_quantile,
)

SHAPES = st.floats(0.3, 3000)


@settings(deadline=None)
@given(st.sampled_from([0.001, 0.025, 0.05, 0.5, 0.8, 0.975, 0.999]), SHAPES, SHAPES)
def test_beta_is_scipys(p, a, b):
    expected = scipy.stats.beta.ppf(p, a, b)
    assert beta_quantile(p, a, b) == pytest.approx(expected, rel=1e-6, abs=1e-12)
    assert beta_probability(expected, a, b) == pytest.approx(p, rel=1e-5)


def test_beta_ends():
    assert (beta_probability(0, 2, 3), beta_probability(1, 2, 3)) == (0, 1)


@settings(deadline=None)
@given(st.sampled_from([0.8, 0.95, 0.975]), st.floats(1, 5000), st.floats(1, 5000))
def test_t_and_f_are_scipys(p, first, second):
    assert t_quantile(p, first) == pytest.approx(scipy.stats.t.ppf(p, first), rel=1e-5)
    assert f_quantile(p, first, second) == pytest.approx(scipy.stats.f.ppf(p, first, second), rel=1e-5)


def test_normal():
    assert normal_quantile(0.975) == pytest.approx(1.959963984540054)


@settings(deadline=None)
@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_binomial_limits_are_scipys(counts):
    successes, trials = counts
    expected = scipy.stats.binomtest(successes, trials).proportion_ci(method="exact")
    assert binomial_interval(successes, trials) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 3000), st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99]))
def test_places_of_order_statistics_miss_as_seldom_as_they_say(count, p):
    """At whole places the chances are scipy's: one place further in it would miss too often."""
    low, high = order_statistics(count, p, 0.025, 0.025)
    below = scipy.stats.binom(count, p)
    if low is None:
        assert below.cdf(0) > 0.025
    else:
        assert below.cdf(math.floor(low) - 1) <= 0.025 + 1e-9
        assert below.cdf(math.floor(low)) >= 0.025 - 1e-9
    if high is None:
        assert below.sf(count - 1) > 0.025
    else:
        assert below.sf(math.ceil(high) - 1) <= 0.025 + 1e-9
        assert below.sf(math.ceil(high) - 2) >= 0.025 - 1e-9


def test_places_by_hand():
    # six values: the median is below the smallest once in 64 times, below the second 7 in 64 times
    low, high = order_statistics(6, 0.5, 0.025, 0.025)
    assert low == pytest.approx(1 + (0.025 - 1 / 64) / (6 / 64))
    assert high == pytest.approx(7 - low)
    # 0.95^72 is 2.49 %, 0.95^71 is 2.62 %
    assert order_statistics(72, 0.95, 0.025, 0.025)[1] == pytest.approx(72, abs=0.01)
    assert order_statistics(71, 0.95, 0.025, 0.025)[1] is None
