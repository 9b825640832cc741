"""What really ran: kernels, delegate, threads, options, caches; as the runtime and the system tell it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import AgentError
from ..json_object import JsonObject
from ..machine.conditions import read
from ..machine.contention import ThreadTimes, thread_times
from ..runtimes.base import ModelSession

# a thread that ran for a smaller share of what the busiest ran did not work for the model: it is of the agent
_WORKED = 0.05
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_KINDS = {"Data": " data", "Instruction": " instruction", "Unified": ""}


class ThreadCount:
    """Counts the threads that work for the model while it is entered; `worked` is None where that is not known."""

    def __init__(self) -> None:
        self.worked: int | None = None

    def __enter__(self) -> ThreadCount:
        self._before = thread_times()
        return self

    def __exit__(self, *_: object) -> None:
        self.worked = worked(self._before, thread_times())


def worked(before: ThreadTimes | None, after: ThreadTimes | None) -> int | None:
    """How many threads ran for at least `_WORKED` of what the busiest ran in between."""
    if before is None or after is None:
        return None
    ran = [now - before.get(thread, (0.0, 0.0))[0] for thread, (now, _) in after.items()]
    most = max(ran, default=0.0)
    return sum(seconds >= _WORKED * most for seconds in ran) if most > 0 else None


def what_ran(session: ModelSession, threads: int | None, operators: Callable[[], dict[str, int]] | None) -> JsonObject:
    """The fields of `schema.measurement.Ran` as plain JSON values.

    threads:   that worked for the model
    operators: finds what a profile says, which takes the session's place; None where that is not asked for
    """
    found: JsonObject = {**session.execution(), "threads": threads, "caches_kb": caches_kb()}
    if operators is not None:
        try:
            found["operators"] = operators()
        except (AgentError, OSError, ValueError):
            # no room for a profile, or one in other words: what ran stays unknown, and the samples are as good
            found["operators"] = {}
    return found


def caches_kb() -> dict[str, float]:
    """The caches of the first core by level, as `L1 data` and `L2`; none where the kernel does not tell."""
    found = {}
    for folder in sorted(_CACHES.glob("index[0-9]*")):
        level, kind, size = (read(folder / name) or "" for name in ("level", "type", "size"))
        if level.isdigit() and kind in _KINDS and size.endswith("K") and size[:-1].isdigit():
            found[f"L{level}{_KINDS[kind]}"] = float(size[:-1])
    return found
