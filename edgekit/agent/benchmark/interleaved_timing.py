"""Two files on this machine, interleaved, so that whatever the machine does meanwhile meets both alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..inference.bundle import GENERATION, open_bundle, read_golden
from .device_monitor import Watched
from .generation_speed import load_prompt
from .latency import load_bundle, load_file
from .profile_request import Order, occasion
from .timing import Marks, Progress, warm_up

# a block is short against what a machine does to both, and long enough to leave the other's traces behind
BLOCK_SECONDS, BLOCK_RUNS, MOST_BLOCK_RUNS = 0.05, 3, 100
FEWEST_BLOCKS, MOST_BLOCKS = 30, 20_000


@dataclass(frozen=True)
class _Side:
    """One of the two, loaded."""

    step: Callable[[int], Marks]
    facts: dict[str, Any]
    kind: str


def compare(order: Order, other: Path, progress: Progress, size: int | None = None) -> dict[str, Any]:
    """Run the order's file and `other` interleaved; the fields of `spec.comparison.Interleaved` as plain JSON values.

    size: the runs of a block, as another process of the same comparison found them; None finds them by the times
    Both are loaded at once, and run in blocks of as many runs of the same texts, first the one, then the other, then
    the other way round. The first run of a block, which finds the caches as the other left them, is not counted.
    Raises `AgentError`s.
    """
    ours, texts = _load(order)
    theirs, _ = _load(replace(order, path=other, texts=order.texts or texts))
    if ours.kind != theirs.kind:
        raise BadInput(f"{order.path.name} and {other.name} cannot be compared: one is {ours.kind}, one {theirs.kind}")
    for side in (ours, theirs):
        warm_up(side.step, order.stopping, progress)
    with Watched() as watched:
        blocks = _blocks((ours, theirs), size, order, watched.count, progress)
    return {
        **occasion("interleaved"),
        **watched.report(),
        "threads": order.threads,
        "ours": ours.facts,
        "theirs": theirs.facts,
        "blocks": blocks,
        "processes": [len(blocks)],
        "notes": watched.notes,
    }


def _blocks(
    sides: tuple[_Side, _Side], size: int | None, order: Order, count: Callable[[], object], progress: Progress
) -> list[dict[str, list[float]]]:
    """count: called after each block"""
    ours, theirs = sides
    blocks: list[dict[str, list[float]]] = []
    # by the slower one: many runs of it would make blocks that are too long to be alike
    size = size or min(_block_size(side) for side in sides)
    started = told = time.perf_counter()
    runs = 0
    while not _enough(len(blocks), runs, time.perf_counter() - started, order):
        turns = [("ours_ms", ours), ("theirs_ms", theirs)]
        block = {name: _block(side, runs, size) for name, side in (turns if len(blocks) % 2 == 0 else turns[::-1])}
        blocks.append(block)
        runs += size
        count()
        if time.perf_counter() - told >= 1:
            told = time.perf_counter()
            progress("compare", runs, told - started)
    return blocks


def _enough(blocks: int, runs: int, seconds: float, order: Order) -> bool:
    stopping, fewest = order.stopping, -(-FEWEST_BLOCKS // order.processes)
    if blocks >= MOST_BLOCKS // order.processes or (runs >= stopping.max_runs and blocks >= 2):
        return True
    return blocks >= fewest and runs >= stopping.min_runs and seconds >= stopping.min_seconds


def _block_size(side: _Side) -> int:
    """How many runs make a block."""
    marks = [side.step(run) for run in range(BLOCK_RUNS)]
    seconds = min(each[-1] - each[0] for each in marks) / 1e9
    return min(max(BLOCK_RUNS, round(BLOCK_SECONDS / max(seconds, 1e-9))), MOST_BLOCK_RUNS)


def _block(side: _Side, first: int, size: int) -> list[float]:
    side.step(first)
    marks = [side.step(run) for run in range(first, first + size)]
    return [(each[-1] - each[0]) / 1e6 for each in marks]


def _load(order: Order) -> tuple[_Side, tuple[Any, ...]]:
    """A side, and the texts that it brings along."""
    if not order.path.is_dir():
        subject = load_file(order)
        return _Side(subject.load.step, _facts(subject.session, subject.hashes, subject.length), "a bare file"), ()
    bundle = open_bundle(order.path)
    hashes = (bundle.model_sha256, bundle.content_hash)
    if bundle.task == GENERATION:
        load = load_prompt(bundle, order)
        load.prompt(0)
        return _Side(load.token, _facts(load.session, hashes, load.length), "a decoder"), ()
    subject = load_bundle(bundle, order)
    texts = tuple((case.text, case.text_pair) for case in read_golden(bundle))
    return _Side(subject.load.step, _facts(subject.session, hashes, subject.length), "a classifier"), texts


def _facts(session: Any, hashes: tuple[str, str | None], length: int | str) -> dict[str, Any]:
    return {
        "model_sha256": hashes[0],
        "content_hash": hashes[1],
        "runtime": session.runtime,
        "runtime_version": session.version,
        "length": length,
    }
