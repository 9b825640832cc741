"""Percentiles and their intervals: by hand, against other libraries, by simulation, and their own laws."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import autoregressive, rates, throttled, time_percentile, times

from edgekit.measure.statistics.percentiles import (
    FEWEST_SAMPLES,
    percentile,
    percentile_interval,
    percentile_intervals,
)

SAMPLES = st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=200)
LEVELS = st.sampled_from([50, 90, 95, 99])


@pytest.mark.parametrize(
    ("samples", "q", "expected"),
    [
        ([3.0], 99, 3.0),
        ([4, 1, 3, 2], 50, 2.5),
        ([1, 2, 3, 4, 5], 95, 4.8),
        ([1, 2, 3, 4, 5], 100, 5),
        (range(1, 102), 90, 91),
    ],
)
def test_percentiles_by_hand(samples, q, expected):
    assert percentile(list(samples), q) == pytest.approx(expected)


@settings(deadline=None)
@given(SAMPLES, st.floats(0, 100))
def test_percentiles_are_numpys(samples, q):
    assert percentile(samples, q) == pytest.approx(float(np.percentile(samples, q)), rel=1e-9, abs=1e-9)


def test_no_samples():
    for function in (percentile, percentile_interval):
        with pytest.raises(ValueError, match="no samples"):
            function([], 50)


@settings(deadline=None)
@given(SAMPLES, LEVELS)
def test_an_interval_holds_its_figure_and_lies_in_the_samples_or_has_no_bound(samples, q):
    found = percentile_interval(samples, q)
    assert found.value == percentile(samples, q)
    assert found.low <= found.value <= found.high
    assert found.low == -math.inf or min(samples) <= found.low
    assert found.high == math.inf or found.high <= max(samples)
    assert bool(found.doubt) == (found.high == math.inf)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), LEVELS, st.sampled_from([0.25, 2.0, 1024.0]))
def test_another_unit_scales_the_interval(seed, q, factor):
    samples = times(np.random.default_rng(seed).standard_normal(900))
    found, scaled = (percentile_interval(values, q, processes=(300,) * 3) for values in (samples, factor * samples))
    assert (scaled.value, scaled.low, scaled.high) == pytest.approx(
        (factor * found.value, factor * found.low, factor * found.high)
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 400))
def test_several_levels_at_once_are_the_single_ones(seed, count):
    samples = times(np.random.default_rng(seed).standard_normal(count + 1))
    assert percentile_intervals(samples, (50, 95, 99)) == tuple(percentile_interval(samples, q) for q in (50, 95, 99))


@pytest.mark.parametrize(("count", "q"), [(200, 50), (200, 95), (1000, 99), (1000, 90)])
def test_of_independent_samples_it_is_the_binomial_one(count, q):
    """Samples in an order that has no correlation at all: the places are those of scipy's binomial quantiles."""
    from scipy.stats import binom

    samples = uncorrelated(count)
    found = percentile_interval(samples, q)
    # that so few tell little of their correlation costs ten of them
    effective = int(count / (1 + 10 / count))
    low, high = binom.ppf((0.025, 0.975), effective, q / 100) * count / effective
    # a sample is its own place; between two places the chances are interpolated
    assert low - 1e-9 <= found.low <= low + count / effective
    assert high - 1e-9 <= found.high <= high + count / effective


def uncorrelated(count):
    """The numbers 1 to `count`, shuffled until no neighbours are alike."""
    from edgekit.measure.statistics.dependence import autocorrelation_time

    for seed in range(1000):
        samples = np.random.default_rng(seed).permutation(count) + 1.0
        above = [samples > np.percentile(samples, q) for q in (50, 90, 95, 99)]
        if all(autocorrelation_time([np.asarray(part, float)]) == 1 for part in (samples, *above)):
            return samples
    raise AssertionError("every order has correlations")


