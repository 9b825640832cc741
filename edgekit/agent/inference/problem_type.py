"""What the logits of a classifier mean: one label out of all, each label by itself, or a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from ..runtimes.base import Array

SINGLE_LABEL = "single_label_classification"
MULTI_LABEL = "multi_label_classification"
REGRESSION = "regression"
# at or above which share of 1 a label holds, where nothing else was chosen
USUAL_THRESHOLD = 0.5

# a label; the labels that hold, in the model's order; or a number
Answer = Union[str, tuple[str, ...], float]


@dataclass(frozen=True)
class Prediction:
    """What a model says of a text.

    answer:    its label; of multi-label models the labels whose scores reach their thresholds; of a regression its
               number
    score:     the label's softmax score in [0, 1]; None where there is not one label
    logits:    float32 [labels]
    scores:    [labels]: softmax, or the sigmoid of each label by itself; of a regression the number as it is
    truncated: whether the text had more tokens than the model takes
    """

    answer: Answer
    score: float | None
    logits: Array
    scores: Array
    truncated: bool

    def fields(self, labels: Sequence[str]) -> dict[str, Any]:
        """The answer as JSON has it: label, score and scores; labels and scores; or value."""
        if isinstance(self.answer, float):
            return {"value": self.answer}
        scores = dict(zip(labels, map(float, self.scores)))
        if isinstance(self.answer, str):
            return {"label": self.answer, "score": self.score, "scores": scores}
        return {"labels": self.answer, "scores": scores}

    @property
    def label(self) -> str:
        """The answer of a single-label model; `TypeError` of any other."""
        if not isinstance(self.answer, str):
            raise TypeError("a model of this problem type gives no single label")
        return self.answer


@dataclass(frozen=True)
class Head:
    """Reads logits [labels] as an answer.

    thresholds: of each label of a multi-label model, in (0, 1)
    """

    labels: tuple[str, ...]
    problem_type: str = SINGLE_LABEL
    thresholds: tuple[float, ...] = ()

    def predict(self, logits: Array, truncated: bool = False) -> Prediction:
        """The answer and the scores of logits [labels]; `truncated` is said of the text that they are of."""
        if self.problem_type == REGRESSION:
            return Prediction(float(logits[0]), None, logits, logits, truncated)
        if self.problem_type == MULTI_LABEL:
            scores = sigmoid(logits)
            return Prediction(self.reaching(scores), None, logits, scores, truncated)
        best = int(np.argmax(logits))
        exponentials = np.exp(logits - logits[best])
        shares = exponentials / exponentials.sum()
        return Prediction(self.labels[best], float(shares[best]), logits, shares, truncated)

    def reaching(self, scores: Array) -> tuple[str, ...]:
        """The labels whose scores [labels] are at or above their thresholds."""
        each = zip(self.labels, scores, self.thresholds)
        return tuple(label for label, score, threshold in each if score >= threshold)


def sigmoid(logits: Array) -> Array:
    """1 / (1 + e^-x) of logits [labels] in float64, as every runtime computes it.

    A score at a threshold is the same everywhere.
    """
    scores: Array = 1.0 / (1.0 + np.exp(-np.asarray(logits, np.float64).clip(-700.0, 700.0)))
    return scores


def threshold_logit(threshold: float) -> float:
    """The logit whose sigmoid is the threshold."""
    return math.log(threshold / (1.0 - threshold))


def head_fault(problem_type: object, thresholds: object, labels: Sequence[str]) -> str | None:
    """What is wrong with the facts of a head that is not single-label; None where nothing is."""
    if problem_type == REGRESSION:
        return None if len(labels) == 1 and not thresholds else "a regression has one output and no thresholds"
    if problem_type != MULTI_LABEL:
        return f"problem_type must be {REGRESSION} or {MULTI_LABEL}"
    if not isinstance(thresholds, (list, tuple)) or not labels or len(thresholds) != len(labels):
        return "thresholds must be one for each label"
    if not all(isinstance(value, float) and 0 < value < 1 for value in thresholds):
        return "each of thresholds must be a number between 0 and 1"
    return None
