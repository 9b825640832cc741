"""Watching the machine while it measures: its state once a second, taken by a light thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from .conditions import conditions, state
from .memory import rss_mb
from .throttling import throttle_bits
from .timing import Marks

EVERY_SECONDS = 1.0
# of a long measurement so many moments are kept: of more, every other one is dropped, and half as many are taken
MOST_MOMENTS = 4096
# between two moments the wall clock may be corrected by so much before it is called a jump
CLOCK_JUMP_SECONDS = 0.5


class Watched:
    """Entering it takes the state of the machine, leaving it takes it again; in between once a second.

    moments: with the keys of `spec.measurement.Moment`. `throttled` and `under_voltage` also tell of what happened
    since the moment before
    Nothing is timed by the wall clock; where that jumps, `notes` says so.
    """

    def __init__(self) -> None:
        self.moments: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self._runs = 0
        self._bits: int | None = None
        self._every = EVERY_SECONDS
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watched:
        self._first_bits = throttle_bits()
        self._before = conditions()
        self._started = time.monotonic()
        self._offset = time.time() - time.monotonic()
        self._take()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._take()
        self._after = conditions(self._first_bits)

    def counting(self, step: Callable[[int], Marks]) -> Callable[[int], Marks]:
        """`step`, counted, so that each moment says how many runs were done by then."""

        def counted(run: int) -> Marks:
            marks = step(run)
            self._runs += 1
            return marks

        return counted

    def report(self) -> dict[str, Any]:
        """The state before, during and after, as in `spec.measurement.Watched`; for when it is left."""
        return {"before": self._before, "during": self.moments, "after": self._after}

    def _look(self) -> None:
        while not self._ended.wait(self._every):
            self._take()
            if len(self.moments) >= MOST_MOMENTS:
                _thin(self.moments)
                self._every *= 2

    def _take(self) -> None:
        runs, bits = self._runs, throttle_bits()
        moment = {"seconds": time.monotonic() - self._started, "runs": runs, "rss_mb": rss_mb()}
        self.moments.append({**moment, **state(bits, self._bits)})
        self._bits = bits
        self._check_clock()

    def _check_clock(self) -> None:
        offset = time.time() - time.monotonic()
        moved = offset - self._offset
        if abs(moved) > CLOCK_JUMP_SECONDS:
            self.notes.append(f"the wall clock jumped by {moved:+.1f} s while measuring; times are by another clock")
        self._offset = offset


def _thin(moments: list[dict[str, Any]]) -> None:
    """Drop every other moment but the last; one that is kept tells what the one before it told."""
    for earlier, later in zip(moments[1:-1:2], moments[2::2]):
        for key in ("throttled", "under_voltage"):
            later[key] = later[key] or earlier[key]
    del moments[1:-1:2]
