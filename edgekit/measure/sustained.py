"""Runs back to back for a long time: what is left of the speed at the beginning when the device has become warm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.measure.statistics import Estimate, percentile, resampled_percentile
from edgekit.measure.summary import Percentiles, percentiles


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

    @property
    def slows_down(self) -> bool:
        """Whether the last third is slower than the first by more than noise."""
        return self.drift_pct.low > 0


def sustained(samples: Sequence[float]) -> Sustained | None:
    """What raw times in ms of runs back to back say; None for fewer than three."""
    if len(samples) < 3:
        return None
    ends = np.cumsum(np.asarray(samples, np.float64))
    # a run belongs to the third that it ends in; each has at least one run, however long a single one took
    first = samples[: max(1, int(np.searchsorted(ends, ends[-1] / 3, side="right")))]
    last = samples[min(len(samples) - 1, int(np.searchsorted(ends, ends[-1] * 2 / 3, side="right"))) :]
    ratios = resampled_percentile(last, 50, seed=1) / np.maximum(resampled_percentile(first, 50), 1e-9)
    low, high = np.percentile(100 * (ratios - 1), (2.5, 97.5))
    drift = 100 * (percentile(last, 50) / max(percentile(first, 50), 1e-9) - 1)
    return Sustained(
        seconds=float(ends[-1]) / 1e3,
        runs=len(samples),
        first=percentiles(first),
        last=percentiles(last),
        drift_pct=Estimate(drift, float(low), float(high)),
    )
