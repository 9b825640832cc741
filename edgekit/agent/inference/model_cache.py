"""A model that stays loaded between requests, to be asked many times: texts to logits, ids to probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Optional, TypeVar, cast

import numpy as np

from ..errors import BadInput, RuntimeFailed
from ..json_object import JsonObject
from ..runtimes.base import Array
from .bundle import open_bundle
from .classifier import Classifier, load_classifier
from .generation import TextGenerator
from .generator import load_generator
from .tokenizer import TextPair

# a bundle, the runtime that loads it, and its threads
ModelKey = tuple[Path, Optional[str], int]

# what classifies or scores
M = TypeVar("M", Classifier, TextGenerator)


class ModelCache:
    """Keeps the model of the last request; another one takes its place."""

    def __init__(self) -> None:
        self._key: object = None
        self._model: object = None

    def classify(self, key: ModelKey, texts: Sequence[TextPair]) -> JsonObject:
        """The answer and the logits [labels] of each text, and how many texts were cut. Raises `AgentError`s."""
        classifier = self._open(key, lambda: load_classifier(open_bundle(key[0]), *key[1:]))
        labels, logits, truncated = [], [], 0
        for text, pair in texts:
            prediction = classifier.classify(text, pair)
            labels.append(prediction.answer)
            logits.append(_finite(prediction.logits).tolist())
            truncated += prediction.truncated
        return {"labels": labels, "logits": logits, "truncated": truncated}

    def score(self, key: ModelKey, capacity: int, ids: Sequence[int], targets: Sequence[int]) -> JsonObject:
        """-ln p of each of `targets`, which follow the last of `ids`, whose text begins with the first of them.

        capacity: the most ids of any request. Raises `AgentError`s.
        """
        generator = self._open((*key, capacity), lambda: load_generator(open_bundle(key[0]), *key[1:], capacity))
        session = generator.session
        if not 1 <= len(targets) <= len(ids):
            raise BadInput(f"{len(targets)} targets cannot follow {len(ids)} ids")
        if min(targets) < 0 or max(targets) >= session.vocabulary:
            raise BadInput(f"token ids must be from 0 to {session.vocabulary - 1}")
        session.reset()
        rows = _finite(session.logits_of(ids))[len(ids) - len(targets) :].astype(np.float64)
        shifted = rows - rows.max(axis=-1, keepdims=True)
        chosen = shifted[np.arange(len(targets)), list(targets)]
        # never below 0, but for rounding
        nats = np.maximum(np.log(np.exp(shifted).sum(axis=-1)) - chosen, 0.0)
        return {"nats": nats.tolist()}

    def _open(self, key: object, load: Callable[[], M]) -> M:
        if self._model is None or key != self._key:
            # the old one goes before the new one comes: a small device has no room for both
            self._key = self._model = None
            self._key, self._model = key, load()
        return cast(M, self._model)


def _finite(logits: Array) -> Array:
    if not np.isfinite(logits).all():
        raise RuntimeFailed("the model gives logits that are no numbers")
    return logits
