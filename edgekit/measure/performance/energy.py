"""The energy of one inference, from the power of a board while idle and under load."""

from __future__ import annotations

import math

import numpy as np

from edgekit.measure.statistics.dependence import mean_of
from edgekit.measure.statistics.distributions import t_quantile
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.measurement import Energy


def energy_mj(found: Energy) -> Estimate:
    """mJ of one inference above what the board takes while idle, with the interval of a difference of two means.

    Readings of power come in a row and are alike; each mean's error allows for that (`dependence.mean_of`), and the
    two are taken together with the degrees of freedom of Welch (1947, Biometrika 34:28-35). In doubt where the
    readings are too few, and where the load does not stand out from the idle board: then something else was measured.
    """
    scale = 1e3 * found.seconds / found.runs
    idle = mean_of([np.asarray(found.idle_w, np.float64)], "readings of power while idle")
    load = mean_of([np.asarray(found.load_w, np.float64)], "readings of power under load")
    value = (load.value - idle.value) * scale
    if doubt := idle.doubt or load.doubt:
        return Estimate(value, -math.inf, math.inf, doubt)
    error = math.hypot(idle.error, load.error)
    half = 0.0
    if error > 0:
        degrees = error**4 / sum(mean.error**4 / mean.degrees for mean in (idle, load))
        half = t_quantile(0.975, degrees) * error * scale
    doubt = "" if value - half > 0 else "the power under load does not stand out from that of the idle board"
    return Estimate(value, value - half, value + half, doubt)
