"""Windows over a text and what a model's logits say of it, against PyTorch, scipy and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.perplexity import Surprise, bits_per_byte, log_probabilities, perplexity, windows


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
        found.add(window, targets, lambda ids: np.zeros((len(ids), 32), np.float32))
    value, interval = perplexity(found)
    assert (value, interval.low, interval.high) == pytest.approx((32, 32, 32))
    assert found.total_tokens == 29
    assert bits_per_byte(value, 29, 29) == pytest.approx(5)


def test_the_interval_is_scipys():
    from scipy.stats import bootstrap

    generator = np.random.default_rng(2)
    tokens = generator.integers(50, 60, 200)
    nats = tokens * generator.gamma(20, 0.1, 200)
    value, interval = perplexity(surprise(zip(nats, tokens, strict=True)))
    other = bootstrap(
        (nats, tokens),
        lambda a, b: np.exp(a.sum() / b.sum()),
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=3000,
        rng=3,
    ).confidence_interval
    assert value == pytest.approx(math.exp(nats.sum() / tokens.sum()))
    width = other.high - other.low
    assert interval.low == pytest.approx(other.low, abs=0.06 * width)
    assert interval.high == pytest.approx(other.high, abs=0.06 * width)


def test_one_window_has_no_interval_and_many_are_taken_in_blocks():
    assert perplexity(surprise([(3.0, 2)])) == (pytest.approx(math.exp(1.5)), None)
    many = surprise((float(1 + place % 2), 1) for place in range(5001))
    value, interval = perplexity(many)
    # neighbours that cancel out leave nothing to vary but the blocks' odd ends
    assert interval.high - interval.low < 0.05 * value
