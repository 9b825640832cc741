"""Figures of counted instructions."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from edgekit.schema.measurement import Count, InstructionCounts


@dataclass(frozen=True)
class Millions:
    """Instructions of one inference, in millions: the mean over the runs that were counted.

    spread: of the total, the greatest less the least, in % of the mean; of one length a measure of how exact it is
    """

    total: float
    dot_product: float
    fma: float
    spread: float


def millions(counts: tuple[Count, ...]) -> Millions:
    """The figure for one part of an inference."""
    totals = [each.total for each in counts]
    mean = fmean(totals)
    return Millions(
        mean / 1e6,
        fmean(each.dot_product for each in counts) / 1e6,
        fmean(each.fma for each in counts) / 1e6,
        100 * (max(totals) - min(totals)) / mean if mean else 0.0,
    )


def budgeted(counts: InstructionCounts) -> Millions:
    """What a budget limits: an inference, or of a decoder one more token."""
    return millions(counts.counts["infer"] if "infer" in counts.counts else counts.counts["token"])
