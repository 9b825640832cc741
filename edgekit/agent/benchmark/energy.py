"""The energy of a run on a Raspberry Pi 5, from the rails that its power chip measures; elsewhere not measurable.

The chip (PMIC) tells volts and amperes of each rail that it makes (`vcgencmd pmic_read_adc`). What is behind the 5 V
input directly, as USB devices, is not among them: it is the board's processor, memory and wireless that are measured.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from ..json_object import JsonObject
from ..machine.throttling import vcgencmd
from .timing import Marks, Progress, sustain

IDLE_SECONDS, LOAD_SECONDS = 5.0, 10.0
EVERY_SECONDS = 0.2
# threads of a runtime may spin for a moment before they sleep
_SETTLE_SECONDS = 1.0
_READING = re.compile(r"\s*(\w+)_([AV]) (?:current|volt)\(\d+\)=(\d+\.\d+)([AV])\s*")
NOT_MEASURABLE = "energy is not measurable here: no power chip answers, as that of a Raspberry Pi 5 does"


def measure_energy(step: Callable[[int], Marks], progress: Progress) -> tuple[JsonObject | None, list[str]]:
    """Power while idle and then under runs back to back, as `schema.measurement.Energy`; None, and why, elsewhere."""
    answer = vcgencmd("pmic_read_adc")
    known = rails(answer or "")
    if not known:
        return None, [NOT_MEASURABLE]
    time.sleep(_SETTLE_SECONDS)
    with _Meter() as idle:
        time.sleep(IDLE_SECONDS)
    started = time.perf_counter()
    with _Meter() as load:
        runs = len(sustain(step, LOAD_SECONDS, progress))
        seconds = time.perf_counter() - started
    if not idle.watts or not load.watts:
        return None, ["energy could not be measured: the power chip stopped answering"]
    found = {"idle_w": idle.watts, "load_w": load.watts, "runs": runs, "seconds": seconds, "rails": sorted(known)}
    return found, []


def rails(answer: str) -> dict[str, float]:
    """Watts of each rail in the answer to `pmic_read_adc` that tells both its current and its voltage."""
    amperes: dict[str, float] = {}
    volts: dict[str, float] = {}
    for line in answer.splitlines():
        reading = _READING.fullmatch(line)
        if reading is not None and reading[2] == reading[4]:
            (amperes if reading[2] == "A" else volts)[reading[1]] = float(reading[3])
    return {name: amperes[name] * volts[name] for name in amperes if name in volts}


class _Meter:
    """The board's power in watts, again and again while it is entered."""

    def __init__(self) -> None:
        self.watts: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> _Meter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._ended.wait(EVERY_SECONDS):
            known = rails(vcgencmd("pmic_read_adc") or "")
            if known:
                self.watts.append(sum(known.values()))
