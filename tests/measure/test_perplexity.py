"""Windows over a text and what a model's logits say of it, against PyTorch, scipy and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.perplexity import (
    Surprise,
    bits_per_byte,
    increase,
    log_probabilities,
    perplexity,
    scorer,
    windows,
)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(1, 20), st.data())
def test_every_token_is_foretold_once_and_knows_as_many_as_fit(count, context, data):
    stride = data.draw(st.integers(1, context))
    ids = list(range(100, 100 + count))
    foretold = []
    for window, targets in windows(iter(ids), context, stride):
        assert 1 <= len(targets) <= len(window) <= context
        # a window is what comes right before the last of its targets
        assert window.tolist() == ids[int(targets[-1]) - 100 - len(window) : int(targets[-1]) - 100]
        if foretold:
            assert len(window) == min(context, len(foretold) + len(targets))
            assert len(targets) <= stride
        foretold += targets.tolist()
    assert foretold == ids[1:]


def test_windows_by_hand():
    found = [(window.tolist(), targets.tolist()) for window, targets in windows(range(8), 4, 2)]
    assert found == [([0, 1, 2, 3], [1, 2, 3, 4]), ([2, 3, 4, 5], [5, 6]), ([3, 4, 5, 6], [7])]
    disjoint = [(window.tolist(), targets.tolist()) for window, targets in windows(range(9), 4, 4)]
    assert disjoint == [([0, 1, 2, 3], [1, 2, 3, 4]), ([4, 5, 6, 7], [5, 6, 7, 8])]


@pytest.mark.parametrize("stride", [0, 5])
def test_a_stride_must_fit(stride):
    with pytest.raises(ValueError, match="stride"):
        next(windows(range(3), 4, stride))


def test_probabilities_are_pytorchs():
    import torch

    generator = np.random.default_rng(1)
    logits = generator.normal(0, 30, (20, 50))
    targets = generator.integers(0, 50, 20)
    other = -torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(targets), reduction="none")
    assert log_probabilities(logits, targets) == pytest.approx(other.numpy(), abs=1e-9)


def surprise(windows_of):
    found = Surprise()
    for nats, tokens in windows_of:
        found.nats.append(nats)
        found.tokens.append(tokens)
    return found


def test_a_model_that_knows_nothing_is_as_perplexed_as_it_has_tokens():
    found = Surprise()
    for window, targets in windows(range(30), 8, 4):
        found.add(window, targets, scorer(lambda ids: np.zeros((len(ids), 32), np.float32)))
    value, interval = perplexity(found)
    assert (value, interval.low, interval.high) == pytest.approx((32, 32, 32))
    assert found.total_tokens == 29
    assert bits_per_byte(value, 29, 29) == pytest.approx(5)


def test_the_interval_is_that_of_blocks_drawn_one_by_one():
    """Against scipy's bootstrap of circular blocks that were laid out by hand."""
    from scipy.stats import bootstrap

    generator = np.random.default_rng(2)
    tokens = generator.integers(50, 60, 216)
    nats = tokens * autoregressive(generator, 216, 0.5)
    value, interval = perplexity(surprise(zip(nats, tokens, strict=True)))
    blocks = [[(start + step) % 216 for step in range(6)] for start in range(216)]

    def statistic(chosen, axis=-1):
        # as many blocks as cover the text once
        picked = chosen[..., :36].astype(int)
        sums = (np.array([values[block].sum() for block in blocks])[picked].sum(axis) for values in (nats, tokens))
        return np.exp(np.divide(*sums))

    other = bootstrap((np.arange(216),), statistic, method="percentile", n_resamples=3000, rng=3).confidence_interval
    assert value == pytest.approx(math.exp(nats.sum() / tokens.sum()))
    width = other.high - other.low
    assert interval.low == pytest.approx(other.low, abs=0.06 * width)
    assert interval.high == pytest.approx(other.high, abs=0.06 * width)


def autoregressive(generator, count, rho):
    """Nats a token of neighbouring windows around 3, each `rho` like the one before; variance 0.04."""
    noise = generator.normal(0, 0.2 * math.sqrt(1 - rho * rho), count)
    found = [generator.normal(0, 0.2)]
    for fresh in noise[1:]:
        found.append(rho * found[-1] + fresh)
    return 3 + np.array(found)


def test_windows_that_are_like_their_neighbours_widen_the_interval():
    """How often the interval holds the truth: 74 % for an interval that takes windows of AR(0.5) for independent."""
    generator = np.random.default_rng(8)
    held = independent = 0
    for trial in range(60):
        values = autoregressive(generator, 300, 0.5)
        _, interval = perplexity(surprise((10 * nats, 10) for nats in values), seed=trial)
        held += interval.low <= math.exp(3) <= interval.high
        independent += abs(values.mean() - 3) <= 1.96 * values.std() / math.sqrt(300)
    assert independent / 60 < 0.83
    assert held / 60 > 0.86


def test_a_shorter_stride_is_not_more_text():
    """The same surprise of every token, told by windows that overlap more and more, is as uncertain."""
    generator = np.random.default_rng(6)
    ids = np.concatenate([generator.integers(0, 2, 16) if part % 2 else np.ones(16, int) for part in range(40)])

    def told(stride):
        found = Surprise()
        for window, targets in windows(ids.tolist(), 32, stride):
            found.add(window, targets, scorer(lambda ids: np.tile(np.array([0, 2], np.float32), (len(ids), 1))))
        return found

    whole, value = told(32), perplexity(told(32))[0]
    widths = []
    for stride in (32, 16, 4, 1):
        found = told(stride)
        assert found.total_tokens == len(ids) - 1
        assert len(found.tokens) == len(whole.tokens)
        again, interval = perplexity(found)
        assert again == pytest.approx(value)
        widths.append(interval.high - interval.low)
    assert widths == pytest.approx([widths[0]] * 4, rel=1e-6)


def test_one_window_has_no_interval_and_many_are_taken_in_blocks():
    assert perplexity(surprise([(3.0, 2)])) == (pytest.approx(math.exp(1.5)), None)
    many = surprise((float(1 + place % 2), 1) for place in range(5001))
    value, interval = perplexity(many)
    # neighbours that cancel out leave nothing to vary but the blocks' odd ends
    assert interval.high - interval.low < 0.05 * value


def test_an_increase_is_paired():
    generator = np.random.default_rng(4)
    tokens = [40] * 300
    easy = generator.gamma(20, 4, 300)
    more = generator.normal(0.4, 0.2, 300)
    before = surprise(zip(easy, tokens, strict=True))
    after = surprise(zip(easy + more, tokens, strict=True))
    value, interval = increase(before, after)
    assert value == pytest.approx(100 * (perplexity(after)[0] / perplexity(before)[0] - 1))
    # the deviation of a mean of the differences alone, not of the windows
    half = 1.96 * np.std(more) / math.sqrt(300) / 40 * 100
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.15)
    assert increase(after, before)[0] < 0
    assert increase(surprise([(3.0, 2)]), surprise([(3.2, 2)])) == (pytest.approx(100 * math.expm1(0.1)), None)
    with pytest.raises(ValueError, match="same tokens"):
        increase(before, surprise([(3.0, 2)]))
