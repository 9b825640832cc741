"""Perplexity of a language model over a text, by whatever gives the logits of a window of token ids.

Every token is foretold exactly once, as in the rolling log-likelihood of lm-evaluation-harness (Gao et al.,
`get_rolling_token_windows`): the first window holds as many tokens as the context takes, each later one moves on by
`stride` tokens and foretells those, with the `context - stride + 1` tokens before them as what it knows. The first
token of a document is foretold from the token that begins a document (BOS, or where a tokenizer has none, EOS).
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

from edgekit.measure.statistics import Estimate

Ids = npt.NDArray[np.int64]
# ids [length] -> logits [length, vocabulary]: row i holds what the model expects after ids 0..i
Runner = Callable[[Ids], npt.NDArray[np.float32]]
# ids [length] and the ids behind the last of them -> the sum of their -ln p
Scorer = Callable[[Ids, Ids], float]

RESAMPLES = 2_000


@dataclass
class Surprise:
    """Stretches of a text in its order: tokens that were foretold in each, and the sum of -ln p over them.

    A stretch is what one window foretells; windows that overlap are counted together, until they have foretold as
    many tokens as a window holds, so that a shorter stride does not look like more text.
    """

    nats: array[float] = field(default_factory=lambda: array("d"))
    tokens: array[int] = field(default_factory=lambda: array("q"))

    def add(self, window: Ids, targets: Ids, score: Scorer) -> None:
        """Score a window: what it says of the `targets` that follow its last tokens."""
        nats = score(window, targets)
        # only a window that overlaps the one before knows more than it foretells
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
        """All tokens that were foretold."""
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


def perplexity(surprise: Surprise, *, seed: int = 0) -> tuple[float, Estimate | None]:
    """exp of the mean surprise of a token, and with its 95 % interval; without one where there is one window only.

    The interval is a bootstrap over blocks of neighbouring stretches, as neighbours are alike (`_interval`).
    """
    value = _exp(surprise.total_nats / surprise.total_tokens)
    interval = _interval(np.array(surprise.nats), np.array(surprise.tokens), seed)
    if interval is None:
        return value, None
    low, high = interval
    return value, Estimate(value, min(_exp(low), value), max(_exp(high), value))


def increase(baseline: Surprise, candidate: Surprise, *, seed: int = 0) -> tuple[float, Estimate | None]:
    """By how many % the candidate's perplexity is above the baseline's, with its 95 % interval as of `perplexity`.

    Both must have run the same windows: the bootstrap draws a stretch with the nats of both.
    Raises `ValueError` for windows of other tokens.
    """
    if baseline.tokens != candidate.tokens:
        raise ValueError("the windows do not foretell the same tokens")
    more = np.array(candidate.nats) - np.array(baseline.nats)
    value = _percent(math.fsum(more) / candidate.total_tokens)
    interval = _interval(more, np.array(candidate.tokens), seed)
    if interval is None:
        return value, None
    low, high = interval
    return value, Estimate(value, min(_percent(low), value), max(_percent(high), value))


def bits_per_byte(perplexity: float, tokens: int, size: int) -> float:
    """Bits of a UTF-8 byte: the nats of all `tokens`, in bits, for each of `size` bytes."""
    return math.log(perplexity) * tokens / math.log(2) / size


def _interval(nats: npt.NDArray[Any], tokens: npt.NDArray[Any], seed: int) -> tuple[float, float] | None:
    """The 95 % interval of the nats of a token; None for one stretch.

    The circular block bootstrap (Politis and Romano 1992, after Kuensch 1989, Annals of Statistics 17:1217-1241):
    a block may begin at any stretch and goes on from the last to the first; of n stretches it holds n^(1/3).
    """
    count = len(nats)
    if count < 2:
        return None
    size = round(count ** (1 / 3))
    # sums of the blocks by the stretch that they begin with
    block_nats, block_tokens = (_circular_sums(values, size) for values in (nats, tokens))
    generator = np.random.default_rng(seed)
    drawn = [
        block_nats[starts].sum() / block_tokens[starts].sum()
        for starts in (generator.integers(0, count, -(-count // size)) for _ in range(RESAMPLES))
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def _circular_sums(values: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    """For each place the sum of `size` values from there on, the first ones following the last."""
    total = np.cumsum(np.concatenate([[0], values, values[:size]]))
    return np.asarray(total[size : size + len(values)] - total[: len(values)])


def _percent(nats: float) -> float:
    """What so many more nats for each token add to the perplexity, in %."""
    return 100 * math.expm1(min(float(nats), 700.0))


def _exp(nats: float) -> float:
    # beyond this a float is infinite
    return math.exp(min(float(nats), 700.0))
