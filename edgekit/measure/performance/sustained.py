"""Runs back to back for a long time: what is left of the speed at the beginning when the device has become warm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.measure.performance.latency_summary import Percentiles, percentiles
from edgekit.measure.statistics.estimate import Estimate

# a clock too coarse for a run says 0
_LEAST_MS = 1e-9


@dataclass(frozen=True)
class Sustained:
    """The first third of the time against the last third.

    seconds, runs: of the whole
    first, last:   percentiles in ms of the runs in each third
    drift_pct:     by how many % the median of the last third is above that of the first, with its 95 % interval
    """

    seconds: float
    runs: int
    first: Percentiles
    last: Percentiles
    drift_pct: Estimate


def sustained(samples: Sequence[float]) -> Sustained | None:
    """What raw times in ms of runs back to back say; None for fewer than three."""
    if len(samples) < 3:
        return None
    ends = np.cumsum(np.asarray(samples, np.float64))
    # a run belongs to the third that it ends in; each has at least one run, however long a single one took
    first = percentiles(samples[: max(1, int(np.searchsorted(ends, ends[-1] / 3, side="right")))])
    last = percentiles(samples[min(len(samples) - 1, int(np.searchsorted(ends, ends[-1] * 2 / 3, side="right"))) :])
    return Sustained(
        seconds=float(ends[-1]) / 1e3,
        runs=len(samples),
        first=first,
        last=last,
        drift_pct=_drift(first.p50, last.p50),
    )


def _drift(first: Estimate, last: Estimate) -> Estimate:
    """The rise from one median to the other in %.

    The logarithm of their ratio has the distances of both to their bounds, squared and added (the method of variance
    estimates recovery: Zou and Donner 2008, Statistics in Medicine 27:1693-1702).
    """
    start, end = _logs(first), _logs(last)
    value = end.value - start.value
    low = value - math.hypot(end.value - end.low, start.high - start.value)
    high = value + math.hypot(end.high - end.value, start.value - start.low)
    return Estimate(_percent(value), _percent(low), _percent(high), first.doubt or last.doubt)


def _logs(median: Estimate) -> Estimate:
    """The logarithm of a time; a bound that there is not stays one."""
    low = math.log(max(median.low, _LEAST_MS)) if median.low > -math.inf else -math.inf
    return Estimate(math.log(max(median.value, _LEAST_MS)), low, math.log(max(median.high, _LEAST_MS)))


def _percent(rise: float) -> float:
    """A logarithm of a ratio as a rise in %; without a bound where it has none."""
    if abs(rise) == math.inf:
        return rise
    return 100 * math.expm1(min(rise, 700.0))
