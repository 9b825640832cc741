"""How much evidence samples in a row are: their effective number, and slow spells that were seen too seldom.

Samples of a device are not independent of each other: a clock that steps down, a cache that fills, a neighbour on the
same machine last for many runs. n of them say as much as n / tau independent ones, tau being their autocorrelation
time; and of a state that was entered once or twice nobody knows how much of the time it takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.measure.statistics.distributions import f_quantile, t_quantile

Series = npt.NDArray[np.float64]

# so many spells tell their share well enough to go by the samples alone
ENOUGH_SPELLS = 10
# the slowest shares of the samples that are searched for spells; neighbours differ by no more than spells do in length
_SHARES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
# that a run of slow samples as long as a spell comes by chance
_BY_CHANCE = 1e-4
# spells that may take more than this part of the share above a percentile leave it only the slowest sample as a bound
_MATTERS = 0.5
# of the effective number that spells leave: those that were seen ten times are rather those that lasted
_CAUTION = 2 / 3
# a mean needs so many values, worth so many independent ones, before their spread is known
FEWEST_VALUES = 15
_FEWEST_EFFECTIVE = 4
# how sure a difference between processes must be, as a chance that there is none, before it is counted
_DIFFERENT = 0.2
# degrees of freedom of what is as good as known
MANY = 1e6
_UPPER = 0.975


@dataclass(frozen=True)
class Spells:
    """Stretches of samples that are slower than the others, for longer than chance explains.

    count, samples: those that were too few to know their share, and slow samples in them; 0 where there are none such
    effective:      as how many independent samples all of them count for a percentile, by the spells that were seen
    level:          the level in 0..1 at which an upper bound of the percentile is to be read, as spells may take more
                    of the time than was seen: 1, the slowest sample, where they may take most of what is above the
                    percentile, and None where they may take all of it and more
    """

    count: int
    samples: int
    effective: float
    level: float | None


@dataclass(frozen=True)
class Mean:
    """The mean of values in a row, its standard error, and with how many degrees of freedom that is known.

    doubt: why it has no interval; empty where it has one
    """

    value: float
    error: float
    degrees: float
    doubt: str = ""

    @property
    def half_width(self) -> float:
        """How far its 95 % interval reaches to each side, by Student's t; infinite where it has none."""
        return math.inf if self.doubt else t_quantile(_UPPER, self.degrees) * self.error


def autocorrelation_time(parts: Sequence[Series]) -> float:
    """By which factor correlation widens the variance of the mean of a series; 1 for independent values, never less.

    parts: the series [values], cut where it has gaps, as between processes; each is taken around its own mean
    The initial monotone sequence estimator (Geyer 1992, Practical Markov Chain Monte Carlo, Statistical Science
    7:473-483, section 3.3): autocovariances are summed in pairs, up to the first that is not positive, each no greater
    than the one before. A mean that was estimated takes tau / n of the variance out of every one of them, which is
    put back.
    """
    count = sum(map(len, parts))
    covariances = _autocovariances(parts)
    if count < 4 or covariances[0] <= 1e-12 * max(float(np.mean(np.concatenate(parts) ** 2)), 1e-300):
        return 1.0
    correlations = covariances / covariances[0]
    first = _initial_monotone(correlations)
    if first <= 1:
        return 1.0
    return max(first, _initial_monotone(correlations + (1 - correlations) * min(first / count, 0.5)))


def slow_spells(parts: Sequence[Series], level: float) -> Spells:
    """Slow spells in samples, and what they leave of the evidence for the `level`-quantile, 0 < level < 1.

    Among the slowest samples of each of several shares a run is a spell when it is longer than a chain of slow and
    fast samples would make it by chance (1 in 10,000), which stays slow as often as it is seen to outside its longest
    run. A state that is entered now and then, for times that vary, is an alternating renewal process: with c spells
    the ratio of its true to its seen odds has an F distribution with 2c and 2c degrees of freedom for exponential
    times. Of fewer than `ENOUGH_SPELLS` (where most are seen) that tells the share that they may take; of more the
    variance of their share, 2 share^2 / c, bounds the effective number of samples.
    """
    samples = np.concatenate(parts)
    edges = np.cumsum([len(part) for part in parts])[:-1]
    order = np.sort(samples)
    few, slow_of_few = 0, 0
    effective = float(len(samples))
    for share in _SHARES:
        lengths = _spells_among(samples, edges, order, share)
        count, slow = len(lengths), int(lengths.sum())
        if count >= ENOUGH_SPELLS:
            most = min(slow / len(samples), 1 - level)
            effective = min(effective, _CAUTION * level * (1 - level) * count / (2 * most * most))
        elif count:
            few, slow_of_few = max((few, slow_of_few), (count, slow))
    bound = _level_with(few, slow_of_few / len(samples), level) if few else level
    return Spells(few, slow_of_few, effective, bound)


def _level_with(count: int, seen: float, level: float) -> float | None:
    """The level that the `level`-quantile has among samples of which few spells took `seen`, if they may take more.

    None where they may take all that is above the quantile: then it may be among slow samples that were not seen.
    Where they may take more than `_MATTERS` of it, the level is nearly that of the slowest sample: it is taken.
    """
    odds = seen / (1 - seen) * f_quantile(_UPPER, 2 * count, 2 * count)
    share = odds / (1 + odds)
    if share >= 1 - level:
        return None
    if share > _MATTERS * (1 - level):
        return 1.0
    return 1 - seen - (1 - seen) * (1 - level - share) / (1 - share)