@pytest.mark.parametrize("q", [50, 90, 95, 99])
def test_too_few_samples_have_no_interval(q):
    fewest = {50: FEWEST_SAMPLES, 90: 29, 95: 59, 99: 299}[q]
    for count in (1, 5, fewest - 1):
        found = percentile_interval(uncorrelated(count) if count > 20 else [1.0] * count, q)
        assert (found.low, found.high) == (-math.inf, math.inf)
        noun = "sample" if count == 1 else "samples"
        needs = f"p{q} needs {fewest} that are independent of each other"
        assert found.doubt == f"too little evidence: {count} {noun}, {needs}"
    # so few in a row count as ten fewer
    assert percentile_interval(uncorrelated(fewest + 1), q).high == math.inf
    assert percentile_interval(uncorrelated(fewest + 11), q).high < math.inf


def test_59_independent_samples_bound_p95_by_the_largest_which_misses_it_once_in_20_times():
    samples = uncorrelated(68)
    found = percentile_interval(samples, 95)
    assert (found.high, found.doubt) == (max(samples), "")
    # what the upper bound misses too often, 4.85 % of 59, the lower one makes good
    from scipy.stats import binom

    assert binom.cdf(found.low * 59 / 68 - 1, 59, 0.95) < 0.05 - 0.95**59 + 0.002


def test_correlated_samples_count_as_fewer():
    values = times(autoregressive(np.random.default_rng(1), 1, 300, 0.9)[0])
    found = percentile_interval(values, 95)
    assert found.high == math.inf
    assert found.doubt.startswith("too little evidence: 300 samples in a row count as ")
    assert found.doubt.endswith(" independent ones, p95 needs 59 that are independent of each other")


def test_a_spell_that_was_seen_once_is_not_enough():
    generator = np.random.default_rng(2)
    samples = times(generator.standard_normal(2000), 0.05)
    samples[700:720] *= 1.8
    assert "slow spells were seen only once (" in percentile_interval(samples, 95).doubt
    samples[1500:1520] *= 1.8
    assert "slow spells were seen only 2 times (" in percentile_interval(samples, 95).doubt
    # a median is bounded whatever they take of the time: by a higher sample than without them
    shuffled = generator.permutation(samples)
    found, without = percentile_interval(samples, 50), percentile_interval(shuffled, 50)
    assert (found.doubt, without.doubt) == ("", "")
    assert found.high > 1.005 * without.high > without.low == pytest.approx(found.low, rel=0.003)
    # apart from each other they are no spells
    assert not percentile_interval(shuffled, 95).doubt


def test_a_fast_spell_that_was_seen_once_leaves_the_fastest_sample_as_the_lower_bound():
    """Slow from the start, and then fast once: nobody knows whether it is slow most of the time."""
    samples = times(np.random.default_rng(10).standard_normal(1000), 0.05)
    samples[:970] *= 1.8
    found = percentile_interval(samples, 95)
    assert (found.low, found.doubt) == (min(samples), "")
    assert found.value < found.high < 21


def test_many_spells_tell_their_share():
    generator = np.random.default_rng(3)
    samples = times(generator.standard_normal(20_000), 0.05)
    for start in generator.choice(400, 40, replace=False):
        samples[50 * start : 50 * start + 40] *= 1.8
    found = percentile_interval(samples, 95)
    assert found.doubt == ""
    assert 17 < found.value <= found.high < 20


RUNS = 300


@pytest.mark.parametrize("count", [30, 100, 1000, *(pytest.param(it, marks=pytest.mark.slow) for it in (60, 200))])
@pytest.mark.parametrize("rho", [0, 0.3, 0.9])
@pytest.mark.parametrize("q", [50, 95])
def test_no_false_pass_and_honest_coverage_for_correlated_samples(count, rho, q):
    samples = times(autoregressive(np.random.default_rng(count), RUNS, count, rho))
    none, covered, false_passes = rates([percentile_interval(row, q) for row in samples], time_percentile(q))
    assert false_passes <= 0.03
    assert covered > 0.9 or none > 0.8
    if rho == 0 and count > 100:
        assert none <= 0.01


