"""Sustained speed: the last third of the time against the first."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import autoregressive, times

from edgekit.measure.performance.sustained import sustained


def test_a_device_that_slows_down_by_half():
    generator = np.random.default_rng(0)
    cold, warm = generator.normal(10, 0.5, 2000), generator.normal(15, 0.5, 1400)
    found = sustained([*cold, *warm])
    assert found.runs == 3400
    assert found.seconds == pytest.approx(41, rel=0.01)
    assert found.first.p50.value == pytest.approx(10, rel=0.02)
    assert found.last.p50.value == pytest.approx(15, rel=0.02)
    assert found.drift_pct.value == pytest.approx(50, abs=2)
    assert found.drift_pct.low < 50 < found.drift_pct.high
    assert found.drift_pct.low > 0


def test_thirds_are_of_the_time_and_not_of_the_runs():
    """One minute of 1 ms, one of 10 ms, one of 100 ms: each is a third, though the first has most runs."""
    found = sustained([1.0] * 60_000 + [10.0] * 6_000 + [100.0] * 600)
    assert (found.first.p99.value, found.last.p50.value) == (1.0, 100.0)


def test_noise_is_no_drift():
    generator = np.random.default_rng(1)
    rises = [sustained(generator.lognormal(0, 0.2, 600)).drift_pct.low > 0 for _ in range(40)]
    assert sum(rises) <= 4  # one in 40 is expected


def test_the_drift_holds_the_truth_for_runs_that_are_like_their_neighbours():
    generator = np.random.default_rng(2)
    for rho, least in ((0, 0.93), (0.3, 0.93)):
        found = [sustained(row).drift_pct for row in times(autoregressive(generator, 100, 900, rho), 0.1)]
        known = [drift for drift in found if not drift.doubt]
        assert len(known) > 80
        assert np.mean([drift.low <= 0 <= drift.high for drift in known]) >= least


def test_few_runs_tell_no_drift():
    found = sustained([10.0] * 9 + [15.0] * 12)
    assert found.drift_pct.value == pytest.approx(50)
    assert found.drift_pct.doubt.startswith("too little evidence: ")
    assert found.drift_pct.low <= 0


@settings(max_examples=25)
@given(st.lists(st.floats(0, 1e5), max_size=40))
def test_any_times_can_be_told(samples):
    found = sustained(samples)
    assert (found is None) == (len(samples) < 3)
    if found is not None:
        assert found.drift_pct.low <= found.drift_pct.high
