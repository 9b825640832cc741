"""A bag of words: what a classifier without any model reaches on the same rows, the least that one has to beat.

Logistic regression on the words and pairs of neighbouring words of a text, weighed by how rare they are (TF-IDF), as
`scripts/baseline_words.py` has it from scikit-learn; by AdaGrad (Duchi et al. 2011) in numpy alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from edgekit.agent.inference.tokenizer import TextPair

# passes over the training rows
EPOCHS = 12
# training rows at most, characters of a text, and numbers in the table of weights
_ROWS, _CHARACTERS, _WEIGHTS = 30_000, 2_000, 10_000_000
_BATCH, _RATE, _SEED = 128, 0.3, 0
# scripts without spaces are read character by character
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]|[^\W_]+")
# rows of features: the places of those that a text has, and how much each weighs
Features = list[tuple[NDArray[np.int64], NDArray[np.float32]]]


def bag_of_words(
    texts: Sequence[TextPair],
    labels: Sequence[int] | NDArray[np.integer],
    asked: Iterable[TextPair],
    advance: Callable[[int], None] = lambda epoch: None,
) -> NDArray[np.int64]:
    """The label of each text asked about [asked], learned from `texts` and their `labels` [texts].

    Of more than 30,000 rows as many are drawn; always the same. advance: called after each of `EPOCHS` passes
    """
    generator = np.random.default_rng(_SEED)
    chosen = np.arange(len(texts))
    if len(chosen) > _ROWS:
        chosen = np.sort(generator.permutation(len(chosen))[:_ROWS])
    wanted = np.asarray(labels)[chosen].astype(np.int64)
    classes = int(wanted.max()) + 1
    terms = [_terms(texts[int(row)]) for row in chosen]
    places, rarity = _vocabulary(terms, _WEIGHTS // classes)
    rows = [_weigh(each, places, rarity) for each in terms]
    weights = np.zeros((len(places) + 1, classes), np.float32)
    squares = np.full_like(weights, 1e-8)
    for epoch in range(EPOCHS):
        order = generator.permutation(len(rows))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            there, inputs = _dense([rows[row] for row in batch])
            error = _softmax(inputs @ weights[there])
            error[np.arange(len(batch)), wanted[batch]] -= 1
            gradient = inputs.T @ error / len(batch)
            squares[there] += gradient**2
            weights[there] -= _RATE * gradient / np.sqrt(squares[there])
        advance(epoch + 1)
    return np.fromiter((_score(_weigh(_terms(text), places, rarity), weights) for text in asked), dtype=np.int64)


def _score(row: tuple[NDArray[np.int64], NDArray[np.float32]], weights: NDArray[np.float32]) -> int:
    there, values = row
    return int((values @ weights[there]).argmax())


def _terms(text: TextPair) -> Counter[str]:
    """How often each word, and each pair of neighbours, is in a text; in the second text of a pair they are others."""
    counted: Counter[str] = Counter()
    for mark, part in zip(("", "\0"), text, strict=True):
        if part is not None:
            words = [f"{mark}{word}" for word in _WORD.findall(part[:_CHARACTERS].casefold())]
            counted.update(words)
            counted.update(_neighbours(words))
    return counted


def _neighbours(words: Sequence[str]) -> Iterator[str]:
    return (f"{first} {second}" for first, second in pairwise(words))


def _vocabulary(terms: Sequence[Counter[str]], most: int) -> tuple[dict[str, int], NDArray[np.float32]]:
    """The place of each term that several rows have, the most frequent ones, from 1 on; and how rare each is."""
    rows: Counter[str] = Counter()
    for each in terms:
        rows.update(each.keys())
    kept = [term for term, count in rows.most_common(most) if count > 1 or len(terms) < _BATCH]
    counts = np.array([rows[term] for term in kept], np.float32)
    rarity = np.log((1 + len(terms)) / (1 + counts)) + 1
    return {term: place for place, term in enumerate(kept, start=1)}, np.concatenate([[1.0], rarity]).astype(
        np.float32
    )


def _weigh(
    terms: Counter[str], places: dict[str, int], rarity: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """A text as places and weights of length one; place 0, which all have, is the bias."""
    known = [(places[term], count) for term, count in terms.items() if term in places]
    there = np.array([place for place, _ in known], np.int64)
    values = (1 + np.log(np.array([count for _, count in known], np.float32))) * rarity[there]
    values /= max(float(np.sqrt((values**2).sum())), 1e-9)
    return np.concatenate([[0], there]), np.concatenate([[1.0], values]).astype(np.float32)


def _dense(rows: Features) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The places that any of the rows has, and the rows as a matrix of these [rows, places]."""
    there, column = np.unique(np.concatenate([places for places, _ in rows]), return_inverse=True)
    matrix = np.zeros((len(rows), len(there)), np.float32)
    matrix[np.repeat(np.arange(len(rows)), [len(places) for places, _ in rows]), column] = np.concatenate(
        [values for _, values in rows]
    )
    return there, matrix


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return found
