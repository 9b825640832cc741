"""Texts of a vocabulary's words that bring a model to each of its answers, so that golden cases tell them apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.agent.inference.problem_type import MULTI_LABEL, REGRESSION, Head, threshold_logit
from edgekit.compress.quantization.grid import Floats
from edgekit.export.golden_texts import joined, words_of
from edgekit.export.parity import Tolerance
from edgekit.export.source import TextInput

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# float32 [texts, labels] of texts
Logits = Callable[[Sequence[TextInput]], Floats]
# words that are tried behind the best text of a goal, how often, and texts of several words that are tried in all
_WIDTH, _ROUNDS, MOST_TRIED = 8, 8, 1000
# a taxonomy of thousands of labels would make golden cases of megabytes
MOST_GOALS = 256
_PART = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Edges:
    """How far answers are from another: what a head reads of logits, and by how much a runtime may be off.

    A goal of a single-label model is each label; of a multi-label one that each label holds, and that it does not; a
    regression has none.
    """

    head: Head
    allowed: Tolerance

    def margins(self, logits: Floats) -> Floats:
        """How far logits [texts, labels] are beyond each goal [texts, goals], less what they may be off."""
        if self.head.problem_type == REGRESSION or logits.shape[1] < 2:
            return np.zeros((len(logits), 0), np.float32)
        if self.head.problem_type == MULTI_LABEL:
            beyond = logits - np.array([threshold_logit(threshold) for threshold in self.head.thresholds])
            found = np.concatenate([beyond, -beyond], axis=1)
        else:
            best = np.sort(logits, axis=1)[:, -2:]
            others = np.where(logits == best[:, 1:], best[:, :1], best[:, 1:])
            found = logits - others
        off = self.allowed.atol + self.allowed.rtol * np.abs(logits).max(axis=1, keepdims=True)
        return np.asarray(found - off, np.float32)

    def likelihoods(self, logits: Floats) -> Floats:
        """What a search climbs towards each goal [texts, goals]: the log of a label's share, which is smooth."""
        if self.head.problem_type == MULTI_LABEL:
            return self.margins(logits)
        shifted = logits - logits.max(axis=1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), np.float32)


def name_words(labels: Sequence[str]) -> list[str]:
    """The words in the names of labels, which a model's texts are often about."""
    return list(dict.fromkeys(part.lower() for label in labels for part in _PART.findall(label)))


def further_texts(tokenizer: Tokenizer, edges: Edges, logits: Logits, known: Floats) -> list[TextInput]:
    """Texts made of a vocabulary and of the names of labels, that reach goals which other texts do not reach.

    tokenizer: a `tokenizers.Tokenizer`
    known:     the logits [texts, labels] of those others
    A goal that none of the texts which are tried reaches has none.
    """
    missing = [int(goal) for goal in np.flatnonzero(~(edges.margins(known) > 0).any(axis=0))][:MOST_GOALS]
    words = words_of(tokenizer) if missing else []
    if not words:
        return []
    search = _Search(list(dict.fromkeys([*words, *name_words(edges.head.labels)])), edges, logits, missing)
    for rounds_left in range(_ROUNDS, 0, -1):
        search.extend(rounds_left)
    return list(dict.fromkeys(joined(best.words) for best in search.best.values() if best.margin > 0))


@dataclass(frozen=True)
class _Tried:
    """A text by its words, with its logits [labels], and how far it is beyond a goal."""

    words: tuple[str, ...]
    logits: Floats
    margin: float


class _Search:
    """Texts that grow word by word towards each goal, by the words that alone move the logits most that way.

    best: the text that lies furthest beyond each goal
    """

    def __init__(self, words: Sequence[str], edges: Edges, logits: Logits, goals: Sequence[int]) -> None:
        self._words, self._edges, self._logits = words, edges, logits
        self._left = MOST_TRIED
        alone = logits(list(words))
        # how a word moves the logits, compared with another
        self._moves = alone - alone.mean(axis=0)
        self.best: dict[int, _Tried] = {}
        self._newest: dict[int, _Tried] = {}
        self._look(goals, [(word,) for word in words], alone)

    def extend(self, rounds_left: int) -> None:
        """Try a word more behind the newest text of each goal that is not reached."""
        missing = [goal for goal, best in self.best.items() if best.margin <= 0]
        if not missing:
            return
        width = max(1, min(_WIDTH, self._left // (len(missing) * rounds_left)))
        candidates = sorted({each for goal in missing for each in self._longer(goal, width)})[: self._left]
        if candidates:
            self._left -= len(candidates)
            self._look(missing, candidates, self._logits([joined(each) for each in candidates]))

    def _longer(self, goal: int, width: int) -> list[tuple[str, ...]]:
        newest = self._newest[goal]
        expected = self._edges.likelihoods(newest.logits + self._moves)[:, goal]
        return [(*newest.words, self._words[row]) for row in np.argsort(-expected, kind="stable")[:width]]

    def _look(self, goals: Sequence[int], candidates: Sequence[tuple[str, ...]], logits: Floats) -> None:
        """The likeliest of the candidates is the newest of a goal, and the one with the largest margin may be best."""
        margins, likelihoods = self._edges.margins(logits), self._edges.likelihoods(logits)
        for goal in goals:
            rows = (int(np.argmax(values[:, goal])) for values in (margins, likelihoods))
            furthest, likeliest = (_Tried(candidates[row], logits[row], float(margins[row, goal])) for row in rows)
            if goal not in self.best or furthest.margin > self.best[goal].margin:
                self.best[goal] = furthest
            self._newest[goal] = likeliest