def mean_of(parts: Sequence[Series], what: str = "values") -> Mean:
    """The mean of values in a row, cut into parts where processes begin; `what` they are, for the doubt.

    Its error follows from the effective number of values, n / tau, as that of the mean of independent ones. tau itself
    is known the worse the fewer values there are: it is taken larger by its own standard error, about
    tau * sqrt(6 tau / n) (Madras and Sokal 1988, Journal of Statistical Physics 50:109-186, appendix C). Where
    processes differ by more than that (`variance_between`), their means are the values.
    """
    values = np.concatenate(parts)
    count, value = len(values), float(values.mean())
    tau = autocorrelation_time(parts)
    cautious = tau * (1 + math.sqrt(6 * tau / count))
    effective = count / cautious
    if count < FEWEST_VALUES:
        return Mean(value, math.inf, 0.0, f"too little evidence: {count} {what}, at least {FEWEST_VALUES} are needed")
    if effective < _FEWEST_EFFECTIVE:
        return Mean(value, math.inf, 0.0, f"too little evidence: {counted_as(count, effective, what)}")
    # the sum of squares is about the estimated mean, which takes tau values and not one of them
    error = math.sqrt(float(values.var()) / (count / tau - 1) * cautious / tau)
    between = variance_between(np.array([part.mean() for part in parts]), error, [len(part) for part in parts])
    if between:
        return Mean(value, math.sqrt(between / len(parts)), len(parts) - 1.0)
    return Mean(value, error, effective - 1)


def variance_between(levels: Series, error: float, sizes: Sequence[int]) -> float:
    """The variance of the levels [processes] of processes; 0 where chance explains it, as for a single process.

    error: the standard error of the level of all values together, were there no differences; sizes: values of each
    An F test at 20 %: a difference that is overlooked makes the interval dishonest, one that is imagined only wide.
    """
    count = len(levels)
    if count < 2:
        return 0.0
    variance = float(levels.var(ddof=1))
    by_chance = error**2 * float(np.mean(np.sum(sizes) / np.asarray(sizes)))
    return variance if variance > by_chance * f_quantile(1 - _DIFFERENT, count - 1, MANY) else 0.0


def counted_as(count: int, effective: float, what: str) -> str:
    """As `200 samples count as 41 independent ones`."""
    whole = int(effective)
    return f"{count:,} {what}" if whole >= count else f"{count:,} {what} in a row count as {whole} independent ones"


def split_by_process(values: Series, counts: Sequence[int]) -> list[Series]:
    """A series cut into parts of so many values each, in their order; whole where `counts` is of one part or empty.

    Raises `ValueError` for counts that are not all of the values.
    """
    if counts and sum(counts) != len(values):
        raise ValueError(f"{len(values)} values in parts of {sum(counts)} altogether")
    sizes = [count for count in counts if count]
    return np.split(values, np.cumsum(sizes)[:-1]) if len(sizes) > 1 else [values]


def _autocovariances(parts: Sequence[Series]) -> Series:
    """Autocovariances at the lags from 0 to half the longest part, over all parts, divided by all values."""
    longest = max(map(len, parts))
    lags = longest // 2 + 1
    size = _fast_length(longest + lags)
    power = np.zeros(size // 2 + 1)
    for part in parts:
        transformed = np.fft.rfft(part - part.mean(), size)
        power += transformed.real**2 + transformed.imag**2
    return np.asarray(np.fft.irfft(power, size)[:lags] / sum(map(len, parts)))


def _initial_monotone(correlations: Series) -> float:
    pairs = correlations[: len(correlations) // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs <= 0)
    positive = pairs[: ends[0]] if len(ends) else pairs
    return max(1.0, 2 * float(np.minimum.accumulate(positive).sum()) - 1)


def _spells_among(samples: Series, edges: npt.NDArray[Any], order: Series, share: float) -> npt.NDArray[np.int64]:
    """The lengths of the spells among the slowest `share` of samples."""
    none = np.zeros(0, np.int64)
    wanted = int(len(samples) * share)
    if wanted < 2:
        return none
    slow = samples >= order[-wanted]
    if np.count_nonzero(slow) > 2 * wanted:  # many are equally slow, by a coarse clock
        slow = samples > order[-wanted]
    count = int(np.count_nonzero(slow))
    if count < 2:
        return none
    lengths = _run_lengths(slow, edges)
    longest, runs = int(lengths.max()), len(lengths)
    rest = count - longest
    stays = max(count / len(samples), (rest - (runs - 1)) / rest if rest else 0.0)
    if stays >= 1:
        return none
    chance = math.floor(math.log(_BY_CHANCE / runs) / math.log(stays)) + 2
    return lengths[lengths >= chance]


def _run_lengths(slow: npt.NDArray[np.bool_], edges: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """How long each run of slow samples is, in their order; none goes on over an edge."""
    apart = np.insert(slow, edges, False) if len(edges) else slow
    steps = np.diff(np.concatenate([[0], apart.view(np.int8), [0]]))
    return np.flatnonzero(steps == -1) - np.flatnonzero(steps == 1)


def _fast_length(least: int) -> int:
    """The smallest length from `least` on that has no prime factor above 5, as Fourier transforms are fast for."""
    best = 1 << (least - 1).bit_length()
    fives = 1
    while fives < best:
        threes = fives
        while threes < best:
            twos = threes << max(-(-least // threes) - 1, 0).bit_length()
            best = min(best, twos)
            threes *= 3
        fives *= 5
    return best