@pytest.mark.parametrize("count", [100, 200, 1000])
def test_no_false_pass_for_heavy_tails(count):
    samples = 10 * (1 + 0.1 * np.random.default_rng(count).pareto(2, (RUNS, count)))
    _, covered, false_passes = rates([percentile_interval(row, 95) for row in samples], 10 * (1 + 0.1 * (20**0.5 - 1)))
    assert false_passes <= 0.03
    assert covered > 0.92


def test_a_limit_5_percent_above_the_truth_passes_with_2000_samples():
    limit = 1.05 * time_percentile(95)
    for rho, least in ((0, 0.93), (0.3, 0.76)):
        samples = times(autoregressive(np.random.default_rng(7), 200, 2000, rho))
        assert np.mean([percentile_interval(row, 95).high <= limit for row in samples]) >= least


@pytest.mark.parametrize(("count", "runs"), [(200, 200), (1000, 200), (2000, 150), (20_000, 40)])
def test_no_false_pass_where_throttling_was_met(count, runs):
    samples = throttled(np.random.default_rng(count), runs, count)
    truth = 18.0  # a tenth of the runs is around 18 ms, half of them above
    met = [row for row in samples if np.sum(row > 14) >= 10]
    _, covered, false_passes = rates([percentile_interval(row, 95) for row in met], truth)
    assert len(met) > 20
    assert false_passes <= 0.03
    assert covered > 0.92 or count < 20_000


def test_a_drift_and_a_wandering_level_give_no_tight_interval():
    generator = np.random.default_rng(5)
    ramp = times(generator.standard_normal(2000), 0.02) * np.linspace(1, 1.5, 2000)
    walk = 10 * np.exp(np.cumsum(generator.normal(0, 0.01, 2000)))
    for samples in (ramp, walk):
        assert percentile_interval(samples, 50).high == math.inf


def test_a_coarse_clock_is_no_harm():
    generator = np.random.default_rng(6)
    samples = np.round(times(generator.standard_normal(2000)))
    found = percentile_interval(samples, 95)
    assert (found.low, found.value, found.high) == (15, 15, 15) or found.low < found.high
    assert percentile_interval([4.0] * 100, 95).high == 4.0


def test_alike_processes_cost_little_and_different_ones_widen_the_interval():
    generator = np.random.default_rng(8)

    def measured(*levels):
        return np.concatenate([level * np.exp(generator.normal(0, 0.02, 700)) for level in levels])

    alike = percentile_interval(measured(10, 10, 10), 95, processes=(700,) * 3)
    assert alike.high < 1.01 * alike.value
    for levels in ((10, 10.5, 11), (10, 10, 12)):
        samples = measured(*levels)
        for q in (50, 95):
            found = percentile_interval(samples, q, processes=(700,) * 3)
            assert found.doubt == ""
            assert found.high > max(levels) > min(levels) > found.low


def test_no_false_pass_where_processes_differ():
    """Three processes of 300 samples, their levels spread by 5 %."""
    generator = np.random.default_rng(9)
    for q in (50, 95):
        found = []
        for _ in range(RUNS):
            levels = np.repeat(generator.normal(0, 0.05, 3), 300)
            samples = 10 * np.exp(levels + generator.normal(0, 0.25, 900))
            found.append(percentile_interval(samples, q, processes=(300,) * 3))
        _, covered, false_passes = rates(found, time_percentile(q, math.hypot(0.25, 0.05)))
        assert false_passes <= 0.03
        assert covered > 0.88


def test_samples_of_other_processes_are_refused():
    with pytest.raises(ValueError, match="100 values in parts of 90"):
        percentile_interval([1.0] * 100, 95, processes=(40, 50))


def test_it_is_reproducible_and_fast():
    samples = np.random.default_rng(4).lognormal(0, 1, 1_000_000)
    started = time.process_time()
    found = percentile_interval(samples, 99)
    assert time.process_time() - started < 4
    assert found == percentile_interval(samples, 99)
    assert found.high - found.low < 0.2
