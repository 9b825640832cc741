"""The energy of one inference, from the power of a board while idle and under load."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgekit.measure.statistics import Estimate
from edgekit.spec.measurement import Energy

RESAMPLES = 10_000


def energy_mj(found: Energy, *, seed: int = 0) -> Estimate:
    """mJ of one inference above what the board takes while idle, with a bootstrap interval over the readings of power.

    The readings fluctuate and come in a row, so the interval is rather too narrow. It may reach below 0, where the
    load does not stand out from the idle board.
    """
    idle, load = np.asarray(found.idle_w), np.asarray(found.load_w)
    generator = np.random.default_rng(seed)
    above = _means(load, generator) - _means(idle, generator)
    scale = 1e3 * found.seconds / found.runs
    low, high = np.percentile(above, (2.5, 97.5)) * scale
    return Estimate(float(load.mean() - idle.mean()) * scale, float(low), float(high))


def _means(values: npt.NDArray[np.float64], generator: np.random.Generator) -> npt.NDArray[np.float64]:
    """The mean of each of `RESAMPLES` resamples."""
    counts = generator.multinomial(len(values), np.full(len(values), 1 / len(values)), size=RESAMPLES)
    return np.asarray(counts @ values / len(values))
