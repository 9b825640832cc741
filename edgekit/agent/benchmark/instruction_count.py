"""Counting instructions, where the agent runs in an emulator that counts: exact, and blind to caches and clocks."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import BadInput, RuntimeMissing
from ..inference.bundle import GENERATION, open_bundle
from ..machine.conditions import conditions
from .generation_speed import PromptLoad, load_prompt
from .latency import Subject, load_bundle, load_file
from .profile_request import Order, report
from .timing import Progress

# the emulator puts its counts into this open file when they are read from there; `scripts/emulated_pi/count.c`
COUNTS_FD, COUNTS_AT = "EDGEKIT_COUNTS_FD", 4096
KINDS = ("total", "dot_product", "fma")
# the first runs fill caches of the runtime; texts of lengths of their own need more runs than one length
WARM_UP, RUNS, TEXT_RUNS = 2, 4, 16
_READINGS = 5

Counts = dict[str, int]


def count(order: Order, progress: Progress) -> dict[str, Any]:
    """Count the instructions of single inferences; the fields of `spec.measurement.InstructionCounts`.

    Of a file that classifies, `infer`: the runtime's work on token ids. Of a decoder, `first_token` and `token` as in
    `generation_speed.measure_generation`. What reading the counts costs is taken off.
    Raises `AgentError`s; `RuntimeMissing` where nothing counts.
    """
    read = _reader()
    if order.threads != 1:
        raise BadInput("instructions are counted with one thread, as threads spin while they wait for each other")
    before = conditions()
    if order.path.is_dir() and (bundle := open_bundle(order.path)).task == GENERATION:
        load = load_prompt(bundle, order)
        counts = _decoder_counts(load, read, progress)
        subject = {"length": load.length, **report("instructions", load.session, _hashes(bundle))}
        notes: tuple[str, ...] = ()
    else:
        loaded = load_bundle(open_bundle(order.path), order) if order.path.is_dir() else load_file(order)
        counts = {"infer": _runs(_inference(loaded), _planned(loaded), read, "infer", progress)}
        subject = {"length": loaded.length, **report("instructions", loaded.session, loaded.hashes)}
        notes = loaded.notes
    return {**subject, "before": before, "after": conditions(), "counts": counts, "notes": list(notes)}


def _reader() -> Callable[[], tuple[int, ...]]:
    text = os.environ.get(COUNTS_FD, "")
    if not text.isdigit():
        raise RuntimeMissing("this device does not count instructions", "an emulated one does: scripts/emulated-pi up")
    descriptor = int(text)

    def read() -> tuple[int, ...]:
        return tuple(int(part) for part in os.pread(descriptor, 100, COUNTS_AT).split())

    return read


def _hashes(bundle: Any) -> tuple[str, str | None]:
    return bundle.model_sha256, bundle.content_hash


def _decoder_counts(load: PromptLoad, read: Callable[[], tuple[int, ...]], progress: Progress) -> dict[str, Any]:
    steps = {"first_token": load.prompt, "token": load.token}
    # the choice of the next token is part of it, as it is of their times
    return {part: _runs(partial(partial, step), RUNS, read, part, progress) for part, step in steps.items()}


def _inference(subject: Subject) -> Callable[[int], Callable[[], Any]]:
    def prepared(run: int) -> Callable[[], Any]:
        feeds = subject.load.feeds(run)
        return lambda: subject.session.run(feeds)

    return prepared


def _planned(subject: Subject) -> int:
    return TEXT_RUNS if subject.length == "data" else RUNS


def _runs(
    prepared: Callable[[int], Callable[[], Any]],
    runs: int,
    read: Callable[[], tuple[int, ...]],
    stage: str,
    progress: Progress,
) -> list[Counts]:
    """Counts of each of so many runs; `prepared` makes a run ready, which is not counted."""
    for run in range(WARM_UP):
        progress(f"warm up {stage}", run, 0.0)
        prepared(run)()
    nothing = sorted(_difference(read, lambda: None) for _ in range(_READINGS))[_READINGS // 2]
    found = []
    for run in range(runs):
        progress(f"count {stage}", run, 0.0)
        counted = _difference(read, prepared(run))
        found.append({kind: max(0, one - cost) for kind, one, cost in zip(KINDS, counted, nothing)})
    return found


def _difference(read: Callable[[], tuple[int, ...]], work: Callable[[], Any]) -> tuple[int, ...]:
    before = read()
    work()
    return tuple(late - early for early, late in zip(before, read()))
