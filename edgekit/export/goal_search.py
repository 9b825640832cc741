"""Texts of a vocabulary's words that bring a model to each of its answers, so that golden cases tell them apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.agent.inference.problem_type import MULTI_LABEL, REGRESSION, Head, threshold_logit
from edgekit.compress.quantization.grid import Floats
from edgekit.export.golden_texts import HARD_TEXTS, joined, made_texts, words_of
from edgekit.export.parity import Tolerance
from edgekit.export.source import TextInput

# float32 [texts, goals] of texts: how far each is beyond each goal, reached from 0 on
Margins = Callable[[Sequence[TextInput]], Floats]
# words that are tried behind the best text of a goal, and how often
_WIDTH, _ROUNDS = 8, 3
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


def name_words(labels: Sequence[str]) -> list[str]:
    """The words in the names of labels, which a model's texts are often about."""
    return list(dict.fromkeys(part.lower() for label in labels for part in _PART.findall(label)))


def texts_of_vocabulary(
    tokenizer: Any, labels: Sequence[str], max_length: int, margins: Margins, *, pairs: bool
) -> list[TextInput]:
    """Texts made of a vocabulary, that bring the model to each goal which hard texts and these do not reach anyway.

    tokenizer, max_length, pairs: see `golden_texts.made_texts`
    """
    words = words_of(tokenizer)
    made = made_texts(tokenizer, words, max_length, pairs=pairs)
    reached = (margins([*HARD_TEXTS, *made]) > 0).any(axis=0)
    missing = [int(goal) for goal in np.flatnonzero(~reached)]
    candidates = list(dict.fromkeys([*words, *name_words(labels)])) if words else []
    return list(dict.fromkeys([*made, *texts_reaching(missing, candidates, margins)]))


def texts_reaching(goals: Sequence[int], words: Sequence[str], margins: Margins) -> list[str]:
    """For each goal the text that lies furthest beyond it, of those that are tried; none for a goal that none reaches.

    goals: columns of the margins, of which the first `MOST_GOALS` count
    words: single ones are tried first, then up to `_ROUNDS` more behind the best text of each goal that is not reached
    """
    if not goals or not words:
        return []
    known = margins(list(words))
    best_words = {goal: [words[row] for row in np.argsort(-known[:, goal], kind="stable")[:_WIDTH]] for goal in goals}
    best: dict[int, tuple[float, tuple[str, ...]]] = {}
    _keep_best(best, goals, [(word,) for word in words], known)
    for _ in range(_ROUNDS):
        open_goals = [goal for goal in goals[:MOST_GOALS] if best[goal][0] <= 0]
        longer = {(*best[goal][1], word) for goal in open_goals for word in best_words[goal]}
        if not longer:
            break
        candidates = sorted(longer)
        _keep_best(best, goals, candidates, margins([joined(each) for each in candidates]))
    return [joined(best[goal][1]) for goal in goals[:MOST_GOALS] if best[goal][0] > 0]


def _keep_best(
    best: dict[int, tuple[float, tuple[str, ...]]],
    goals: Sequence[int],
    candidates: Sequence[tuple[str, ...]],
    found: Floats,
) -> None:
    """Keep for each goal the first of the candidates with the largest margin, where it is larger than before."""
    for goal in goals:
        row = int(np.argmax(found[:, goal]))
        if goal not in best or found[row, goal] > best[goal][0]:
            best[goal] = float(found[row, goal]), candidates[row]
