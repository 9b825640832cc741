"""What is measured behind the usual samples: sustained runs, the peak of memory, energy."""

from __future__ import annotations

from collections.abc import Callable

from ..json_object import JsonObject
from ..machine.memory import peak_rss_mb
from .device_monitor import DeviceMonitor
from .energy import measure_energy
from .timing import Marks, Progress, sustain
from .workload import ProfileRequest


def after_samples(
    step: Callable[[int], Marks], monitor: DeviceMonitor, request: ProfileRequest, progress: Progress
) -> tuple[list[float], float, JsonObject | None, list[str]]:
    """Times of sustained runs in ms, the most memory in MB, the energy where it was asked for, and notes on it.

    The state is sampled where one part ends and another begins, so that what happens in one is not said of the other.
    """
    sustained: list[float] = []
    if request.sustained_seconds:
        monitor.sample_state()
        sustained = sustain(monitor.counting(step), request.sustained_seconds, progress)
    peak = peak_rss_mb()
    if not request.energy:
        return sustained, peak, None, []
    monitor.sample_state()
    return (sustained, peak, *measure_energy(step, progress))
