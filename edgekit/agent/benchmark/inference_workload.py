"""Workloads of one inference a step: texts through a classifier, or made-up inputs through a bare file."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from ..errors import BadInput
from ..inference.bundle import Bundle, file_sha256, read_golden
from ..inference.classifier import Classifier, load_classifier
from ..inference.tokenizer import TextPair, texts_of_length
from ..runtimes.base import Array, Session, length_for, synthetic_feeds
from ..runtimes.registry import open_session
from .record import ModelHashes
from .timing import Marks
from .workload import Length, PreparedRun, ProfileRequest, Workload

BARE_LENGTH = 128


class InferenceWorkload(Workload, Protocol):
    """What both kinds offer.

    parts: of a step, by name
    """

    parts: tuple[str, ...]
    session: Session

    def feeds(self, run: int) -> dict[str, Array]:
        """The model's inputs [1, length] at a run."""

    def infer_ms(self, marks: Marks) -> float:
        """The time of the inference alone in a step."""


class TextWorkload:
    """Texts through a bundle, from string to label."""

    kind = "a classifier"
    parts: tuple[str, ...] = ("tokenize", "infer", "postprocess")

    def __init__(self, classifier: Classifier, texts: Sequence[TextPair], length: Length, load_ms: float) -> None:
        self._classifier, self._texts = classifier, texts
        self.session, self.length, self.load_ms = classifier.session, length, load_ms
        self.hashes = ModelHashes.of(classifier.bundle)
        self.notes: tuple[str, ...] = ()

    def golden_texts(self) -> tuple[TextPair, ...]:
        """The texts of the bundle's golden cases, each with its pair or None. Raises `BadInput` without any."""
        return _golden_texts(self._classifier.bundle)

    def prepare(self) -> None:
        """Nothing: every step is alike."""

    def step(self, run: int) -> Marks:
        """One text, from string to label."""
        text, pair = self._texts[run % len(self._texts)]
        start = time.perf_counter_ns()
        encoding = self._classifier.tokenizer.encode(text, pair)
        tokenized = time.perf_counter_ns()
        logits = self._classifier.logits(encoding)
        inferred = time.perf_counter_ns()
        self._classifier.head.predict(logits)
        return (start, tokenized, inferred, time.perf_counter_ns())

    def feeds(self, run: int) -> dict[str, Array]:
        """The ids, mask and types [1, length] of the text at a run."""
        return self._classifier.feeds(self._classifier.tokenizer.encode(*self._texts[run % len(self._texts)]))

    def infer_ms(self, marks: Marks) -> float:
        """The runtime's part of a step."""
        return float(marks[2] - marks[1]) / 1e6

    def counted(self) -> dict[str, PreparedRun]:
        """The runtime's work on token ids."""
        return _counted(self)


class FileWorkload:
    """Made-up inputs through a file that brings no tokenizer."""

    kind = "a bare file"
    parts: tuple[str, ...] = ("infer",)

    def __init__(self, session: Session, length: int, load_ms: float, hashes: ModelHashes) -> None:
        self.session, self.load_ms, self.hashes = session, load_ms, hashes
        self.length: Length = length
        self.notes: tuple[str, ...] = ("inputs made up from the file's declaration",)
        self._feeds = [synthetic_feeds(session, length, seed) for seed in range(4)]

    def golden_texts(self) -> tuple[TextPair, ...]:
        """None: a bare file brings no texts."""
        return ()

    def prepare(self) -> None:
        """Nothing: every step is alike."""

    def step(self, run: int) -> Marks:
        """One run of the file."""
        feeds = self.feeds(run)
        start = time.perf_counter_ns()
        self.session.run(feeds)
        return (start, time.perf_counter_ns())

    def feeds(self, run: int) -> dict[str, Array]:
        """The made-up inputs, mostly [1, length], at a run."""
        return self._feeds[run % len(self._feeds)]

    def infer_ms(self, marks: Marks) -> float:
        """All of a step."""
        return float(marks[1] - marks[0]) / 1e6

    def counted(self) -> dict[str, PreparedRun]:
        """The runtime's work."""
        return _counted(self)


def load_texts(bundle: Bundle, request: ProfileRequest) -> TextWorkload:
    """A bundle that classifies, with the texts of the request or of its golden cases.

    Raises `BadInput` for a length that the model does not take, and as `load_classifier` does.
    """
    if request.length is not None and request.length > bundle.max_length:
        raise BadInput(f"length {request.length} is over the model's {bundle.max_length} tokens")
    started = time.perf_counter_ns()
    classifier = load_classifier(bundle, request.runtime, request.threads)
    load_ms = (time.perf_counter_ns() - started) / 1e6
    texts = list(request.texts or _golden_texts(bundle))
    length: Length = "data"
    if request.length is not None:
        material = [text for pair in texts for text in pair if text]
        texts = [(text, None) for text in texts_of_length(bundle.tokenizer, material, request.length)]
        length = length_for(classifier.session, request.length)
    # a run may end before it has seen all texts: what it has seen must be no particular part of them
    random.Random(0).shuffle(texts)
    return TextWorkload(classifier, texts, length, load_ms)


def load_file(request: ProfileRequest) -> FileWorkload:
    """A model file alone, with made-up inputs. Raises `BadInput` where there is none or texts are given."""
    if request.texts:
        raise BadInput(f"{request.path.name} brings no tokenizer, so texts cannot be run", "measure a bundle folder")
    if not request.path.is_file():
        raise BadInput(f"{request.path} does not exist")
    hashes = ModelHashes(file_sha256(request.path), None)
    started = time.perf_counter_ns()
    session = open_session(request.path, request.runtime, request.threads)
    load_ms = (time.perf_counter_ns() - started) / 1e6
    wanted = request.length or (session.lengths[-1] if session.lengths else BARE_LENGTH)
    return FileWorkload(session, length_for(session, wanted), load_ms, hashes)


def _golden_texts(bundle: Bundle) -> tuple[TextPair, ...]:
    """Those that are like what a model is given; where there are no others, those made of the vocabulary."""
    cases = read_golden(bundle)
    given = tuple((case.text, case.text_pair) for case in cases if not case.made)
    # the empty text alone is nothing to measure with
    return given if any(text or pair for text, pair in given) else tuple((case.text, case.text_pair) for case in cases)


def _counted(workload: InferenceWorkload) -> dict[str, PreparedRun]:
    def prepared(run: int) -> Callable[[], object]:
        feeds = workload.feeds(run)
        return lambda: workload.session.run(feeds)

    return {"infer": prepared}
