"""A decoder's measurement in figures: time to the first token, of each further one, and tokens a second."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.measure.statistics import Estimate
from edgekit.measure.summary import Percentiles, percentiles
from edgekit.spec.measurement import GenerationMeasurement


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
    token = percentiles(measurement.samples_ms["token"])
    median = token.p50
    rate = Estimate(_rate(median.value), _rate(median.high), _rate(median.low))
    return GenerationSummary(percentiles(measurement.samples_ms["first_token"]), token, rate)


def _rate(milliseconds: float) -> float:
    # a clock too coarse for a token says 0
    return 1000 / max(milliseconds, 1e-6)
