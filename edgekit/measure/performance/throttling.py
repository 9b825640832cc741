"""Which samples of a measurement the device was slow for: throttled, under voltage, or busy with other work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, assert_never

from edgekit.schema.measurement import (
    Conditions,
    GenerationMeasurement,
    Measurement,
    Moment,
    MonitoredRecord,
    TimedPart,
)

Timed = Measurement | GenerationMeasurement
Samples = TimedPart | Literal["sustained"]

# below this share of the fastest clock that was seen meanwhile a processor is slowed down, not just varying
SLOW_CLOCK = 0.75
# less than this is what a quiet machine has as well: services, the kernel, ticks of 10 ms
WAITED, STOLEN, STALLED, CROWDED = 0.10, 0.05, 0.05, 0.25
# MB by which swap grew between two moments
SWAPPED_MB = 1.0
# other work only delays. Where it delayed at most this share of the samples, the p95 that was measured is at most the
# p97 of an undisturbed device (0.95 / 0.98), which an interval for p95 reaches over anyway
BUSY_SHARE = 0.02


@dataclass(frozen=True)
class Disturbance:
    """What slowed the device down while samples were taken.

    samples: taken while it was throttled, under voltage, or its clock had fallen
    of:      all samples; 0 where it is only known that the device was disturbed at some time
    causes:  what slowed the device down, as `throttled`
    delayed: about how many samples other work delayed; 0 where those are too few to count
    reasons: what other work did, in words
    crowded: as `8 threads shared 4 cores`, where the measurement itself had more threads than there are cores
    busy_too: whether other work was seen beside that
    """

    samples: int
    of: int
    causes: tuple[str, ...] = ()
    delayed: int = 0
    reasons: tuple[str, ...] = ()
    crowded: str = ""
    busy_too: bool = True

    @property
    def throttled(self) -> bool:
        """Whether samples are slow because the device was."""
        return bool(self.causes)

    @property
    def busy(self) -> bool:
        """Whether samples are slow because the device had other work."""
        return bool(self.reasons)

    @property
    def describe(self) -> str:
        """As `12 of 340 samples were taken while throttled`."""
        found = []
        if self.causes:
            *others, last = self.causes
            why = f"{', '.join(others)} and {last}" if others else last
            whose = f"{self.samples:,} of {self.of:,} samples were taken while {why}"
            found.append(whose if self.of else f"the device was {why} meanwhile")
        if self.reasons:
            busy = "the machine was busy" if self.busy_too or not self.crowded else ""
            cause = " and ".join(part for part in (self.crowded, busy) if part)
            whose = f"{cause}, which delayed about {self.delayed:,} of {self.of:,} samples"
            found.append(f"{whose if self.of else cause}: {', '.join(self.reasons)}")
        return "; ".join(found)


def disturbances(record: Timed, part: Samples) -> Disturbance | None:
    """What disturbed the samples of a part of a measurement; None where nothing is known to have done so.

    What is so at one of two moments, and what happened between them, holds for the samples between them. Being slowed
    down counts from the first sample on, other work from `BUSY_SHARE` of the samples on.
    """
    samples = total = 0
    causes: set[str] = set()
    load = _Load(record)
    for place, (first, last) in enumerate(_places(record, part)):
        total += last - first
        during = [moment for moment in record.during if moment.process == place]
        slow = [
            (max(start, first), min(end, last), cause)
            for start, end, cause in _slow_stretches(during, record, last)
            if min(end, last) > max(start, first)
        ]
        causes |= {cause for _, _, cause in slow}
        samples += _covered((start, end) for start, end, _ in slow)
        for earlier, later in pairwise(during):
            if (inside := min(later.runs, last) - max(earlier.runs, first)) > 0:
                load.add(earlier, later, inside)
    return _disturbance(samples, total, causes, load)


def disturbances_of_parts(record: Timed) -> dict[Samples, Disturbance]:
    """What disturbed each part of a measurement that was disturbed."""
    parts: tuple[Samples, ...] = ("infer",) if isinstance(record, Measurement) else ("first_token", "token")
    found = {part: disturbances(record, part) for part in (*parts, "sustained")}
    return {part: disturbance for part, disturbance in found.items() if disturbance is not None}


def ever_disturbed(record: MonitoredRecord) -> Disturbance | None:
    """What disturbed a device at any time while it measured; None where nothing is known to have done so."""
    causes: set[str] = set()
    for state in (record.before, *record.during, record.after):
        causes |= _flags(state)
    causes |= {cause for _, _, cause in _clock_stretches(record.during, record.during)}
    load, total = _Load(record), 0
    for earlier, later in _pairs(record.during):
        total += (inside := max(later.runs - earlier.runs, 0))
        load.add(earlier, later, inside)
    found = _disturbance(0, total, causes, load)
    return None if found is None else replace(found, samples=0, of=0, delayed=0)


def _disturbance(samples: int, of: int, causes: set[str], load: _Load) -> Disturbance | None:
    busy = load.delayed >= BUSY_SHARE * of and load.delayed > 0
    if not causes and not busy:
        return None
    ordered = tuple(cause for cause in _CAUSES if cause in causes)
    delayed, reasons = (max(1, round(load.delayed)), tuple(load.reasons())) if busy else (0, ())
    return Disturbance(samples, of, ordered, delayed, reasons, load.crowded if busy else "", load.others_worked)


def _places(record: Timed, part: Samples) -> Iterator[tuple[int, int]]:
    """From which run to which each process took the samples of a part, counted within the process."""
    for place, process in enumerate(record.processes):
        usual = sum(process.samples.values())
        if part == "infer" or part == "first_token":
            yield 0, process.samples[part]
        elif part == "token":
            yield process.samples["first_token"], usual
        elif part == "sustained":
            is_last = place == len(record.processes) - 1
            yield usual, usual + (len(record.sustained_ms) if is_last else 0)
        else:
            assert_never(part)


_CAUSES = ("throttled", "under voltage", "slowed in its clock")


def _flags(state: Conditions) -> set[str]:
    found = {"throttled"} if state.throttled else set()
    return found | ({"under voltage"} if state.under_voltage else set())


def _covered(stretches: Iterable[tuple[int, int]]) -> int:
    """How many runs lie in any of the stretches, which may lie over each other."""
    covered = end = 0
    for first, last in sorted(stretches):
        covered += max(0, last - max(first, end))
        end = max(end, last)
    return covered


def _slow_stretches(during: Sequence[Moment], record: MonitoredRecord, runs: int) -> Iterator[tuple[int, int, str]]:
    """From which run of a process to which it was slowed down, and by what.

    Where the firmware told nothing meanwhile, what it told before and after holds for all of the runs.
    """
    for name, cause in (("throttled", "throttled"), ("under_voltage", "under voltage")):
        known = [moment for moment in during if getattr(moment, name) is not None]
        if len(known) < 2:
            ends = (*known, record.before, record.after)
            if any(getattr(state, name) for state in ends):
                yield 0, runs, cause
            continue
        for start, end in pairwise(known):
            if getattr(start, name) or getattr(end, name):
                yield start.runs, end.runs, cause
    yield from _clock_stretches(during, record.during)


def _clock_stretches(during: Sequence[Moment], all_moments: Sequence[Moment]) -> Iterator[tuple[int, int, str]]:
    """From which run to which the clock was far below the fastest of the whole measurement, at both ends.

    At one end alone it may be that of a core which has just become idle.
    """
    clocks = [moment.clock_mhz for moment in all_moments if moment.clock_mhz is not None]
    known = [moment for moment in during if moment.clock_mhz is not None]
    for start, end in _pairs(known):
        highest = max(start.clock_mhz or 0.0, end.clock_mhz or 0.0)
        if highest < SLOW_CLOCK * max(clocks):
            yield start.runs, end.runs, "slowed in its clock"


def _pairs(moments: Sequence[Moment]) -> Iterator[tuple[Moment, Moment]]:
    """Moments one behind the other in the same process."""
    return ((start, end) for start, end in pairwise(moments) if start.process == end.process)


class _Load:
    """Adds up what other work did in the stretches between moments."""

    def __init__(self, record: MonitoredRecord) -> None:
        self.delayed = 0.0
        self._cores = record.fingerprint.cores
        self._threads = getattr(record, "threads", 1)
        self._worst = {"waited": 0.0, "others": 0.0, "stolen": 0.0, "memory_stall": 0.0}
        self._faults, self._swapped_mb = 0, 0.0
        # whether fewer cores were free than there are threads
        self._short = False

    @property
    def crowded(self) -> str:
        """That the measurement had more threads than there are cores, in words."""
        return f"{self._threads} threads shared {self._cores} cores" if self._threads > self._cores else ""

    @property
    def others_worked(self) -> bool:
        """Whether anything but threads of its own kept cores, or other machines, or memory was short."""
        worst = self._worst
        return bool(
            worst["others"] > CROWDED or worst["stolen"] or worst["memory_stall"] or self._swapped_mb or self._faults
        )

    def add(self, earlier: Moment, later: Moment, samples: int) -> None:
        """Count about how many of the samples between two moments were delayed.

        Of those that were taken while cores were short of time by a share, about that share was delayed; and one for
        each page that came from disk.
        """
        shares = self._noticeable(later)
        for name, (value, _) in shares.items():
            self._worst[name] = max(self._worst[name], value)
        self._short = self._short or "others" in shares
        lost = max((share for _, share in shares.values()), default=0.0)
        swapped = (later.swap_used_mb or 0.0) - (earlier.swap_used_mb or 0.0) if earlier.swap_used_mb else 0.0
        if swapped >= SWAPPED_MB:
            self._swapped_mb, lost = self._swapped_mb + swapped, 1.0
        faults = later.major_faults or 0
        self._faults += faults
        self.delayed += max(samples * min(lost, 1.0), min(samples, faults))

    def _noticeable(self, later: Moment) -> dict[str, tuple[float, float]]:
        """The figures that a quiet machine does not have, each with the share of its time that the agent lost."""
        found: dict[str, tuple[float, float]] = {}
        for name, least in (("waited", WAITED), ("stolen", STOLEN), ("memory_stall", STALLED)):
            value = getattr(later, name)
            if value is not None and value >= least:
                found[name] = (value, value)
        # more threads than cores are in each other's way by themselves; that they were is seen by how long they waited
        own = self._threads if later.waited is None else min(self._threads, self._cores)
        if later.others is not None and (short := later.others + own - self._cores) > CROWDED:
            found["others"] = (later.others, short / own)
        return found

    def reasons(self) -> Iterator[str]:
        """What happened, at its worst, in words."""
        worst = self._worst
        if worst["waited"]:
            yield f"threads waited for a core up to {_percent(worst['waited'])} of the time"
        if self._short and self.crowded and worst["others"] <= CROWDED:
            yield "how long they waited for each other is not known"
        elif worst["others"]:
            yield f"other processes kept up to {worst['others']:.1f} of {self._cores} cores busy"
        if worst["stolen"]:
            yield f"other machines on the same host took up to {_percent(worst['stolen'])} of the cores' time"
        if worst["memory_stall"]:
            yield f"memory was short up to {_percent(worst['memory_stall'])} of the time"
        if self._swapped_mb:
            yield f"{self._swapped_mb:.0f} MB went to swap"
        if self._faults:
            yield f"{self._faults:,} pages were read from disk"


def _percent(share: float) -> str:
    return f"{100 * min(share, 1.0):.0f} %"
