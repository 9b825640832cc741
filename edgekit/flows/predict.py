"""Predict: label, labels or number of texts, from a bundle alone; neither torch nor transformers is loaded."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.errors import UsageError, agent_errors


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


@overload
def predict(  # type: ignore[overload-overlap]  # a text is an iterable of texts to Python, and one text to people
    bundle: str | Path, texts: str, *, pair: str | None = None, threads: int = 1
) -> Labelled: ...


@overload
def predict(bundle: str | Path, texts: Iterable[str | TextPair], *, threads: int = 1) -> list[Labelled]: ...


def predict(
    bundle: str | Path, texts: str | Iterable[str | TextPair], *, pair: str | None = None, threads: int = 1
) -> Labelled | list[Labelled]:
    """What a bundle says of a text, of a text and its pair, or of each text of a list in their order.

    texts: one text; or several, of a model of pairs each a tuple (text, pair)
    Raises `UsageError` for a folder that is no sound bundle, and for a pair where the model takes single texts or the
    other way round.
    """
    if isinstance(texts, str):
        return next(predictions(Path(bundle), [texts], pair=pair, threads=threads))
    if pair is not None:
        raise UsageError("one second text was given for several texts", advice="give each its own: (text, pair)")
    return list(predictions(Path(bundle), texts, threads=threads))


def predictions(
    bundle: Path, texts: Iterable[str | TextPair], *, pair: str | None = None, threads: int = 1
) -> Iterator[Labelled]:
    """As `predict`, text by text as they come. pair: the second text of each that brings none"""
    from edgekit.agent.inference.classifier import open_classifier

    with agent_errors():
        classifier = open_classifier(bundle, threads=threads)
        for each in texts:
            text, second = (each, pair) if isinstance(each, str) else each
            prediction = classifier.classify(text, second)
            yield Labelled(text, **prediction.fields(classifier.bundle.labels))
