"""What a measurement takes once its usual samples are taken: sustained runs, the peak of memory, energy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..machine.memory import peak_rss_mb
from .device_monitor import Watched
from .energy import measure_energy
from .profile_request import Order
from .timing import Marks, Progress, sustain


def after_samples(
    step: Callable[[int], Marks], watched: Watched, order: Order, progress: Progress
) -> tuple[list[float], float, dict[str, Any] | None, list[str]]:
    """Times of sustained runs in ms, the most memory in MB, the energy where it was asked for, and notes on it.

    A moment is taken where one part ends and another begins, so that what happens in one is not said of the other.
    """
    sustained: list[float] = []
    if order.sustained_seconds:
        watched.look()
        sustained = sustain(watched.counting(step), order.sustained_seconds, progress)
    peak = peak_rss_mb()
    if not order.energy:
        return sustained, peak, None, []
    watched.look()
    return (sustained, peak, *measure_energy(step, progress))
