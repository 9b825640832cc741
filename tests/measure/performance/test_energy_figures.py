"""The energy of one inference from readings of power."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import autoregressive, rates

from edgekit.measure.performance.energy import energy_mj
from edgekit.schema.measurement import Energy


def readings(idle, load, runs=1000, seconds=10.0):
    return Energy(idle_w=tuple(idle), load_w=tuple(load), runs=runs, seconds=seconds, rails=("VDD_CORE",))


def test_by_hand():
    """3 W above idle for 10 s in 200 inferences are 150 mJ each."""
    found = energy_mj(readings([2.0] * 20, [5.0] * 30, runs=200))
    assert (found.value, found.low, found.high, found.doubt) == (150, 150, 150, "")


def test_of_independent_readings_it_is_welchs_with_a_margin_for_their_correlation():
    from scipy.stats import t

    generator = np.random.default_rng(4)
    idle, load = generator.normal(2.5, 0.3, 300), generator.normal(6, 0.8, 400)
    found = energy_mj(readings(idle, load))
    error = np.sqrt(idle.var() / 300 + load.var() / 400) * 10
    centre = (load.mean() - idle.mean()) * 10
    assert found.value == pytest.approx(centre)
    half = (found.high - found.low) / 2
    assert 1 < half / (t.ppf(0.975, 600) * error) < 1.4


@pytest.mark.parametrize("rho", [0, 0.3, 0.6])
def test_the_interval_holds_the_truth_for_readings_in_a_row(rho):
    """5 s idle and 10 s under load, a reading every fifth of a second."""
    generator = np.random.default_rng(5)
    idle = 2.5 + 0.1 * autoregressive(generator, 300, 25, rho)
    load = 5 + 0.4 * autoregressive(generator, 300, 50, rho)
    found = [energy_mj(readings(*pair)) for pair in zip(idle, load, strict=True)]
    none, covered, false_passes = rates(found, 25.0)
    assert covered >= 0.93
    assert false_passes <= 0.03
    assert none < {0: 0.1, 0.3: 0.2, 0.6: 0.7}[rho]


def test_too_few_readings_and_a_load_that_does_not_stand_out_are_in_doubt():
    few = energy_mj(readings([2.0, 2.1], [5.0] * 50))
    assert (few.low, few.high) == (-math.inf, math.inf)
    assert few.doubt == "too little evidence: 2 readings of power while idle, at least 15 are needed"
    generator = np.random.default_rng(6)
    same = energy_mj(readings(generator.normal(3, 0.1, 50), generator.normal(3, 0.1, 50)))
    assert same.doubt == "the power under load does not stand out from that of the idle board"
    assert same.low < 0 < same.high
    assert energy_mj(readings([3.0] * 20, [2.0] * 20)).doubt == same.doubt


watts = st.lists(st.floats(0, 20), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(watts, watts, st.integers(1, 10_000), st.floats(0.1, 60))
def test_the_figure_lies_between_the_extremes(idle, load, runs, seconds):
    found = energy_mj(readings(idle, load, runs, seconds))
    scale = 1e3 * seconds / runs
    least, most = (min(load) - max(idle)) * scale, (max(load) - min(idle)) * scale
    slack = 1e-6 * (1 + abs(least) + abs(most))
    assert least - slack <= found.value <= most + slack
    assert found.low <= found.value <= found.high
    assert found.doubt or found.low > 0
