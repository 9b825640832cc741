"""Which of two models is faster, from their runs in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from edgekit.measure.statistics import Estimate
from edgekit.spec.comparison import Block

SpeedVerdict = Literal["better", "worse", "no difference"]

RESAMPLES = 1_000
# of resampled times, so many are held in memory at once
_MOST_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class SpeedComparison:
    """Our model against theirs.

    ratio:   our median over theirs, with its 95 % interval; below 1 we are faster
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


def compare_speed(blocks: Sequence[Block], *, seed: int = 0) -> SpeedComparison:
    """What runs in turns say.

    The bootstrap draws whole blocks with the runs of both (Efron and Tibshirani 1993, ch. 8 and 16): what slows the
    machine down slows both sides of a block, and the runs of a block are alike. Raises `ValueError` below two blocks.
    """
    if len(blocks) < 2:
        raise ValueError("a comparison needs two blocks at least")
    ours = np.array([block.ours_ms for block in blocks])
    theirs = np.array([block.theirs_ms for block in blocks])
    low, high = np.percentile(_ratios(ours, theirs, seed), (2.5, 97.5))
    ours_p50, theirs_p50 = float(np.median(ours)), float(np.median(theirs))
    ratio = Estimate(ours_p50 / max(theirs_p50, 1e-9), float(low), float(high))
    return SpeedComparison(_verdict(ratio), ratio, ours_p50, theirs_p50, len(blocks), ours.size)


def _ratios(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64], seed: int) -> npt.NDArray[np.float64]:
    """The ratio of medians in each resample."""
    generator = np.random.default_rng(seed)
    blocks = len(ours)
    at_once = max(1, _MOST_AT_ONCE // ours.size)
    ratios = []
    for start in range(0, RESAMPLES, at_once):
        # how often each block is drawn, with both its sides
        drawn = generator.multinomial(blocks, np.full(blocks, 1 / blocks), size=min(at_once, RESAMPLES - start))
        ratios.append(_medians(ours, drawn) / np.maximum(_medians(theirs, drawn), 1e-9))
    return np.concatenate(ratios)


def _medians(times: npt.NDArray[np.float64], drawn: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The median over all runs of the blocks [blocks, runs], each as often as it was drawn [resamples, blocks]."""
    order = np.argsort(times, axis=None)
    ranked, owner = times.ravel()[order], order // times.shape[1]
    # how many runs are at most as long as each run
    ranks = np.cumsum(drawn.astype(np.int32)[:, owner], axis=1, dtype=np.int32)
    lower, upper = (times.size + 1) // 2, times.size // 2 + 1
    below, above = ((ranks >= rank).argmax(axis=1) for rank in (lower, upper))
    return np.asarray((ranked[below] + ranked[above]) / 2)


def _verdict(ratio: Estimate) -> SpeedVerdict:
    if ratio.high < 1:
        return "better"
    return "worse" if ratio.low > 1 else "no difference"
