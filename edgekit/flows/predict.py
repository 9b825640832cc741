"""Predict: the label of texts, from a bundle alone; neither torch nor transformers is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import agent_errors


@dataclass(frozen=True)
class Labelled:
    """A text, its label, the label's softmax score in [0, 1], and the score of every label."""

    text: str
    label: str
    score: float
    scores: dict[str, float]


def predict(bundle: Path, texts: Iterable[str], *, pair: str | None = None, threads: int = 1) -> Iterator[Labelled]:
    """Classify texts one by one, as they come. Raises `UsageError` for a folder that is no sound bundle."""
    from edgekit.agent.inference.classifier import open_classifier

    with agent_errors():
        classifier = open_classifier(bundle, threads=threads)
        for text in texts:
            prediction = classifier.classify(text, pair)
            scores = dict(zip(classifier.bundle.labels, map(float, prediction.scores), strict=True))
            yield Labelled(text, prediction.label, prediction.score, scores)
