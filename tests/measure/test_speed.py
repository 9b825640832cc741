"""Which of two models is faster."""

import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.speed import compare_speed
from edgekit.spec.comparison import Block


def blocks_of(ours, theirs):
    return [Block(ours_ms=tuple(a), theirs_ms=tuple(b)) for a, b in zip(ours, theirs, strict=True)]


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


def test_the_interval_is_that_of_blocks_drawn_one_by_one():
    ours, theirs = machine(5, 0.97, count=12, size=3)
    found = compare_speed(blocks_of(ours, theirs))
    generator = np.random.default_rng(77)
    ratios = []
    for _ in range(4000):
        drawn = generator.integers(0, 12, 12)
        first, second = ([run for place in drawn for run in side[place]] for side in (ours, theirs))
        ratios.append(statistics.median(first) / statistics.median(second))
    low, high = np.percentile(ratios, (2.5, 97.5))
    assert (found.ratio.low, found.ratio.high) == pytest.approx((low, high), abs=0.03 * (high - low) + 0.01)
    assert found.ours_p50_ms == pytest.approx(statistics.median(ours.ravel().tolist()))


times = st.lists(st.floats(0.01, 1e4), min_size=2, max_size=2).map(tuple)


@settings(max_examples=40)
@given(st.lists(st.tuples(times, times), min_size=2, max_size=8))
def test_who_is_better_does_not_depend_on_who_is_first(pairs):
    found = compare_speed([Block(ours_ms=ours, theirs_ms=theirs) for ours, theirs in pairs])
    other = compare_speed([Block(ours_ms=theirs, theirs_ms=ours) for ours, theirs in pairs])
    assert other.ratio.value == pytest.approx(1 / found.ratio.value)
    opposite = {"better": "worse", "worse": "better", "no difference": "no difference"}
    assert other.verdict == opposite[found.verdict]


def test_one_block_says_nothing():
    with pytest.raises(ValueError, match="two blocks"):
        compare_speed(blocks_of([[1.0]], [[2.0]]))
    with pytest.raises(ValueError, match="2 runs of the one and 1 of the other"):
        Block(ours_ms=(1.0, 1.0), theirs_ms=(1.0,))
