"""The latency that a runtime's own benchmark program tells, over several runs of the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.tool_measurement import ToolMeasurement

# that the median lies outside of all of n values has the probability 2 / 2^n: 3 % for six
FEWEST = 6


def tool_latency(record: ToolMeasurement, figure: Literal["p50_ms", "p95_ms", "mean_ms"]) -> Estimate | None:
    """The median over the program's runs; None where the program does not tell the figure, or was run too seldom.

    The interval reaches from the smallest to the greatest of at least `FEWEST` runs, which holds the median of all
    that it could have told with more than 95 % (David and Nagaraja 2003, Order Statistics, ch. 7), whatever their
    distribution is.
    """
    values: Sequence[float | None] = [getattr(run, figure) for run in record.invocations]
    known = [value for value in values if value is not None]
    if len(known) < max(FEWEST, len(values)):
        return None
    return Estimate(float(np.median(known)), min(known), max(known))
