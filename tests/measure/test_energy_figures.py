"""The energy of one inference from readings of power."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from edgekit.measure.energy import energy_mj
from edgekit.spec.measurement import Energy


def test_by_hand():
    """3 W above idle for 10 s in 200 inferences are 150 mJ each."""
    found = energy_mj(Energy(idle_w=(2.0, 2.0), load_w=(5.0, 5.0, 5.0), runs=200, seconds=10, rails=("VDD_CORE",)))
    assert (found.value, found.low, found.high) == pytest.approx((150, 150, 150))


def test_the_interval_is_that_of_a_difference_of_means():
    """Against the normal interval with both variances, which many readings come to."""
    generator = np.random.default_rng(4)
    idle, load = generator.normal(2.5, 0.3, 100), generator.normal(6, 0.8, 150)
    found = energy_mj(Energy(idle_w=tuple(idle), load_w=tuple(load), runs=1000, seconds=10, rails=("VDD_CORE",)))
    spread = norm.ppf(0.975) * np.sqrt(idle.var() / 100 + load.var() / 150) * 10
    centre = (load.mean() - idle.mean()) * 10
    assert found.value == pytest.approx(centre)
    assert (found.low, found.high) == pytest.approx((centre - spread, centre + spread), abs=0.08 * spread)


watts = st.lists(st.floats(0, 20), min_size=1, max_size=30).map(tuple)


@settings(max_examples=25)
@given(watts, watts, st.integers(1, 10_000), st.floats(0.1, 60))
def test_the_figure_lies_between_the_extremes(idle, load, runs, seconds):
    found = energy_mj(Energy(idle_w=idle, load_w=load, runs=runs, seconds=seconds, rails=()))
    scale = 1e3 * seconds / runs
    least, most = (min(load) - max(idle)) * scale, (max(load) - min(idle)) * scale
    slack = 1e-6 * (1 + abs(least) + abs(most))
    assert least - slack <= found.low <= found.high <= most + slack
