"""All figures of one measurement, and what disturbed it."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.measure.performance.energy import energy_mj
from edgekit.measure.performance.generation import GenerationSummary, summarise_generation
from edgekit.measure.performance.latency_summary import LatencySummary, summarise
from edgekit.measure.performance.sustained import Sustained, sustained
from edgekit.measure.performance.throttling import Disturbance, Samples, disturbances_of_parts
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.measurement import GenerationMeasurement, Measurement


@dataclass(frozen=True)
class MeasurementSummary:
    """What a measurement says, each figure with its interval.

    burst:     of the usual samples
    sustained: of the runs back to back behind them; None where there were none
    disturbed: what disturbed the samples of each part; only parts that were disturbed
    energy_mj: of an inference or a token; None where it was not measured, or is not measurable
    """

    burst: LatencySummary | GenerationSummary
    sustained: Sustained | None
    disturbed: dict[Samples, Disturbance]
    energy_mj: Estimate | None


def summarise_measurement(record: Measurement | GenerationMeasurement) -> MeasurementSummary:
    """The figures of a measurement."""
    return MeasurementSummary(
        burst=summarise(record) if isinstance(record, Measurement) else summarise_generation(record),
        sustained=sustained(record.sustained_ms),
        disturbed=disturbances_of_parts(record),
        energy_mj=energy_mj(record.energy) if record.energy else None,
    )
