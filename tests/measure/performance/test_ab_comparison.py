"""Which of two models is faster."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import autoregressive, times

from edgekit.measure.performance.ab_comparison import compare_speed
from edgekit.schema.comparison import InterleavedBlock


def blocks_of(ours, theirs):
    return [InterleavedBlock(ours_ms=tuple(a), theirs_ms=tuple(b)) for a, b in zip(ours, theirs, strict=True)]


def machine(seed, ratio, count=40, size=5):
    """Runs on a machine that becomes up to three times slower and fast again, for both alike."""
    generator = np.random.default_rng(seed)
    drift = np.exp(np.abs(generator.normal(0, 0.4, count))).cumsum() / np.arange(1, count + 1)
    drift = 1 + 2 * np.abs(np.sin(drift * 3))[:, None]
    noise = generator.lognormal(0, 0.05, (2, count, size))
    return drift * noise[0] * ratio, drift * noise[1]


@pytest.mark.parametrize(("ratio", "verdict"), [(0.9, "better"), (1.1, "worse")])
def test_a_tenth_is_told_on_a_restless_machine(ratio, verdict):
    found = compare_speed(blocks_of(*machine(3, ratio, count=400)))
    assert found.verdict == verdict
    assert found.ratio.low < found.ratio.value < found.ratio.high
    assert (found.blocks, found.runs) == (400, 2000)


def test_the_same_model_against_itself_is_seldom_called_different():
    verdicts = [compare_speed(blocks_of(*machine(seed, 1.0))).verdict for seed in range(60)]
    assert verdicts.count("no difference") >= 51  # 57 are expected at 95 %


def test_the_ratio_is_that_of_blocks_and_their_spread():
    """By hand, for blocks that have no correlation: the mean of logarithms with its standard error."""
    ours, theirs = machine(5, 0.97, count=2000, size=3)
    found = compare_speed(blocks_of(ours, theirs))
    logs = np.log(np.median(ours, axis=1) / np.median(theirs, axis=1))
    assert found.ratio.value == pytest.approx(math.exp(logs.mean()))
    half = math.log(found.ratio.high / found.ratio.value)
    assert 1 < half / (1.96 * logs.std() / math.sqrt(2000)) < 1.15
    assert found.ours_p50_ms == pytest.approx(statistics.median(ours.ravel().tolist()))
    assert found.theirs_p50_ms == pytest.approx(statistics.median(theirs.ravel().tolist()))


@pytest.mark.parametrize("rho", [0, pytest.param(0.3, marks=pytest.mark.slow), 0.5])
@pytest.mark.parametrize("count", [20, 100])
def test_the_interval_holds_a_ratio_that_wanders(count, rho):
    """One side has spells of its own, as where it warms up."""
    generator = np.random.default_rng(11)
    found = []
    for _ in range(120):
        theirs = times(generator.standard_normal((count, 5)), 0.05)
        wandering = np.exp(0.05 * autoregressive(generator, 1, count, rho)[0])[:, None]
        ours = times(generator.standard_normal((count, 5)), 0.05) * wandering
        found.append(compare_speed(blocks_of(ours, theirs)).ratio)
    known = [ratio for ratio in found if not ratio.doubt]
    assert len(known) > 70
    assert np.mean([ratio.low <= 1 <= ratio.high for ratio in known]) >= 0.92


def test_processes_that_differ_leave_no_verdict():
    """Two processes where we are faster, and one where we are not: a layout of memory, not a model."""
    generator = np.random.default_rng(12)
    levels = np.repeat([0.9, 0.93, 1.05], 40)[:, None]
    ours, theirs = times(generator.standard_normal((2, 120, 5)), 0.02)
    blocks = blocks_of(ours * levels, theirs)
    assert compare_speed(blocks, processes=(40, 40, 40)).verdict == "no difference"
    assert compare_speed(blocks_of(0.9 * ours, theirs), processes=(40, 40, 40)).verdict == "better"


def test_too_few_blocks_are_no_verdict():
    found = compare_speed(blocks_of([[1.0, 1.0]] * 14, [[2.0, 2.0]] * 14))
    assert (found.verdict, found.ratio.value) == ("no difference", 0.5)
    assert found.ratio.doubt == "too little evidence: 14 blocks of runs, at least 15 are needed"


pairs_of_times = st.lists(st.floats(0.01, 1e4), min_size=2, max_size=2).map(tuple)


@settings(max_examples=40)
@given(st.lists(st.tuples(pairs_of_times, pairs_of_times), min_size=2, max_size=30))
def test_who_is_better_does_not_depend_on_who_is_first(pairs):
    found = compare_speed([InterleavedBlock(ours_ms=ours, theirs_ms=theirs) for ours, theirs in pairs])
    other = compare_speed([InterleavedBlock(ours_ms=theirs, theirs_ms=ours) for ours, theirs in pairs])
    assert other.ratio.value == pytest.approx(1 / found.ratio.value)
    opposite = {"better": "worse", "worse": "better", "no difference": "no difference"}
    assert other.verdict == opposite[found.verdict]


def test_one_block_says_nothing():
    with pytest.raises(ValueError, match="two blocks"):
        compare_speed(blocks_of([[1.0]], [[2.0]]))
    with pytest.raises(ValueError, match="2 runs of the one and 1 of the other"):
        InterleavedBlock(ours_ms=(1.0, 1.0), theirs_ms=(1.0,))
