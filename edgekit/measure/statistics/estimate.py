"""A figure with its 95 % interval, and why it has none where there is too little evidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval, all in the same unit.

    low, high: minus infinity and infinity where the evidence gives no bound to that side
    doubt:     why a bound is missing, or is not to be relied on, in the user's words; empty where nothing is amiss
    """

    value: float
    low: float
    high: float
    doubt: str = ""

    @classmethod
    def exact(cls, value: float) -> Estimate:
        """A figure that was counted, which chance has no part in."""
        return cls(value, value, value)


def ends(figure: Estimate, lowest: float, highest: float) -> tuple[float, float]:
    """The ends of an interval as a record keeps them: what can be where there is no bound, and around the figure.

    lowest, highest: the least and the most that the figure can be
    A figure and its limits are computed in two ways, and rounding can push one past the other.
    """
    return max(min(figure.low, figure.value), lowest), min(max(figure.high, figure.value), highest)


def at_least(figure: Estimate, floor: Estimate, limit: float) -> Estimate:
    """The figure where less is better, raised to the lower bound of `floor`, which it is never below.

    That is done only where this bound is over the limit: no interval becomes tighter where it could still pass, and
    what makes the figure itself doubtful changes nothing of a failure.
    """
    if floor.doubt or not floor.low > limit:
        return figure
    return Estimate(figure.value, min(max(figure.low, floor.low), figure.value), figure.high)
