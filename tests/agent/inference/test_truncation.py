"""Texts over the limit, cut as the `tokenizers` library cuts them, and in time that grows with their length."""

from __future__ import annotations

import time

import pytest
import tokenizers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.tokenizer import Tokenizer

LENGTHS = (4, 5, 6, 7, 12)
_WORDS = st.lists(st.sampled_from(["turn", "on", "the", "lights", "unbelievable", "早上", "é", "🔔"]), max_size=12)
TEXTS = _WORDS.map(" ".join)


@pytest.fixture
def file(onnx_bundle):
    return open_bundle(onnx_bundle).tokenizer


@pytest.fixture
def theirs(file):
    """The library, cutting by itself, for each length."""
    found = {}
    for length in LENGTHS:
        found[length] = tokenizers.Tokenizer.from_file(str(file))
        found[length].no_padding()
        found[length].enable_truncation(length, strategy="longest_first")
    return found


@given(text=TEXTS, pair=st.none() | TEXTS, length=st.sampled_from(LENGTHS))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_as_the_library_cuts(file, theirs, text, pair, length):
    ours, expected = Tokenizer(file, length), theirs[length].encode(text, pair)
    given = ours.encode(text, pair)
    assert (given.ids, given.type_ids) == (expected.ids, expected.type_ids)
    assert ours.encode(text, pair).truncated == bool(expected.overflowing)
    if pair is None:
        assert ours.token_ends(text) == [end for _, end in expected.offsets]


@pytest.mark.parametrize("length", [8, 1_000_000])
def test_two_long_texts_cost_no_square_of_their_length(file, length):
    tokenizer, text = Tokenizer(file, length), "turn on " * 5000
    started = time.process_time()
    assert len(tokenizer.encode(text, text).ids) == min(length, 20_003)
    # the library's own cutting takes over ten seconds for this
    assert time.process_time() - started < 2
    assert len(tokenizer.token_ends(text)) == min(length, 10_002)
    assert time.process_time() - started < 4
