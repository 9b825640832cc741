"""Predict: label, labels or number of texts, from a bundle alone; neither torch nor transformers is loaded."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import agent_errors


@dataclass(frozen=True)
class Labelled:
    """A text and what a model says of it; only what its problem type has is there.

    label, score: of a single-label model the label and its softmax score in [0, 1]
    labels:       of a multi-label model those that hold
    value:        of a regression the number
    scores:       of every label: softmax, or of a multi-label model the sigmoid of each
    """

    text: str
    label: str | None = None
    score: float | None = None
    labels: tuple[str, ...] | None = None
    value: float | None = None
    scores: dict[str, float] | None = None

    @property
    def fields(self) -> dict[str, object]:
        """What there is, by name."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


def predict(bundle: Path, texts: Iterable[str], *, pair: str | None = None, threads: int = 1) -> Iterator[Labelled]:
    """Classify texts one by one, as they come. Raises `UsageError` for a folder that is no sound bundle."""
    from edgekit.agent.inference.classifier import open_classifier

    with agent_errors():
        classifier = open_classifier(bundle, threads=threads)
        for text in texts:
            prediction = classifier.classify(text, pair)
            yield Labelled(text, **prediction.fields(classifier.bundle.labels))
