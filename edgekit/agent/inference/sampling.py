"""Choosing the next token: the best, or one drawn from what temperature, top-k and top-p leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from ..runtimes.base import Array


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen.

    temperature: 0 takes the best token; else logits are divided by it before the softmax
    top_k:       only so many of the best tokens may be drawn; 0: all
    top_p:       only the smallest set of best tokens whose probabilities sum to this much (Holtzman et al. 2020,
                 arXiv 1904.09751); 1: all
    seed:        the same seed gives the same tokens on the same logits
    """

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.temperature < float("inf") and self.top_k >= 0 and 0 < self.top_p <= 1 and self.seed >= 0):
            raise BadInput("temperature and top-k must be 0 or more, top-p above 0 and at most 1, the seed 0 or more")
        if self.temperature == 0 and (self.top_k or self.top_p < 1):
            raise BadInput(
                "top-k and top-p choose among several tokens; at temperature 0 there is one",
                "give a temperature, as 0.8",
            )


GREEDY = Sampling()


class Sampler:
    """Chooses token after token; see `Sampling`."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._generator = np.random.default_rng(sampling.seed)

    def choose(self, logits: Array) -> int:
        """A token for float32 logits [vocabulary]. Of equal logits the lower id is the better."""
        if self._sampling.temperature == 0:
            return int(np.argmax(logits))
        ids, probabilities = candidates(logits, self._sampling)
        drawn = self._generator.random() * probabilities.sum()
        place = int(np.searchsorted(np.cumsum(probabilities), drawn, side="right"))
        return int(ids[min(place, len(ids) - 1)])


def candidates(logits: Array, sampling: Sampling) -> tuple[Array, Array]:
    """The ids that may be drawn and their probabilities, which sum to 1, each [candidates], the best first.

    logits: [vocabulary]
    """
    scaled = logits.astype(np.float64) / sampling.temperature
    order = np.argsort(-scaled, kind="stable")
    if sampling.top_k:
        order = order[: sampling.top_k]
    weights = np.exp(scaled[order] - scaled[order[0]])
    probabilities = weights / weights.sum()
    if sampling.top_p < 1:
        # a token is in as long as those before it do not make up top_p
        before = np.cumsum(probabilities) - probabilities
        size = max(1, int(np.count_nonzero(before < sampling.top_p)))
        order, probabilities = order[:size], probabilities[:size] / probabilities[:size].sum()
    return order, probabilities
