"""Perplexity of a language model over a text, by whatever gives the logits of a window of token ids.

Every token is predicted exactly once, as in the rolling log-likelihood of lm-evaluation-harness (Gao et al.,
`get_rolling_token_windows`): the first window holds as many tokens as the context takes, each later one moves on by
`stride` tokens and predicts those, with the `context - stride + 1` tokens before them as what it knows. The first
token of a document is predicted from the token that begins a document (BOS, or where a tokenizer has none, EOS).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.measure.statistics.dependence import mean_of
from edgekit.measure.statistics.estimate import Estimate

Ids = npt.NDArray[np.int64]
# ids [length] -> logits [length, vocabulary]: row i holds what the model expects after ids 0..i
Runner = Callable[[Ids], npt.NDArray[np.float32]]
# ids [length] and the ids behind the last of them -> the sum of their -ln p
Scorer = Callable[[Ids, Ids], float]


@dataclass
class Surprise:
    """Stretches of a text in its order: tokens that were predicted in each, and the sum of -ln p over them.

    A stretch is what one window predicts; windows that overlap are counted together, until they have predicted as
    many tokens as a window holds, so that a shorter stride does not look like more text.
    """

    nats: array[float] = field(default_factory=lambda: array("d"))
    tokens: array[int] = field(default_factory=lambda: array("q"))

    def add(self, window: Ids, targets: Ids, score: Scorer) -> None:
        """Score a window: what it says of the `targets` that follow its last tokens."""
        nats = score(window, targets)
        # only a window that overlaps the one before knows more than it predicts
        if len(targets) < len(window) and self.tokens and self.tokens[-1] + len(targets) <= len(window):
            self.nats[-1] += nats
            self.tokens[-1] += len(targets)
        else:
            self.nats.append(nats)
            self.tokens.append(len(targets))

    @property
    def total_nats(self) -> float:
        """The sum of -ln p over all tokens."""
        return math.fsum(self.nats)

    @property
    def total_tokens(self) -> int:
        """All tokens that were predicted."""
        return sum(self.tokens)


def scorer(run: Runner) -> Scorer:
    """A model that gives logits, as one that scores."""

    def score(window: Ids, targets: Ids) -> float:
        logits = np.asarray(run(window)[len(window) - len(targets) :], np.float64)
        return float(-log_probabilities(logits, targets).sum())

    return score


def windows(ids: Iterable[int], context: int, stride: int) -> Iterator[tuple[Ids, Ids]]:
    """The windows of one document: ids [up to context] that go in, and the ids that follow the last of them.

    ids: the document with the token that begins it; read as it comes, no more than `context + stride` kept
    Raises `ValueError` unless 1 <= stride <= context.
    """
    if not 1 <= stride <= context:
        raise ValueError(f"a stride of {stride} does not fit a context of {context}")
    source = iter(ids)
    known = list(islice(source, 1))
    wanted = context
    while fresh := list(islice(source, wanted)):
        known += fresh
        yield np.array(known[:-1][-context:], np.int64), np.array(fresh, np.int64)
        known, wanted = known[-context:], stride


def log_probabilities(logits: npt.NDArray[np.float64], targets: Ids) -> npt.NDArray[Any]:
    """ln p of each target [rows] under the softmax of its row of logits [rows, vocabulary]."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    chosen = shifted[np.arange(len(targets)), targets]
    return np.asarray(chosen - np.log(np.exp(shifted).sum(axis=-1)))


def perplexity(surprise: Surprise) -> tuple[float, Estimate | None]:
    """exp of the mean surprise of a token, and with its 95 % interval; without one where the windows are too few."""
    mean, half = _mean_nats(np.array(surprise.nats), np.array(surprise.tokens))
    value = _exp(mean)
    return value, None if half == math.inf else Estimate(value, _exp(mean - half), _exp(mean + half))


def increase(baseline: Surprise, candidate: Surprise) -> tuple[float, Estimate | None]:
    """By how many % the candidate's perplexity is above the baseline's, with its 95 % interval as of `perplexity`.

    Both must have run the same windows: the interval is of the differences in each.
    Raises `ValueError` for windows of other tokens.
    """
    if baseline.tokens != candidate.tokens:
        raise ValueError("the windows do not predict the same tokens")
    mean, half = _mean_nats(np.array(candidate.nats) - np.array(baseline.nats), np.array(candidate.tokens))
    value = _percent(mean)
    return value, None if half == math.inf else Estimate(value, _percent(mean - half), _percent(mean + half))


def bits_per_byte(perplexity: float, tokens: int, size: int) -> float:
    """Bits of a UTF-8 byte: the nats of all `tokens`, in bits, for each of `size` bytes."""
    return math.log(perplexity) * tokens / math.log(2) / size


def _mean_nats(nats: npt.NDArray[Any], tokens: npt.NDArray[Any]) -> tuple[float, float]:
    """The nats of a token over stretches, and how far its 95 % interval reaches to each side; infinite for too few.

    A ratio of two sums has the error of the mean of `nats - ratio * tokens` over that of `tokens` (Cochran 1977,
    Sampling Techniques, 6.3); neighbouring stretches are alike, which widens it (`dependence.mean_of`).
    """
    ratio = math.fsum(nats) / int(tokens.sum())
    return ratio, mean_of([nats - ratio * tokens]).half_width / float(tokens.mean())


def _percent(nats: float) -> float:
    """What so many more nats for each token add to the perplexity, in %."""
    return 100 * math.expm1(min(float(nats), 700.0))


def _exp(nats: float) -> float:
    # beyond this a float is infinite
    return math.exp(min(float(nats), 700.0))
