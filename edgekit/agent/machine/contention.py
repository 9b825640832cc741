"""What other work takes from a measurement: cores, time of a virtual machine, memory; from counters of the kernel.

Linux alone tells it: /proc/self/task/*/schedstat (time on a core, and time ready to run without one), /proc/stat (time
of all cores, by user), /proc/pressure/memory (pressure stall information). What cannot be read is None.
"""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from ..json_object import JsonObject
from .conditions import read

_PROC = Path("/proc")
# the kernel counts the time of all cores in ticks of mostly 10 ms: over less time they say nothing
_TICKS_SECONDS = 0.1
# a thread that wants a core for less than this share of the most that any thread wants does not hold up a run
_BUSY_SHARE = 0.5
# user, nice, system, irq, softirq; idle and iowait stand between them, steal behind
_BUSY_COLUMNS, _STEAL_COLUMN = (0, 1, 2, 5, 6), 7

# of each thread by its id, the seconds that it ran, and that it was ready to run and got no core
ThreadTimes = dict[int, tuple[float, float]]


@dataclass(frozen=True)
class Counters:
    """Readings of the kernel's counters at one moment.

    at:          seconds of a clock that never jumps
    threads:     of this process; None where the kernel does not tell
    cores:       seconds that all cores together were busy, and that a hypervisor gave to others
    own:         seconds that this process and its children were on a core
    stalled:     seconds in which something waited for memory
    major_faults: pages that this process had to read from disk
    """

    at: float
    threads: ThreadTimes | None
    cores: tuple[float, float] | None
    own: float
    stalled: float | None
    major_faults: int


class Contention:
    """What happened since the moment before, as in `schema.measurement.Moment`."""

    def __init__(self, first: Counters | None = None) -> None:
        self._last = read_counters() if first is None else first
        # what the ticks are counted from: old enough to say something
        self._bases = [self._last]

    def since_last(self, now: Counters | None = None) -> JsonObject:
        """waited, stolen, others, memory_stall and major_faults since this was asked, or made."""
        now = read_counters() if now is None else now
        last, self._last = self._last, now
        base = next((base for base in reversed(self._bases) if now.at - base.at >= _TICKS_SECONDS), None)
        found = {
            "waited": _waited(last, now),
            **(_of_cores(base, now) if base is not None else {"stolen": None, "others": None}),
            "memory_stall": _stall(last, now),
            "major_faults": now.major_faults - last.major_faults,
        }
        self._bases = [*self._bases[-1:], now] if now.at - self._bases[-1].at >= _TICKS_SECONDS else self._bases
        return found


def read_counters() -> Counters:
    """The counters now."""
    usage, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return Counters(
        at=time.monotonic(),
        threads=thread_times(),
        cores=_core_seconds(read(_PROC / "stat")),
        own=usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime,
        stalled=_stalled(read(_PROC / "pressure" / "memory")),
        major_faults=usage.ru_majflt,
    )


def thread_times() -> ThreadTimes | None:
    """What each thread of this process ran and waited for a core, in seconds; None where the kernel does not tell."""
    found = {}
    try:
        names = os.listdir(_PROC / "self" / "task")  # noqa: PTH208
    except OSError:
        return None
    for name in names:
        ran, waited, *_ = (*(read(_PROC / "self" / "task" / name / "schedstat") or "").split(), "", "")
        # a thread may be gone by now
        if ran.isdigit() and waited.isdigit():
            found[int(name)] = (int(ran) / 1e9, int(waited) / 1e9)
    # a kernel that does not count tells zeros of all
    return found if any(ran for ran, _ in found.values()) else None


def _waited(last: Counters, now: Counters) -> float | None:
    """The longest share of the time that a thread which worked waited for a core."""
    if last.threads is None or now.threads is None or now.at <= last.at:
        return None
    changes = []
    for thread, (ran, waited) in now.threads.items():
        ran_before, waited_before = last.threads.get(thread, (0.0, 0.0))
        changes.append((ran - ran_before + waited - waited_before, max(0.0, waited - waited_before)))
    most = max((wanted for wanted, _ in changes), default=0.0)
    working = [waited for wanted, waited in changes if wanted >= _BUSY_SHARE * most]
    return max(working, default=0.0) / (now.at - last.at)


def _of_cores(base: Counters, now: Counters) -> dict[str, float | None]:
    if base.cores is None or now.cores is None:
        return {"stolen": None, "others": None}
    # of some kernels they may run backwards
    busy, stolen = (max(0.0, late - early) for early, late in zip(base.cores, now.cores))
    others = (busy - (now.own - base.own)) / (now.at - base.at)
    return {"stolen": stolen / (busy + stolen) if stolen else 0.0, "others": max(0.0, others)}


def _stall(last: Counters, now: Counters) -> float | None:
    if last.stalled is None or now.stalled is None or now.at <= last.at:
        return None
    return max(0.0, now.stalled - last.stalled) / (now.at - last.at)


def _core_seconds(stat: str | None) -> tuple[float, float] | None:
    """Seconds that all cores were busy, and that were stolen, from `/proc/stat`."""
    fields = (stat or "").partition("\n")[0].split()
    if len(fields) <= _STEAL_COLUMN + 1 or fields[0] != "cpu" or not all(field.isdigit() for field in fields[1:]):
        return None
    ticks = [int(field) / os.sysconf("SC_CLK_TCK") for field in fields[1:]]
    return sum(ticks[column] for column in _BUSY_COLUMNS), ticks[_STEAL_COLUMN]


def _stalled(pressure: str | None) -> float | None:
    """Seconds from the line `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` of the kernel, which has microseconds."""
    for line in (pressure or "").splitlines():
        total = line.rpartition("total=")[2]
        if line.startswith("some ") and total.isdigit():
            return int(total) / 1e6
    return None
