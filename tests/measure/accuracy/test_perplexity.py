"""Windows over a text and what a model's logits say of it, against PyTorch, scipy and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import autoregressive

from edgekit.measure.accuracy.perplexity import (
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
    for window, targets in windows([number % 32 for number in range(300)], 8, 4):
        found.add(window, targets, scorer(lambda ids: np.zeros((len(ids), 32), np.float32)))
    value, interval = perplexity(found)
    assert (value, interval.low, interval.high) == pytest.approx((32, 32, 32))
    assert found.total_tokens == 299
    assert bits_per_byte(value, 299, 299) == pytest.approx(5)


@pytest.mark.parametrize("rho", [0, 0.3, 0.5])
@pytest.mark.parametrize("count", [20, 50, 300])
def test_the_interval_holds_the_truth_for_windows_that_are_like_their_neighbours(count, rho):
    values = 3 + 0.2 * autoregressive(np.random.default_rng(8), 200, count, rho)
    found = [perplexity(surprise((10 * nats, 10) for nats in row))[1] for row in values]
    known = [interval for interval in found if interval is not None]
    assert len(known) > 100
    assert np.mean([interval.low <= math.exp(3) <= interval.high for interval in known]) >= 0.91


def test_windows_of_other_sizes_are_a_ratio_of_sums():
    """Long windows are easier: the interval is of nats over tokens, not of the mean of windows."""
    generator = np.random.default_rng(9)
    covered = 0
    for _ in range(200):
        tokens = generator.integers(10, 200, 100)
        nats = tokens * (3 - tokens / 400) + generator.normal(0, 3, 100)
        _, interval = perplexity(surprise(zip(nats, tokens, strict=True)))
        # sums over 10..199 of n * (3 - n / 400), over the sum of n
        sizes = np.arange(10, 200)
        covered += interval.low <= math.exp((sizes * (3 - sizes / 400)).sum() / sizes.sum()) <= interval.high
    assert covered / 200 >= 0.93


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


def test_too_few_windows_have_no_interval():
    assert perplexity(surprise([(3.0, 2)])) == (pytest.approx(math.exp(1.5)), None)
    assert perplexity(surprise([(3.0, 2)] * 14))[1] is None
    assert perplexity(surprise([(3.0, 2)] * 15))[1] is not None


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
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.2)
    assert increase(after, before)[0] < 0
    assert increase(surprise([(3.0, 2)]), surprise([(3.2, 2)])) == (pytest.approx(100 * math.expm1(0.1)), None)
    with pytest.raises(ValueError, match="same tokens"):
        increase(before, surprise([(3.0, 2)]))
