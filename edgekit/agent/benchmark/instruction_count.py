"""Counting instructions, where the agent runs in an emulator that counts: exact, and blind to caches and clocks."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..errors import BadInput, RuntimeMissing
from ..json_object import JsonObject
from ..machine.conditions import conditions
from .record import model_fields
from .tasks import load_workload
from .timing import Progress
from .workload import PreparedRun, ProfileRequest

# the emulator puts its counts into this open file when they are read from there: edgekit.devices.emulation
COUNTS_FD, COUNTS_AT = "EDGEKIT_COUNTS_FD", 4096
KINDS = ("total", "dot_product", "fma")
# the first runs fill caches of the runtime
WARM_UP, RUNS, TEXT_RUNS = 2, 4, 16
_READINGS = 5

Counts = dict[str, int]


def count(request: ProfileRequest, progress: Progress) -> JsonObject:
    """Count the instructions of single inferences; the fields of `schema.measurement.InstructionCounts`.

    Of a file that classifies, `infer`: the runtime's work on token ids. Of a decoder, `first_token` and `token` as in
    `generation_speed.measure_generation`. What reading the counts costs is taken off.
    Raises `AgentError`s; `RuntimeMissing` where nothing counts.
    """
    read = _reader()
    if request.threads != 1:
        raise BadInput("instructions are counted with one thread, as threads spin while they wait for each other")
    before = conditions()
    workload = load_workload(request)
    # texts of lengths of their own need more runs than one length
    runs = TEXT_RUNS if workload.length == "data" else RUNS
    counts = {part: _runs(prepared, runs, read, part, progress) for part, prepared in workload.counted().items()}
    return {
        "length": workload.length,
        **model_fields("instructions", workload.session, workload.hashes),
        "before": before,
        "after": conditions(),
        "counts": counts,
        "notes": list(workload.notes),
    }


def _reader() -> Callable[[], tuple[int, ...]]:
    text = os.environ.get(COUNTS_FD, "")
    if not text.isdigit():
        raise RuntimeMissing(
            "this device does not count instructions", "an emulated one does: edgekit devices emulate rpi4"
        )
    descriptor = int(text)

    def read() -> tuple[int, ...]:
        return tuple(int(part) for part in os.pread(descriptor, 100, COUNTS_AT).split())

    return read


def _runs(
    prepared: PreparedRun,
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


def _difference(read: Callable[[], tuple[int, ...]], work: Callable[[], object]) -> tuple[int, ...]:
    before = read()
    work()
    return tuple(late - early for early, late in zip(before, read()))
