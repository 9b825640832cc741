"""Autocorrelation times against theory and brute force; slow spells; means of values in a row."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import autoregressive

from edgekit.measure.statistics.dependence import (
    autocorrelation_time,
    counted_as,
    mean_of,
    slow_spells,
    split_by_process,
    variance_between,
)
from edgekit.measure.statistics.percentiles import percentile_interval


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.7, 0.9])
def test_the_time_of_an_autoregressive_series_is_that_of_theory(rho):
    values = autoregressive(np.random.default_rng(1), 20, 5000, rho)
    found = np.mean([autocorrelation_time([row]) for row in values])
    assert found == pytest.approx((1 + rho) / (1 - rho), rel=0.1)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-100, 100), min_size=4, max_size=60))
def test_the_time_is_that_of_sums_written_out(values):
    """Geyer's sum of pairs, from autocovariances by their definition."""
    series = np.array(values)
    centred = series - series.mean()
    count = len(series)
    lags = count // 2 + 1
    covariances = [float(centred[: count - lag] @ centred[lag:]) / count for lag in range(lags)]
    found = autocorrelation_time([series])
    if covariances[0] <= 1e-10 * max(float(np.mean(series**2)), 1e-300):
        return
    pairs, least = 0.0, math.inf
    for even in range(0, lags - 1, 2):
        pair = (covariances[even] + covariances[even + 1]) / covariances[0]
        if pair <= 1e-9:
            break
        least = min(least, pair)
        pairs += least
    plain = max(1.0, 2 * pairs - 1)
    # what the estimated mean took out is put back where there is correlation, and only there
    assert found >= plain - 1e-6
    if plain == 1:
        assert found == pytest.approx(1, abs=1e-6)


def test_constant_series_and_few_values():
    for values in ([], [3.0], [3.0] * 500, [0.0] * 10):
        assert autocorrelation_time([np.array(values)]) == 1 if values else True


def test_levels_of_parts_are_no_correlation():
    generator = np.random.default_rng(2)
    parts = [generator.normal(level, 1, 500) for level in (0, 50, 100)]
    assert autocorrelation_time(parts) < 1.5
    assert autocorrelation_time([np.concatenate(parts)]) > 50


def test_a_series_is_cut_into_its_parts():
    assert [part.tolist() for part in split_by_process(np.arange(5.0), (2, 0, 3))] == [[0, 1], [2, 3, 4]]
    assert len(split_by_process(np.arange(5.0), ())) == len(split_by_process(np.arange(5.0), (5,))) == 1


def test_independent_samples_have_no_spells():
    generator = np.random.default_rng(3)
    found = [slow_spells([generator.lognormal(0, 1, 2000)], 0.95) for _ in range(200)]
    assert sum(spells.count > 0 for spells in found) <= 2


def test_short_correlation_is_not_taken_for_spells():
    values = autoregressive(np.random.default_rng(4), 200, 2000, 0.3)
    assert sum(slow_spells([row], 0.95).count > 0 for row in values) <= 6


def test_a_spell_does_not_go_on_in_another_process():
    generator = np.random.default_rng(5)
    values = generator.normal(10, 0.1, 1000)
    values[496:504] += 5
    assert slow_spells([values], 0.95).count == 1
    assert slow_spells([values[:500], values[500:]], 0.95).count in (0, 2)


def test_few_spells_raise_the_level_by_what_they_may_take():
    generator = np.random.default_rng(9)
    values = generator.normal(10, 0.1, 20_000)
    values[1000:1010] += 5
    spells = slow_spells([values], 0.95)
    # 10 of 20,000 seen once: the upper limit of the odds is 39 times theirs
    share = 39 * 10 / 19_990 / (1 + 39 * 10 / 19_990)
    fast = (0.05 - share) / (1 - share)
    assert (spells.count, spells.samples) == (1, 10)
    assert spells.level == pytest.approx(1 - (0.0005 + 0.9995 * fast), rel=1e-5)
    assert slow_spells([values], 0.99).level is None
    # where they may take most of what is above the percentile, the slowest sample is the bound; beyond that none is
    values[1000:1018] = 15
    assert slow_spells([values], 0.95).level == 1
    found = percentile_interval(values, 95)
    assert (found.high, found.doubt) == (values.max(), "")
    values[1000:1030] = 15
    assert slow_spells([values], 0.95).level is None


def test_ten_spells_bound_the_evidence():
    generator = np.random.default_rng(6)
    values = generator.normal(10, 0.1, 4000)
    for start in range(100, 4000, 300):
        values[start : start + 30] += 5
    spells = slow_spells([values], 0.95)
    assert (spells.count, spells.level) == (0, 0.95)
    # 13 spells with a tenth of the samples: 2 / 3 of 0.95 * 0.05 * 13 / (2 * 0.05^2)
    assert spells.effective == pytest.approx(2 / 3 * 0.95 * 13 / (2 * 0.05))


@pytest.mark.parametrize(("count", "rho"), [(20, 0), (50, 0.3), (100, 0.5), (300, 0.7)])
def test_the_interval_of_a_mean_holds_it(count, rho):
    values = autoregressive(np.random.default_rng(7), 300, count, rho)
    means = [mean_of([row]) for row in values]
    known = [mean for mean in means if not mean.doubt]
    assert len(known) > 200
    assert np.mean([abs(mean.value) <= mean.half_width for mean in known]) >= 0.92


def test_means_of_too_few_values_are_in_doubt():
    few = mean_of([np.arange(14.0)], "readings")
    assert few.doubt == "too little evidence: 14 readings, at least 15 are needed"
    assert few.half_width == math.inf
    alike = mean_of([np.linspace(0, 1, 40)], "readings")
    assert alike.doubt.startswith("too little evidence: 40 readings in a row count as ")


def test_processes_that_differ_are_the_values_of_a_mean():
    generator = np.random.default_rng(8)
    parts = [generator.normal(level, 0.1, 50) for level in (1.0, 1.5, 2.0)]
    mean = mean_of(parts)
    assert mean.degrees == 2
    assert mean.error == pytest.approx(0.5 / math.sqrt(3), rel=0.1)
    same = mean_of([generator.normal(1, 0.1, 50) for _ in range(3)])
    assert same.error < 0.03


def test_variance_between_needs_more_than_chance():
    levels = np.array([1.0, 1.1, 1.2])
    assert variance_between(levels, 0.01, [50, 50, 50]) == pytest.approx(0.01)
    assert variance_between(levels, 0.2, [50, 50, 50]) == 0
    assert variance_between(levels[:1], 0.01, [50]) == 0


def test_words():
    assert counted_as(1200, 1200, "samples") == "1,200 samples"
    assert counted_as(1200, 41.7, "samples") == "1,200 samples in a row count as 41 independent ones"
