"""More rows: the same from the same seed, made of words there are, and labelled by the teacher alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.compress.distillation.augment import augmented, with_more_rows
from edgekit.data.splits import PairsOfText, Split
from edgekit.errors import UsageError
from edgekit.options.train_options import DistillOptions

WORDS = [f"word{number}" for number in range(200)]
TEXTS = [" ".join(WORDS[start : start + 10]) for start in range(0, 190, 10)]


def made(copies=30, seed=0, mask="[MASK]", texts=TEXTS, pairs=None):
    return [text for text, _ in augmented(PairsOfText(texts, pairs), copies, seed, mask)]


def test_the_same_seed_gives_the_same_rows_and_another_gives_others():
    assert made() == made()
    assert made() != made(seed=1)
    assert len(made()) == 30 * len(TEXTS)


def test_words_are_masked_dropped_and_swapped_about_as_often_as_they_should_be():
    rows = [row.split() for row in made(copies=100)]
    total = 10 * len(rows)
    masked = sum(row.count("[MASK]") for row in rows) / total
    assert 0.08 < masked < 0.11, "a swapped phrase may take the place of a mask"
    dropped = 1 - sum(map(len, rows)) / total
    assert 0.085 < dropped < 0.115
    foreign = sum(
        any(word != "[MASK]" and word not in TEXTS[index // 100].split() for word in row)
        for index, row in enumerate(rows)
    )
    # a quarter of the rows, less those that chose themselves as the other
    assert 0.2 < foreign / len(rows) < 0.26


def test_without_a_mask_token_words_are_dropped():
    rows = [row.split() for row in made(copies=100, mask=None)]
    assert not any("[MASK]" in row for row in rows)
    assert 0.17 < 1 - sum(map(len, rows)) / (10 * len(rows)) < 0.23


def test_characters_are_the_words_of_a_language_without_spaces():
    text = "明天早上七点叫我起床请把客厅的灯打开"
    rows = made(copies=40, texts=[text] * 2, mask=None)
    assert 0.1 < 1 - sum(map(len, rows)) / (len(text) * len(rows)) < 0.3


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5), st.integers(0, 1000))
def test_any_text_can_be_changed_and_none_becomes_empty(texts, seed):
    for index, row in enumerate(made(copies=3, seed=seed, texts=texts)):
        assert row.strip() or row == texts[index // 3]


def test_added_rows_have_no_label_and_pairs_stay_pairs(tmp_path):
    more = tmp_path / "more.tsv"
    more.write_text("sentence1\tsentence2\none more\tand its pair\n")
    split = Split(["one text", "two texts"], ["a pair", "b pair"], [1, 0])
    rows = with_more_rows(split, DistillOptions(augment=2, unlabeled=more), None)
    assert len(rows) == 2 + 4 + 1
    assert list(rows.labels) == [1, 0, -1, -1, -1, -1, -1]
    assert rows.pairs_of_text()[:2] == [("one text", "a pair"), ("two texts", "b pair")]
    assert rows.pairs_of_text()[6] == ("one more", "and its pair")


def test_single_texts_are_refused_where_rows_are_pairs(tmp_path):
    more = tmp_path / "more.txt"
    more.write_text("one more\n")
    with pytest.raises(UsageError, match="pairs"):
        with_more_rows(Split(["a"], ["b"], [0]), DistillOptions(unlabeled=more), None)
