"""All figures of one measurement."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.measure.energy import energy_mj
from edgekit.measure.generation import GenerationSummary, summarise_generation
from edgekit.measure.spoiled import Spoiled, spoiled
from edgekit.measure.statistics import Estimate
from edgekit.measure.summary import LatencySummary, summarise
from edgekit.measure.sustained import Sustained, sustained
from edgekit.spec.measurement import GenerationMeasurement, Measurement


@dataclass(frozen=True)
class Told:
    """What a measurement says, each figure with its interval.

    burst:             of the usual samples
    sustained:         of the runs back to back behind them; None where there were none
    spoiled:           which of the usual samples were taken while throttled or under voltage; None: none
    sustained_spoiled: which of the sustained ones
    energy_mj:         of an inference or a token; None where it was not measured, or is not measurable
    """

    burst: LatencySummary | GenerationSummary
    sustained: Sustained | None
    spoiled: Spoiled | None
    sustained_spoiled: Spoiled | None
    energy_mj: Estimate | None


def told(taken: Measurement | GenerationMeasurement) -> Told:
    """The figures of a measurement."""
    return Told(
        burst=summarise(taken) if isinstance(taken, Measurement) else summarise_generation(taken),
        sustained=sustained(taken.sustained_ms),
        spoiled=spoiled(taken),
        sustained_spoiled=spoiled(taken, sustained=True),
        energy_mj=energy_mj(taken.energy) if taken.energy else None,
    )
