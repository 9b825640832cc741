"""Timing something over and over: warm-up until it is steady, then raw samples over a minimum time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

Marks = tuple[int, ...]  # perf_counter_ns readings: the start, then the end of each part
Progress = Callable[[str, int, float], None]

WINDOW = 5
STEADY_WITHIN = 0.05
LONGEST_WARMUP_SECONDS = 10.0
LONGEST_WARMUP_RUNS = 200
PROGRESS_EVERY_SECONDS = 1.0
MOST_SAMPLES = 1_000_000


@dataclass(frozen=True)
class Stopping:
    """When a measurement has seen enough: both minima are met, or `max_runs` are done.

    warmup: runs before the first sample; None warms up until the times are steady
    """

    min_seconds: float
    min_runs: int
    max_runs: int
    warmup: int | None


def share_of(stopping: Stopping, process: int, processes: int) -> Stopping:
    """What one of several processes, counted from 0, has to measure so that together they measure as `stopping` says.

    Each measures once at least.
    """

    def runs(whole: int) -> int:
        return max(1, whole // processes + (process < whole % processes))

    return replace(
        stopping,
        min_seconds=stopping.min_seconds / processes,
        min_runs=runs(stopping.min_runs),
        max_runs=runs(stopping.max_runs),
    )


def warm_up(step: Callable[[int], Marks], stopping: Stopping, progress: Progress) -> int:
    """Run until steady, or as often as `stopping.warmup` says; how often that was.

    Steady: the medians of two windows of `WINDOW` runs, one after the other, are within `STEADY_WITHIN`. It ends after
    `LONGEST_WARMUP_SECONDS` or `LONGEST_WARMUP_RUNS` in any case.
    """
    if stopping.warmup is not None:
        for run in range(stopping.warmup):
            step(run)
        return stopping.warmup
    started = time.perf_counter()
    pace = _Pace("warm-up", progress)
    times: list[int] = []
    while len(times) < LONGEST_WARMUP_RUNS and time.perf_counter() - started < LONGEST_WARMUP_SECONDS:
        marks = step(len(times))
        times.append(marks[-1] - marks[0])
        pace.report(len(times))
        if len(times) >= 2 * WINDOW and len(times) % WINDOW == 0 and _steady(times):
            break
    return len(times)


def sample(
    step: Callable[[int], Marks], parts: tuple[str, ...], stopping: Stopping, progress: Progress
) -> dict[str, list[float]]:
    """Raw times in ms of each part, in the order taken, and of `total` where there are several parts.

    step: runs once, and returns perf_counter_ns at its start and at the end of each of `parts`
    """
    samples: dict[str, list[float]] = {part: [] for part in parts}
    totals: list[float] = []
    pace = _Pace("measure", progress)
    started = time.perf_counter()
    while not _enough(len(totals), time.perf_counter() - started, stopping):
        marks = step(len(totals))
        for position, part in enumerate(parts):
            samples[part].append((marks[position + 1] - marks[position]) / 1e6)
        totals.append((marks[-1] - marks[0]) / 1e6)
        pace.report(len(totals))
    if len(parts) > 1:
        samples["total"] = totals
    return samples


def sustain(step: Callable[[int], Marks], seconds: float, progress: Progress) -> list[float]:
    """Raw times in ms of whole runs, back to back for so long."""
    totals: list[float] = []
    pace = _Pace("sustained", progress)
    started = time.perf_counter()
    while time.perf_counter() - started < seconds and len(totals) < MOST_SAMPLES:
        marks = step(len(totals))
        totals.append((marks[-1] - marks[0]) / 1e6)
        pace.report(len(totals))
    return totals


class _Pace:
    """Tells of progress, at most once in `PROGRESS_EVERY_SECONDS`, between two samples."""

    def __init__(self, stage: str, progress: Progress) -> None:
        self._stage = stage
        self._progress = progress
        self._started = self._reported = time.perf_counter()

    def report(self, runs: int) -> None:
        now = time.perf_counter()
        if now - self._reported >= PROGRESS_EVERY_SECONDS:
            self._reported = now
            self._progress(self._stage, runs, now - self._started)


def _steady(times: list[int]) -> bool:
    last, before = _median(times[-WINDOW:]), _median(times[-2 * WINDOW : -WINDOW])
    return abs(last - before) <= STEADY_WITHIN * before


def _median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]


def _enough(runs: int, seconds: float, stopping: Stopping) -> bool:
    return runs >= stopping.max_runs or (runs >= stopping.min_runs and seconds >= stopping.min_seconds)
