"""Which of two models is faster, from their interleaved runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgekit.measure.statistics.dependence import mean_of, split_by_process
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.comparison import InterleavedBlock

SpeedVerdict = Literal["better", "worse", "no difference"]

# a clock too coarse for a run says 0
_LEAST_MS = 1e-9


@dataclass(frozen=True)
class SpeedComparison:
    """Our model against theirs.

    ratio:   our time over theirs, with its 95 % interval; below 1 we are faster
    ours_p50_ms, theirs_p50_ms: medians of all runs
    verdict: `better` or `worse` where the whole interval is on that side of 1, else `no difference`, which says that
             none was found, not that there is none
    """

    verdict: SpeedVerdict
    ratio: Estimate
    ours_p50_ms: float
    theirs_p50_ms: float
    blocks: int
    runs: int


def compare_speed(blocks: Sequence[InterleavedBlock], *, processes: Sequence[int] = ()) -> SpeedComparison:
    """What interleaved runs say; `processes`: how many of the blocks each of several processes ran, in their order.

    The ratio is the geometric mean over blocks of the ratio of a block's medians: what slows the machine down slows
    both sides of a block and cancels out of it. What is left in a row of ratios, as when one side warms up, widens the
    interval (`dependence.mean_of`), as do processes that differ. Raises `ValueError` below two blocks.
    """
    if len(blocks) < 2:
        raise ValueError("a comparison needs two blocks at least")
    ours = [np.asarray(block.ours_ms, np.float64) for block in blocks]
    theirs = [np.asarray(block.theirs_ms, np.float64) for block in blocks]
    ours_log, theirs_log = (
        np.log([max(float(np.median(runs)), _LEAST_MS) for runs in side]) for side in (ours, theirs)
    )
    mean = mean_of(split_by_process(ours_log - theirs_log, processes), "blocks of runs")
    ratio = Estimate(
        math.exp(mean.value), _exp(mean.value - mean.half_width), _exp(mean.value + mean.half_width), mean.doubt
    )
    ours_p50, theirs_p50 = (float(np.median(np.concatenate(side))) for side in (ours, theirs))
    return SpeedComparison(
        _verdict(ratio), ratio, ours_p50, theirs_p50, len(blocks), sum(len(block.ours_ms) for block in blocks)
    )


def _verdict(ratio: Estimate) -> SpeedVerdict:
    if ratio.high < 1:
        return "better"
    return "worse" if ratio.low > 1 else "no difference"


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
