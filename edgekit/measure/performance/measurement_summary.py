"""What measurements say: all figures of one, what disturbed it, and how many threads several find worth having."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edgekit.errors import UsageError
from edgekit.measure.performance.energy import energy_mj
from edgekit.measure.performance.generation import GenerationSummary, summarise_generation
from edgekit.measure.performance.latency_summary import LatencySummary, Percentiles, summarise
from edgekit.measure.performance.sustained import Sustained, sustained
from edgekit.measure.performance.throttling import Disturbance, Samples, disturbances_of_parts
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.measurement import AgentMeasurement, GenerationMeasurement, Measurement

# more threads must be faster by this share to be worth the cores they take
WORTH_A_THREAD = 0.05


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


def summarise_measurement(record: AgentMeasurement) -> MeasurementSummary:
    """The figures of a measurement."""
    return MeasurementSummary(
        burst=summarise(record) if isinstance(record, Measurement) else summarise_generation(record),
        sustained=sustained(record.sustained_ms),
        disturbed=disturbances_of_parts(record),
        energy_mj=energy_mj(record.energy) if record.energy else None,
    )


def recommend_threads(measurements: Iterable[AgentMeasurement]) -> int:
    """The fewest threads that no greater number beats by more than `WORTH_A_THREAD` and by more than noise.

    The measurements must differ in their threads alone. Beats: the median is lower by that share, and the two 95 %
    intervals do not touch. Raises `UsageError` without measurements.
    """
    figures = sorted(
        ((measurement.threads, _latency(measurement)) for measurement in measurements), key=lambda pair: pair[0]
    )
    if not figures:
        raise UsageError("no measurement to recommend a thread count from")
    threads, best = figures[0]
    for more, figure in figures[1:]:
        if beats(figure, best):
            threads, best = more, figure
    return threads


def recommended_threads(measurements: Sequence[AgentMeasurement]) -> dict[int | str, int]:
    """The recommendation for each length that was measured with several thread counts."""
    by_length: dict[int | str, list[AgentMeasurement]] = {}
    for measurement in measurements:
        by_length.setdefault(measurement.length, []).append(measurement)
    return {
        length: recommend_threads(group)
        for length, group in by_length.items()
        if len({measurement.threads for measurement in group}) > 1
    }


def beats(new: Percentiles, old: Percentiles) -> bool:
    """Whether a setting with more threads is worth them: faster by that share, and by more than noise."""
    return new.p50.value < (1 - WORTH_A_THREAD) * old.p50.value and new.p50.high < old.p50.low


def _latency(measurement: AgentMeasurement) -> Percentiles:
    """What counts of a measurement: from text to label, or of a decoder from token to token."""
    if isinstance(measurement, GenerationMeasurement):
        return summarise_generation(measurement).token
    return summarise(measurement).latency
