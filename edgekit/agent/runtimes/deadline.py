"""How long one inference may take: a model file may hold a loop that never ends."""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..errors import BadInput

# far above the slowest inference that anybody waits for; the variable is for models and machines of other sizes
_VARIABLE, _SECONDS = "EDGEKIT_INFERENCE_SECONDS", 120.0


class RunOptions(Protocol):
    """onnxruntime's options of a run."""

    terminate: bool


class Deadline:
    """Ends runs that take too long, from one thread that sleeps in between; made once for each session.

    options: the runtime's own options of a run, whose `terminate` ends a run that has them
    Raises `BadInput` where the environment names no time.
    """

    def __init__(self, options: RunOptions) -> None:
        self.options = options
        self.seconds = _most_seconds()
        self.passed = False
        self._due: float | None = None
        # a thread for each run would cost a small model's latency
        threading.Thread(target=_watch, args=(weakref.ref(self), self.seconds / 20), daemon=True).start()

    @contextmanager
    def watched(self) -> Iterator[RunOptions]:
        """The options for a run within the block, which is ended when its time is up."""
        if self.passed:
            self.passed = self.options.terminate = False
        self._due = time.monotonic() + self.seconds
        try:
            yield self.options
        finally:
            self._due = None

    def look(self) -> None:
        """End the run that goes on, if its time is up."""
        due = self._due
        if due is not None and time.monotonic() > due:
            self.passed = True
            self.options.terminate = True

    @property
    def error(self) -> BadInput:
        """What to say of a run that was ended."""
        return BadInput(
            f"the model did not answer within {self.seconds:g} s: it may hold a loop that never ends",
            f"where it needs longer, say so: {_VARIABLE}=SECONDS",
        )


def _watch(deadline: weakref.ref[Deadline], period: float) -> None:
    while True:
        time.sleep(period)
        watched = deadline()
        if watched is None:
            return
        watched.look()
        del watched


def _most_seconds() -> float:
    text = os.environ.get(_VARIABLE, str(_SECONDS))
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise BadInput(f"{_VARIABLE} must be a number of seconds, not {text[:40]!r}")
    return seconds
