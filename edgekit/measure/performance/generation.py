"""A decoder's measurement in figures: time to the first token, of each further one, and tokens a second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.measure.performance.latency_summary import Percentiles, percentiles
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.percentiles import percentile_interval
from edgekit.schema.measurement import GenerationMeasurement


@dataclass(frozen=True)
class GenerationSummary:
    """What a measurement at one length says.

    first_token:  ms for a prompt of that length, with the choice of the next token
    token:        ms for each token behind as many
    tokens_per_s: 1000 / the median of `token`, and its interval
    """

    first_token: Percentiles
    token: Percentiles
    tokens_per_s: Estimate


def summarise_generation(measurement: GenerationMeasurement) -> GenerationSummary:
    """The figures of a measurement, with 95 % intervals."""
    samples, tokens = measurement.samples_ms, measurement.counted("token")
    return GenerationSummary(
        percentiles(samples["first_token"], measurement.counted("first_token")),
        percentiles(samples["token"], tokens),
        tokens_per_s(samples["token"], tokens),
    )


def tokens_per_s(token_ms: Sequence[float], processes: Sequence[int] = ()) -> Estimate:
    """1000 / the median of the times of single tokens in ms, with the interval of that median.

    processes: as of `percentile_interval`
    """
    median = percentile_interval(token_ms, 50, processes=processes)
    low = _rate(median.high) if median.high < math.inf else -math.inf
    high = _rate(median.low) if median.low > -math.inf else math.inf
    return Estimate(_rate(median.value), low, high, median.doubt)


def _rate(milliseconds: float) -> float:
    # a clock too coarse for a token says 0
    return 1000 / max(milliseconds, 1e-6)
