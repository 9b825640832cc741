"""Samples that were taken while the device was throttled or under voltage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from edgekit.spec.measurement import Conditions, GenerationMeasurement, Measurement, Moment, Watched


@dataclass(frozen=True)
class Spoiled:
    """How many of the samples that a figure comes from were taken under what. `words` says it in a few words."""

    samples: int
    of: int
    throttled: bool
    under_voltage: bool

    @property
    def words(self) -> str:
        """As `12 of 340 samples were taken while throttled`."""
        reasons = [*(["throttled"] if self.throttled else []), *(["under voltage"] if self.under_voltage else [])]
        return f"{self.samples} of {self.of} samples were taken while {' and '.join(reasons)}"


def spoiled(taken: Measurement | GenerationMeasurement, *, sustained: bool = False) -> Spoiled | None:
    """What spoils the usual samples of a measurement, or the sustained ones; None where nothing does.

    What happened between two moments, and what was so at either of them, holds for the samples between them.
    """
    usual = _usual_runs(taken)
    first, last = (usual, usual + len(taken.sustained_ms)) if sustained else (0, usual)
    return _between(taken, first, last)


def spoiled_first_tokens(taken: GenerationMeasurement) -> Spoiled | None:
    """As `spoiled`, for the prompts of a decoder alone."""
    return _between(taken, 0, len(taken.samples_ms["first_token"]))


def spoiled_tokens(taken: GenerationMeasurement) -> Spoiled | None:
    """As `spoiled`, for the single tokens of a decoder alone."""
    return _between(taken, len(taken.samples_ms["first_token"]), _usual_runs(taken))


def ever_spoiled(taken: Watched) -> bool:
    """Whether the device was throttled or under voltage at any time while it measured."""
    states = (taken.before, *taken.during, taken.after)
    return any(state.throttled or state.under_voltage for state in states)


def _usual_runs(taken: Measurement | GenerationMeasurement) -> int:
    if isinstance(taken, GenerationMeasurement):
        return sum(map(len, taken.samples_ms.values()))
    return len(taken.samples_ms.get("infer", ()))


def _between(taken: Watched, first: int, last: int) -> Spoiled | None:
    """The samples from `first` up to `last`, counted from 0 in the order taken."""
    samples, causes = 0, []
    for start, end, states in _stretches(taken.during, (taken.before, taken.after), last):
        inside = min(end, last) - max(start, first)
        bad = [state for state in states if state.throttled or state.under_voltage]
        if inside > 0 and bad:
            samples += inside
            causes += bad
    if not causes:
        return None
    throttled, under = any(cause.throttled for cause in causes), any(cause.under_voltage for cause in causes)
    return Spoiled(samples, last - first, throttled, under)


def _stretches(
    during: Sequence[Moment], ends: Sequence[Conditions], runs: int
) -> list[tuple[int, int, Sequence[Conditions]]]:
    """From which sample to which the machine was in which states; all of them where nobody looked in between."""
    if len(during) < 2:
        return [(0, runs, ends)]
    return [(earlier.runs, later.runs, (earlier, later)) for earlier, later in pairwise(during)]
