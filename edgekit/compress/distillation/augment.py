"""More rows out of those there are: words masked, words dropped, and phrases swapped for those of other rows.

Tang et al. 2019 (arXiv 1903.12136, section 3.2) make a teacher's texts this way. Where they put a random word of the
same part of speech, which takes a tagger of its language, a word is dropped here; their n-grams are those of the row
itself, these are of other rows. What comes of it is no sentence and need not be: the teacher says what it takes it
for.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.data.ragged import TextWriter
from edgekit.data.splits import PairsOfText, Split
from edgekit.data.texts import read_texts
from edgekit.errors import UsageError
from edgekit.options.train_options import DistillOptions

MASKED, DROPPED, SWAPPED = 0.1, 0.1, 0.25
_LONGEST_PHRASE = 5
# Chinese, Japanese and Korean put no spaces between words: there a character counts as one
_WORD = re.compile(r"\s*(?:[぀-ヿ㐀-䶿一-鿿가-힣]|[^\s぀-ヿ㐀-䶿一-鿿가-힣]+)")


def with_more_rows(rows: Split, options: DistillOptions, mask: str | None) -> Split:
    """The rows, `options.augment` changed copies of each, and the texts of `options.unlabeled`.

    What is added has the label -1, or as a number NaN: the teacher will say it. Raises `UsageError` for single texts
    where rows are pairs.
    """
    if not options.augment and options.unlabeled is None:
        return rows
    own = rows.pairs_of_text()
    more: Iterator[TextPair] = augmented(own, options.augment, options.seed, mask)
    if options.unlabeled is not None:
        more = chain(more, _unlabelled(options.unlabeled, paired=rows.pairs is not None))
    added = 0
    with TextWriter() as texts, TextWriter() as pairs:
        for text, pair in chain(own, more):
            texts.add(text)
            added += 1
            if rows.pairs is not None:
                pairs.add(pair or "")
        own_labels = np.asarray(rows.labels)
        unknown = -1 if own_labels.dtype.kind in "iu" or own_labels.ndim > 1 else np.nan
        labels = np.full((added, *own_labels.shape[1:]), unknown, dtype=own_labels.dtype)
        labels[: len(rows)] = own_labels
        return Split(texts.texts(), None if rows.pairs is None else pairs.texts(), labels)


def _unlabelled(path: Path, *, paired: bool) -> Iterator[TextPair]:
    for text, pair in read_texts(path):
        if paired and pair is None:
            raise UsageError(
                f"{path} holds single texts, and the rows are pairs of texts", advice="give a table with both columns"
            )
        yield text, pair if paired else None


def augmented(rows: PairsOfText, copies: int, seed: int, mask: str | None) -> Iterator[TextPair]:
    """`copies` changed copies of each row, one after the other; the same seed gives the same ones.

    Each word is masked with a probability of 0.1 and dropped with 0.1; with 0.25 a phrase of one to five words gives
    its place to one of another row. A row that would be empty stays as it is.
    mask: what a masked word becomes; None where the tokenizer has no such token: the word is dropped
    """
    for index in range(len(rows)):
        for copy in range(copies):
            generator = random.Random(f"{seed} {index} {copy}")
            text, pair = rows[index]
            other, other_pair = rows[generator.randrange(len(rows))]
            changed = _changed(text, other, generator, mask)
            yield changed, None if pair is None else _changed(pair, other_pair or other, generator, mask)


def _changed(text: str, other: str, generator: random.Random, mask: str | None) -> str:
    words = [changed for word in _WORD.findall(text) for changed in _masked(word, generator, mask)]
    if generator.random() < SWAPPED:
        words = _swapped(words, _WORD.findall(other), generator)
    augmented_text = "".join(words)
    return augmented_text if augmented_text.strip() else text


def _masked(word: str, generator: random.Random, mask: str | None) -> Sequence[str]:
    """The word, or the mask with the spaces before it, or nothing."""
    chance = generator.random()
    if chance >= MASKED + DROPPED:
        return (word,)
    if chance < MASKED and mask is not None:
        return (word[: len(word) - len(word.lstrip())] + mask,)
    return ()


def _swapped(words: list[str], others: list[str], generator: random.Random) -> list[str]:
    """The words with a phrase of another row in place of one as long."""
    length = min(generator.randint(1, _LONGEST_PHRASE), len(words), len(others))
    if not length:
        return words
    start, other_start = (generator.randint(0, len(row) - length) for row in (words, others))
    return [*words[:start], *others[other_start : other_start + length], *words[start + length :]]
