"""Batches: every row once, little padding, another order each epoch, the same order for the same seed and epoch."""

from __future__ import annotations

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from edgekit.data.tokens import ShuffledByLength, batches_by_length


@given(lengths=st.lists(st.integers(1, 64), max_size=300), size=st.integers(1, 40), seed=st.integers(0, 99))
def test_every_row_comes_once_and_in_an_order_that_can_be_had_again(lengths, size, seed):
    sampler, again = (ShuffledByLength(lengths, size, seed) for _ in range(2))
    first = list(sampler)
    assert sorted(first) == list(range(len(lengths)))
    assert list(again) == first
    again.set_epoch(1)
    sampler.set_epoch(1)
    assert list(again) == list(sampler)


def test_little_is_padding_and_batches_are_not_sorted():
    lengths = [random.Random(index).randint(4, 60) for index in range(3200)]
    order = list(ShuffledByLength(lengths, 32, 0))
    batches = [[lengths[index] for index in order[start : start + 32]] for start in range(0, 3200, 32)]
    padded = sum(32 * max(batch) for batch in batches)
    assert padded < 1.1 * sum(lengths)
    means = [sum(batch) / 32 for batch in batches]
    rises = sum(later > earlier for earlier, later in itertools.pairwise(means))
    assert 0.35 < rises / len(means) < 0.65, "as often up as down"


@given(lengths=st.lists(st.integers(1, 64), max_size=300), size=st.integers(1, 9), seed=st.integers(0, 99))
def test_the_order_is_that_of_plain_lists(lengths, size, seed):
    """An order that changed from one version to the next would train another model from the same seed."""
    generator = random.Random(seed * 1_000_003)
    order = list(range(len(lengths)))
    generator.shuffle(order)
    for start in range(0, len(order), size * 20):
        order[start : start + size * 20] = sorted(order[start : start + size * 20], key=lengths.__getitem__)
    whole = len(order) // size * size
    starts = list(range(0, whole, size))
    generator.shuffle(starts)
    expected = [index for start in [*starts, whole] for index in order[start : start + size]]
    assert list(ShuffledByLength(lengths, size, seed)) == expected
    assert [index for batch in batches_by_length(lengths, size) for index in batch] == sorted(
        range(len(lengths)), key=lengths.__getitem__
    )


def test_evaluation_batches_hold_every_row_once():
    found = [index for batch in batches_by_length([index % 7 + 1 for index in range(50)], 8) for index in batch]
    assert sorted(found) == list(range(50))
