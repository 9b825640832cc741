"""Two files on this machine, interleaved, so that whatever the machine does meanwhile meets both alike."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ..errors import BadInput
from ..json_object import JsonObject
from .device_monitor import DeviceMonitor
from .record import circumstances
from .tasks import load_workload
from .timing import Progress, warm_up
from .workload import ProfileRequest, Workload

# a block is short against what a machine does to both, and long enough to leave the other's traces behind
BLOCK_SECONDS, BLOCK_RUNS, MOST_BLOCK_RUNS = 0.05, 3, 100
FEWEST_BLOCKS, MOST_BLOCKS = 30, 20_000


def compare(request: ProfileRequest, other: Path, progress: Progress, size: int | None = None) -> JsonObject:
    """Run the request's file and `other` interleaved.

    Gives the fields of `schema.comparison.Interleaved` as plain JSON values.

    size: the runs of a block, as another process of the same comparison found them; None finds them by the times
    Both are loaded at once, and run in blocks of as many runs of the same texts, first the one, then the other, then
    the other way round. The first run of a block, which finds the caches as the other left them, is not counted.
    Raises `AgentError`s.
    """
    ours = load_workload(request)
    theirs = load_workload(replace(request, path=other, texts=request.texts or ours.golden_texts()))
    if ours.kind != theirs.kind:
        kinds = f"one is {ours.kind}, one {theirs.kind}"
        raise BadInput(f"{request.path.name} and {other.name} cannot be compared: {kinds}")
    for workload in (ours, theirs):
        workload.prepare()
        warm_up(workload.step, request.stopping, progress)
    with DeviceMonitor() as monitor:
        blocks = _blocks((ours, theirs), size, request, monitor.count, progress)
    return {
        **circumstances("interleaved"),
        **monitor.states(),
        "threads": request.threads,
        "ours": _facts(ours),
        "theirs": _facts(theirs),
        "blocks": blocks,
        "processes": [len(blocks)],
        "notes": monitor.notes,
    }


def _blocks(
    workloads: tuple[Workload, Workload],
    size: int | None,
    request: ProfileRequest,
    count: Callable[[], object],
    progress: Progress,
) -> list[dict[str, list[float]]]:
    """count: called after each block"""
    ours, theirs = workloads
    blocks: list[dict[str, list[float]]] = []
    # by the slower one: many runs of it would make blocks that are too long to be alike
    size = size or min(_block_size(workload) for workload in workloads)
    started = reported = time.perf_counter()
    runs = 0
    while not _enough(len(blocks), runs, time.perf_counter() - started, request):
        turns = [("ours_ms", ours), ("theirs_ms", theirs)]
        block = {
            name: _block(workload, runs, size) for name, workload in (turns if len(blocks) % 2 == 0 else turns[::-1])
        }
        blocks.append(block)
        runs += size
        count()
        if time.perf_counter() - reported >= 1:
            reported = time.perf_counter()
            progress("compare", runs, reported - started)
    return blocks


def _enough(blocks: int, runs: int, seconds: float, request: ProfileRequest) -> bool:
    stopping, fewest = request.stopping, -(-FEWEST_BLOCKS // request.processes)
    if blocks >= MOST_BLOCKS // request.processes or (runs >= stopping.max_runs and blocks >= 2):
        return True
    return blocks >= fewest and runs >= stopping.min_runs and seconds >= stopping.min_seconds


def _block_size(workload: Workload) -> int:
    """How many runs make a block."""
    marks = [workload.step(run) for run in range(BLOCK_RUNS)]
    seconds = min(each[-1] - each[0] for each in marks) / 1e9
    return min(max(BLOCK_RUNS, round(BLOCK_SECONDS / max(seconds, 1e-9))), MOST_BLOCK_RUNS)


def _block(workload: Workload, first: int, size: int) -> list[float]:
    workload.step(first)
    marks = [workload.step(run) for run in range(first, first + size)]
    return [(each[-1] - each[0]) / 1e6 for each in marks]


def _facts(workload: Workload) -> JsonObject:
    session = workload.session
    return {
        **workload.hashes._asdict(),
        "runtime": session.runtime,
        "runtime_version": session.version,
        "length": workload.length,
    }
