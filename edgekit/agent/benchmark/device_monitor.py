"""Watching the machine while it measures: what other work takes from it, and its state, taken by a light thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from ..json_object import JsonObject
from ..machine.conditions import conditions, state
from ..machine.contention import Contention
from ..machine.memory import rss_mb
from ..machine.throttling import throttle_bits
from .timing import Marks

# short enough for several moments in a second, and long enough for the kernel's ticks of 10 ms
EVERY_SECONDS = 0.25
# asking for temperature, clock and firmware costs more, the last a program
STATE_EVERY_SECONDS = 1.0
# of a long measurement so many moments are kept: of more, every other one is dropped, and half as many are taken
MOST_MOMENTS = 900
# between two moments the wall clock may be corrected by so much before it is called a jump
CLOCK_JUMP_SECONDS = 0.5

_FLAGS = ("throttled", "under_voltage")
_SHARES = ("waited", "stolen", "others", "memory_stall")


class DeviceMonitor:
    """Entering it takes the state of the machine, leaving it takes it again; in between four times a second.

    moments: with the keys of `schema.measurement.Moment`. Temperature, clock and the like once a second; `throttled`
    and `under_voltage` of the moments between are those of the next reading, which tells of what happened meanwhile
    Nothing is timed by the wall clock; where that jumps, `notes` says so.
    """

    def __init__(self) -> None:
        self.moments: list[JsonObject] = []
        self.notes: list[str] = []
        self._runs = 0
        self._bits: int | None = None
        self._every = EVERY_SECONDS
        self._state_due = 0.0
        # the newest moments that wait for the firmware's next answer
        self._without_state: list[JsonObject] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> DeviceMonitor:
        self._first_bits = throttle_bits()
        self._before = conditions()
        self._started = time.monotonic()
        self._offset = time.time() - time.monotonic()
        self._contention = Contention()
        self.sample_state()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.sample_state()
        self._after = conditions(self._first_bits)

    def sample_state(self) -> None:
        """Take the whole state now; where one part of a measurement ends and another one begins."""
        self._sample(whole=True)

    def counting(self, step: Callable[[int], Marks]) -> Callable[[int], Marks]:
        """`step`, counted, so that each moment says how many runs were done by then."""

        def counted(run: int) -> Marks:
            marks = step(run)
            self.count()
            return marks

        return counted

    def count(self) -> None:
        """One run more was done."""
        self._runs += 1

    def states(self) -> JsonObject:
        """The state before, during and after, as in `schema.measurement.MonitoredRecord`; for when it is left."""
        return {"before": self._before, "during": self.moments, "after": self._after}

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            self._sample(whole=time.monotonic() >= self._state_due)
            if len(self.moments) >= MOST_MOMENTS:
                with self._lock:
                    _thin(self.moments)
                self._every *= 2

    def _sample(self, *, whole: bool) -> None:
        with self._lock:
            # the first has nothing before it that it could tell of
            since = self._contention.since_last() if self.moments else {}
            moment = {"seconds": time.monotonic() - self._started, "runs": self._runs, "rss_mb": rss_mb(), **since}
            if whole:
                self._add_state(moment)
            else:
                self._without_state.append(moment)
            self.moments.append(moment)
            self._check_clock()

    def _add_state(self, moment: JsonObject) -> None:
        bits = throttle_bits()
        moment.update(state(bits, self._bits))
        self._bits = bits
        self._state_due = time.monotonic() + max(STATE_EVERY_SECONDS, self._every)
        for earlier in self._without_state:
            earlier.update({flag: moment[flag] for flag in _FLAGS})
        self._without_state = []

    def _check_clock(self) -> None:
        offset = time.time() - time.monotonic()
        moved = offset - self._offset
        if abs(moved) > CLOCK_JUMP_SECONDS:
            self.notes.append(f"the wall clock jumped by {moved:+.1f} s while measuring; times are by another clock")
        self._offset = offset


def _thin(moments: list[JsonObject]) -> None:
    """Drop every other moment but the last; one that is kept tells what the one before it told."""
    for start, earlier, later in zip(moments[0:-2:2], moments[1:-1:2], moments[2::2]):
        _absorb(later, earlier, start["seconds"])
    del moments[1:-1:2]


def _absorb(later: JsonObject, earlier: JsonObject, start: float) -> None:
    """Let a moment tell of the time since `start`, and no longer since `earlier`, which is dropped."""
    for flag in _FLAGS:
        known = [moment[flag] for moment in (earlier, later) if moment.get(flag) is not None]
        later[flag] = any(known) if known else None
    first, second = earlier["seconds"] - start, later["seconds"] - earlier["seconds"]
    for share in _SHARES:
        values = [(earlier.get(share), first), (later.get(share), second)]
        known = [(value, seconds) for value, seconds in values if value is not None]
        whole = sum(seconds for _, seconds in known)
        later[share] = sum(value * seconds for value, seconds in known) / whole if whole > 0 else None
    faults = [moment["major_faults"] for moment in (earlier, later) if moment.get("major_faults") is not None]
    later["major_faults"] = sum(faults) if faults else None
    for name, value in earlier.items():
        if later.get(name) is None:
            later[name] = value
