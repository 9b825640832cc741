"""A measurement in figures: percentiles with intervals, and the parts of a run apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.errors import UsageError
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.percentiles import percentile, percentile_interval, percentile_intervals
from edgekit.schema.measurement import Measurement


@dataclass(frozen=True)
class Percentiles:
    """Percentiles in ms with their 95 % intervals."""

    p50: Estimate
    p90: Estimate
    p95: Estimate
    p99: Estimate


@dataclass(frozen=True)
class LatencySummary:
    """What a measurement says; every field in ms, but for the runs and the memory.

    latency:  from text to label; for a bare file, which has no text, the same as `infer`
    infer:    the model alone
    """

    runs: int
    latency: Percentiles
    infer: Percentiles
    tokenize_p50_ms: float | None
    infer_p50_ms: float
    postprocess_p50_ms: float | None
    cold_load_ms: float
    first_inference_ms: float
    peak_rss_mb: float


def summarise(measurement: Measurement) -> LatencySummary:
    """The figures of a measurement; `UsageError` when it holds no samples of the model."""
    samples = measurement.samples_ms
    infer = samples.get("infer", ())
    if not infer:
        raise UsageError("the measurement holds no samples of inference")
    total = samples.get("total", ()) or infer
    # every run has every part
    processes = measurement.counted("infer")
    figures = percentiles(infer, processes)
    return LatencySummary(
        runs=len(total),
        latency=figures if total is infer else percentiles(total, processes),
        infer=figures,
        tokenize_p50_ms=_median(samples.get("tokenize", ())),
        infer_p50_ms=figures.p50.value,
        postprocess_p50_ms=_median(samples.get("postprocess", ())),
        cold_load_ms=measurement.cold_load_ms,
        first_inference_ms=measurement.first_inference_ms,
        peak_rss_mb=measurement.peak_rss_mb,
    )


def latency_interval(measurement: Measurement, q: float) -> Estimate:
    """The q-th percentile of latency from text to label in ms, which a budget is checked against."""
    return percentile_interval(measurement.total_ms, q, processes=measurement.counted("infer"))


def percentiles(samples: Sequence[float], processes: Sequence[int] = ()) -> Percentiles:
    """The percentiles of raw times in ms, in the order taken; `processes`: how many samples each process took."""
    p50, p90, p95, p99 = percentile_intervals(samples, (50, 90, 95, 99), processes=processes)
    return Percentiles(p50, p90, p95, p99)


def _median(samples: Sequence[float]) -> float | None:
    return percentile(samples, 50) if samples else None
