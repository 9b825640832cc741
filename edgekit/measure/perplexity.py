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

RESAMPLES = 2_000
# windows in a row are one block of the bootstrap, so that there are never more blocks than this
_MOST_BLOCKS = 1_000


@dataclass
class Surprise:
    """Windows of a text: tokens that each foretold, and the sum of -ln p over them."""

    nats: array[float] = field(default_factory=lambda: array("d"))
    tokens: array[int] = field(default_factory=lambda: array("q"))

    def add(self, window: Ids, targets: Ids, run: Runner) -> None:
        """Run a window, and take from it what it says of the `targets` that follow its last tokens."""
        logits = np.asarray(run(window)[len(window) - len(targets) :], np.float64)
        self.nats.append(float(-log_probabilities(logits, targets).sum()))
        self.tokens.append(len(targets))

    @property
    def total_nats(self) -> float:
        """The sum of -ln p over all tokens."""
        return math.fsum(self.nats)

    @property
    def total_tokens(self) -> int:
        """All tokens that were foretold."""
        return sum(self.tokens)


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

    The interval is a bootstrap over blocks of neighbouring windows (Kuensch 1989), as neighbours are alike.
    """
    value = _exp(surprise.total_nats / surprise.total_tokens)
    count = len(surprise.nats)
    if count < 2:
        return value, None
    starts = np.linspace(0, count, min(count, _MOST_BLOCKS), endpoint=False).astype(int)
    nats = np.add.reduceat(np.array(surprise.nats), starts)
    tokens = np.add.reduceat(np.array(surprise.tokens), starts)
    generator = np.random.default_rng(seed)
    drawn = [
        nats[chosen].sum() / tokens[chosen].sum()
        for chosen in (generator.integers(0, len(nats), len(nats)) for _ in range(RESAMPLES))
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return value, Estimate(value, min(_exp(low), value), max(_exp(high), value))


def bits_per_byte(perplexity: float, tokens: int, size: int) -> float:
    """Bits of a UTF-8 byte: the nats of all `tokens`, in bits, for each of `size` bytes."""
    return math.log(perplexity) * tokens / math.log(2) / size


def _exp(nats: float) -> float:
    # beyond this a float is infinite
    return math.exp(min(float(nats), 700.0))
