"""Measuring one file on this machine: everything that goes into a measurement."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import BadInput
from ..inference.bundle import GENERATION, Bundle, open_bundle, read_golden, sha256_of
from ..inference.classifier import Classifier, load_classifier
from ..inference.tokenizer import texts_of_length
from ..runtimes.base import Array, Session, length_for, no_profiler, synthetic_feeds
from ..runtimes.registry import open_session
from .after_samples import after_samples
from .device_monitor import Watched
from .generation_speed import measure_generation
from .kernels import ThreadCount, what_ran
from .profile_request import Order, Text, one_process, report
from .timing import Marks, Progress, sample, warm_up

BARE_LENGTH = 128
# under the profiler, for the time by operator
PROFILE_WARMUP, PROFILE_RUNS = 5, 20


@dataclass(frozen=True)
class Subject:
    """A loaded file and what to run on it, ready to be timed."""

    session: Session
    load: _TextLoad | _BareLoad
    length: int | str
    load_ms: float
    hashes: tuple[str, str | None]
    notes: tuple[str, ...] = ()


def measure(order: Order, progress: Progress) -> dict[str, Any]:
    """Measure latency and memory; the fields of `spec.measurement.Measurement` as plain JSON values.

    Of a bundle that generates text, what `generation_speed.measure_generation` says.
    Peak memory is that of the whole process: measure each setting in a process of its own. The cold load runs from
    the import of the runtime to a loaded tokenizer and model; its file was read once just before, to be checked.
    Raises `AgentError`s.
    """
    if order.path.is_dir():
        bundle = open_bundle(order.path)
        if bundle.task == GENERATION:
            return measure_generation(bundle, order, progress)
        subject = load_bundle(bundle, order)
    else:
        subject = load_file(order)
    if order.per_op and not subject.session.can_profile:
        raise no_profiler(subject.session.runtime)
    first_ms = subject.load.infer_ms(subject.load.step(0))
    warmed = warm_up(subject.load.step, order.stopping, progress)
    with Watched() as watched:
        started = time.monotonic()
        with ThreadCount() as threads:
            samples = sample(watched.counting(subject.load.step), subject.load.parts, order.stopping, progress)
        seconds = time.monotonic() - started
        sustained, peak, energy, notes = after_samples(subject.load.step, watched, order, progress)
    common = report("latency", subject.session, subject.hashes)
    operators, ran = _what_ran(subject, order, threads.worked)
    return {
        **common,
        **watched.report(),
        **one_process({"infer": len(samples["infer"])}, seconds, subject.load_ms, first_ms, peak),
        "length": subject.length,
        "samples_ms": samples,
        "sustained_ms": sustained,
        "warmup_runs": warmed,
        "operators": operators,
        "ran": ran,
        "energy": energy,
        "notes": [*subject.notes, *watched.notes, *notes],
    }


def _what_ran(subject: Subject, order: Order, threads: int | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The time of each kind of operator, where that was asked for, and what ran; the last use of a subject."""
    session, times = subject.session, []
    if not (session.can_profile and (order.trace or order.per_op)):
        return [], what_ran(session, threads, None)

    def run_profiled(profiled: Session) -> None:
        for run in range(PROFILE_WARMUP + PROFILE_RUNS if order.per_op else 1):
            profiled.run(subject.load.feeds(run))

    def operators() -> dict[str, int]:
        profile = session.profile(run_profiled)
        times.extend(profile.operator_times(PROFILE_WARMUP, PROFILE_RUNS) if order.per_op else [])
        return profile.operators()

    return times, what_ran(session, threads, operators)


class _TextLoad:
    """Texts through a bundle, from string to label."""

    parts = ("tokenize", "infer", "postprocess")

    def __init__(self, classifier: Classifier, texts: Sequence[Text]) -> None:
        self._classifier = classifier
        self._texts = texts

    def step(self, run: int) -> Marks:
        text, pair = self._texts[run % len(self._texts)]
        start = time.perf_counter_ns()
        encoding = self._classifier.tokenizer.encode(text, pair)
        tokenized = time.perf_counter_ns()
        logits = self._classifier.logits(encoding)
        inferred = time.perf_counter_ns()
        self._classifier.predict(logits)
        return (start, tokenized, inferred, time.perf_counter_ns())

    def feeds(self, run: int) -> dict[str, Array]:
        return self._classifier.feeds(self._classifier.tokenizer.encode(*self._texts[run % len(self._texts)]))

    @staticmethod
    def infer_ms(marks: Marks) -> float:
        return float(marks[2] - marks[1]) / 1e6


class _BareLoad:
    """Made-up inputs through a file that brings no tokenizer."""

    parts = ("infer",)

    def __init__(self, session: Session, length: int) -> None:
        self._session = session
        self._feeds = [synthetic_feeds(session, length, seed) for seed in range(4)]

    def step(self, run: int) -> Marks:
        feeds = self.feeds(run)
        start = time.perf_counter_ns()
        self._session.run(feeds)
        return (start, time.perf_counter_ns())

    def feeds(self, run: int) -> dict[str, Array]:
        return self._feeds[run % len(self._feeds)]

    @staticmethod
    def infer_ms(marks: Marks) -> float:
        return float(marks[1] - marks[0]) / 1e6


def load_bundle(bundle: Bundle, order: Order) -> Subject:
    """A bundle that classifies, with the texts of the order or of its golden cases."""
    if order.length is not None and order.length > bundle.max_length:
        raise BadInput(f"length {order.length} is over the model's {bundle.max_length} tokens")
    started = time.perf_counter_ns()
    classifier = load_classifier(bundle, order.runtime, order.threads)
    load_ms = (time.perf_counter_ns() - started) / 1e6
    texts = list(order.texts or ((case.text, case.text_pair) for case in read_golden(bundle)))
    length: int | str = "data"
    if order.length is not None:
        material = [text for pair in texts for text in pair if text]
        texts = [(text, None) for text in texts_of_length(bundle.tokenizer, material, order.length)]
        length = length_for(classifier.session, order.length)
    # a run may end before it has seen all texts: what it has seen must be no particular part of them
    random.Random(0).shuffle(texts)
    hashes = (bundle.model_sha256, bundle.content_hash)
    load = _TextLoad(classifier, texts)
    return Subject(classifier.session, load, length, load_ms, hashes)


def load_file(order: Order) -> Subject:
    """A model file alone, with made-up inputs."""
    if order.texts:
        raise BadInput(f"{order.path.name} brings no tokenizer, so texts cannot be run", "measure a bundle folder")
    if not order.path.is_file():
        raise BadInput(f"{order.path} does not exist")
    hashes = (sha256_of(order.path), None)
    started = time.perf_counter_ns()
    session = open_session(order.path, order.runtime, order.threads)
    load_ms = (time.perf_counter_ns() - started) / 1e6
    wanted = order.length or (session.lengths[-1] if session.lengths else BARE_LENGTH)
    length = length_for(session, wanted)
    notes = ("inputs made up from the file's declaration",)
    return Subject(session, _BareLoad(session, length), length, load_ms, hashes, notes)
