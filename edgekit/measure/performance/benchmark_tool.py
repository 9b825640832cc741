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


def was_loaded(record: ToolMeasurement) -> str:
    """Whether others used cores that the program needed, or it had more threads than there are, in words.

    Android counts threads that only sleep as load.
    """
    load, cores, threads = record.before.load_1min, record.fingerprint.cores, record.threads
    if load is None or "android" in record.fingerprint.os.lower() or load + threads <= cores + 1:
        return ""
    if load + min(threads, cores) > cores + 1:
        return "the machine was busy before the program ran"
    return f"{threads} threads shared {cores} cores"
