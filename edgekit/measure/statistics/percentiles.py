"""Percentiles of times that were taken in a row, with intervals that stay honest where samples are not independent.

A percentile follows the usual rule of numpy and R (Hyndman and Fan 1996, type 7): of n sorted samples the q-th
percentile lies at place (n - 1) * q / 100, counted from 0, interpolated between the samples on its two sides.

Its interval is read off the sorted samples, by the exact binomial limits of order statistics (David and Nagaraja 2003,
Order Statistics, 7.1), as if there were as many samples as these are worth:
1. n / tau, for the larger autocorrelation time of their ranks and of whether each is above the percentile; tau is
   taken larger where the samples are few, which tell little of it.
2. Slow spells that were seen too seldom leave the slowest sample as the upper bound or none, fast ones likewise, and
   many slow ones bound that number (`dependence.slow_spells`).
3. Processes that differ by more than their samples scatter widen it (`_between_processes`).
`scripts/bench_intervals.py` says how honest that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edgekit.measure.statistics.dependence import (
    MANY,
    Series,
    Spells,
    autocorrelation_time,
    counted_as,
    slow_spells,
    split_by_process,
    variance_between,
)
from edgekit.measure.statistics.distributions import f_quantile, normal_quantile, order_statistics, t_quantile
from edgekit.measure.statistics.estimate import Estimate

_TAIL = 0.025
# a percentile needs so many independent samples at least, whatever its level
FEWEST_SAMPLES = 10
# how fast the error of an autocorrelation time goes with tau / n: where it comes out too small, the interval is too
# short, and where it comes out too large, there is none
_OF_FEW = 10
# how sure it is that processes do not differ by more than is reckoned with
_SPREAD_TAIL = 0.1
# quantiles of the standard normal distribution at minus and plus one standard deviation
_MINUS_ONE, _PLUS_ONE = 15.865525393145708, 84.13447460685429


def percentile(samples: Sequence[float], q: float) -> float:
    """The q-th percentile, q in 0..100; `ValueError` without samples."""
    return float(np.percentile(_as_series(samples), q))


def percentile_interval(samples: Sequence[float], q: float, *, processes: Sequence[int] = ()) -> Estimate:
    """The q-th percentile, 0 < q < 100, with its 95 % interval, in the samples' own unit.

    samples:   times in the order taken, those of each process one behind the other
    processes: how many samples each of several processes took
    Raises `ValueError` without samples, or for processes that did not take all of them.
    """
    return percentile_intervals(samples, (q,), processes=processes)[0]


def percentile_intervals(
    samples: Sequence[float], levels: Sequence[float], *, processes: Sequence[int] = ()
) -> tuple[Estimate, ...]:
    """Several percentiles of the same samples, as `percentile_interval`."""
    values = _as_series(samples)
    parts = split_by_process(values, processes)
    order = np.sort(values)
    # what correlates neighbours is looked for beside what makes processes differ as a whole
    aligned = [part / _level(part) for part in parts] if len(parts) > 1 else parts
    ranks_tau = autocorrelation_time(split_by_process(_ranks(np.concatenate(aligned)), processes))
    return tuple(_interval(order, parts, aligned, ranks_tau, q) for q in levels)


def _interval(
    order: Series, parts: Sequence[Series], aligned: Sequence[Series], ranks_tau: float, q: float
) -> Estimate:
    """The q-th percentile of sorted samples."""
    value = float(np.percentile(order, q))
    if not 0 < q < 100:
        raise ValueError(f"{q:g} is no percentile between 0 and 100 that has an interval")
    share = q / 100
    tau = max(ranks_tau, autocorrelation_time(_exceedances(aligned, q)))
    spells = slow_spells(aligned, share)
    effective = min(len(order) / (tau * (1 + _OF_FEW * tau / len(order))), spells.effective)
    below, above = _tails(int(effective), share)
    first, second = order_statistics(int(effective), share, below, above)
    if spells.level != share:
        second = _at_level(int(effective), spells.level, below, above)[1]
    # what was slow nearly all the time may be fast for most of it
    fast = slow_spells([-part for part in aligned], 1 - share).level
    if fast != 1 - share:
        first = _at_level(int(effective), None if fast is None else 1 - fast, below, above)[0]
    if doubt := _doubt(len(order), effective, spells, q, bounded=second is not None):
        return Estimate(value, -math.inf, math.inf, doubt)
    scale = len(order) / int(effective)
    low = -math.inf if first is None else _at(order, first * scale)
    high = math.inf if second is None else _at(order, second * scale)
    within = Estimate(value, min(low, value), max(high, value))
    return _widened(within, _between_processes(parts, aligned, within, q, effective))


def _at_level(effective: int, level: float | None, below: float, above: float) -> tuple[float | None, float | None]:
    """As `order_statistics`, at a level that slow spells moved: the extremes at 0 and 1, nothing without one."""
    if level is None:
        return None, None
    return order_statistics(effective, level, below, above) if 0 < level < 1 else (0.0, float(effective))


def fewest_samples(q: float) -> int:
    """How many independent samples bound the q-th percentile: for p95 59, as 0.95^59 is less than 5 %."""
    share = max(q, 100 - q) / 100
    return max(FEWEST_SAMPLES, math.ceil(math.log(2 * _TAIL) / math.log(share)))


def _doubt(count: int, effective: float, spells: Spells, q: float, *, bounded: bool) -> str:
    """Why there are no bounds; empty where there are. `bounded`: whether there is an upper one."""
    fewest = fewest_samples(q)
    if spells.count and not bounded:
        times = "once" if spells.count == 1 else f"{spells.count} times"
        return f"slow spells were seen only {times} ({spells.samples:,} of {count:,} samples): measure longer"
    if int(effective) < fewest:
        what = "sample" if count == 1 else "samples"
        seen = f"{count:,} {what}" if count < fewest else counted_as(count, effective, what)
        return f"too little evidence: {seen}, p{q:g} needs {fewest} that are independent of each other"
    return ""


def _tails(effective: int, share: float) -> tuple[float, float]:
    """How often each bound may miss, 5 % together; where one cannot but miss more than half of it, the other less."""
    least_above, least_below = share**effective, (1 - share) ** effective
    if least_above > _TAIL:
        return 2 * _TAIL - least_above, least_above
    if least_below > _TAIL:
        return least_below, 2 * _TAIL - least_below
    return _TAIL, _TAIL


def _between_processes(
    parts: Sequence[Series], aligned: Sequence[Series], within: Estimate, q: float, effective: float
) -> float:
    """By how much, as a logarithm, differences between processes widen the interval to each side; 0 for one process.

    A random effect for each process (Searle, Casella and McCulloch 1992, Variance Components, ch. 3), in logarithms.
    Where the processes' percentiles, or their medians, which tell more, differ by more than the interval within
    explains (`variance_between`), their mean is known by Student's t on the processes alone; and as other processes
    would differ as much, or by the upper 90 % limit of their spread, the percentile of all lies further out than that
    of those seen.
    """
    count = len(parts)
    bounds = [abs(math.log(bound / within.value)) for bound in (within.low, within.high) if 0 < bound < math.inf]
    if count < 2 or within.value <= 0 or not bounds:
        return 0.0
    low, high = np.percentile(np.concatenate(aligned), (_MINUS_ONE, _PLUS_ONE))
    scatter = (math.log(high / low) / 2) ** 2 if low > 0 else 0.0
    errors = {q: max(bounds) / normal_quantile(1 - _TAIL), 50.0: math.sqrt(math.pi / 2 * scatter / effective)}
    sizes = [len(part) for part in parts]
    variance = max(
        variance_between(
            np.log([max(float(np.percentile(part, level)), 1e-9 * within.value) for part in parts]), error, sizes
        )
        for level, error in errors.items()
    )
    if not variance:
        return 0.0
    mean = t_quantile(1 - _TAIL, count - 1) * math.sqrt(variance / count)
    most = variance / f_quantile(_SPREAD_TAIL, count - 1, MANY)
    further = math.sqrt(scatter + most) - math.sqrt(scatter + variance * (count - 1) / count)
    return mean + abs(normal_quantile(q / 100)) * further


def _widened(found: Estimate, by: float) -> Estimate:
    if not by:
        return found
    factor = math.exp(min(by, 700.0))
    return Estimate(found.value, found.low / factor, found.high * factor, found.doubt)


def _exceedances(parts: Sequence[Series], q: float) -> list[Series]:
    """Of each sample whether it is above the q-th percentile of all, or where none is, at it."""
    samples = np.concatenate(parts)
    threshold = np.percentile(samples, q)
    reached = np.greater if float(samples.max()) > threshold else np.greater_equal
    return [reached(part, threshold).astype(np.float64) for part in parts]


def _ranks(samples: Series) -> Series:
    """The rank of each sample, the mean of their ranks for equal ones."""
    _, places, counts = np.unique(samples, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places])


def _level(part: Series) -> float:
    return float(np.median(part)) or 1.0


def _at(order: Series, place: float) -> float:
    """The sorted sample at a place from 1 on, between two samples where it is between two places."""
    place = min(max(place - 1, 0.0), len(order) - 1.0)
    below = int(place)
    above = min(below + 1, len(order) - 1)
    return float(order[below] + (place - below) * (order[above] - order[below]))


def _as_series(samples: Sequence[float]) -> Series:
    values = np.asarray(samples, np.float64)
    if not values.size:
        raise ValueError("there are no samples")
    return values
