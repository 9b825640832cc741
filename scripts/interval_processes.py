"""Simulated measurements with known truths, for `bench_intervals.py`: how devices scatter, drift and throttle."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Generator = np.random.Generator
# measurements [runs, samples] in ms
Draw = Callable[[Generator, int, int], Array]

_SCATTER, _NARROW = 0.25, 0.05
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Process:
    """A way in which samples of a device come about.

    quantile:  the true quantile at a level in 0..1
    draw:      measurements of it
    met:       which measurements count; None: all
    processes: that the samples are of, of equally many each
    """

    name: str
    quantile: Callable[[float], float]
    draw: Draw
    met: Callable[[Array], Array] | None = None
    processes: int = 1


def lognormal(values: Array, scatter: float = _SCATTER) -> Array:
    """Times around 10 ms of standard normal values."""
    return np.asarray(10 * np.exp(scatter * values))


def autoregressive(generator: Generator, runs: int, count: int, rho: float) -> Array:
    """[runs, count] standard normal values, each correlated by `rho` with the one before."""
    noise = generator.standard_normal((runs, count))
    if rho == 0:
        return noise
    values = noise.T.copy()
    share = math.sqrt(1 - rho * rho)
    for place in range(1, count):
        values[place] = rho * values[place - 1] + share * values[place]
    return np.asarray(values.T)


def _lognormal_quantile(level: float, scatter: float = _SCATTER) -> float:
    return 10 * math.exp(scatter * _NORMAL.inv_cdf(level))


def _correlated(rho: float) -> Draw:
    return lambda generator, runs, count: lognormal(autoregressive(generator, runs, count, rho))


def _pareto(generator: Generator, runs: int, count: int) -> Array:
    return np.asarray(10 * (1 + 0.1 * generator.pareto(2, (runs, count))))


def _heavy_and_correlated(generator: Generator, runs: int, count: int) -> Array:
    normal = autoregressive(generator, runs, count, 0.5)
    # the upper tail of a standard normal value is a uniform number
    upper = np.array([math.erfc(value / math.sqrt(2)) / 2 for value in normal.ravel()]).reshape(normal.shape)
    return np.asarray(10 * (1 + 0.1 * (upper**-0.5 - 1)))


def _pareto_quantile(level: float) -> float:
    return 10 * (1 + 0.1 * (1 / math.sqrt(1 - level) - 1))


def _switching(fast: int, slow: int, factor: float) -> Draw:
    """Times that are `factor` longer in spells of `slow` samples on average, between others of `fast`."""

    def draw(generator: Generator, runs: int, count: int) -> Array:
        slowed = np.empty((count, runs), bool)
        slowed[0] = generator.random(runs) < slow / (fast + slow)
        for place in range(1, count):
            chance = generator.random(runs)
            slowed[place] = np.where(slowed[place - 1], chance >= 1 / slow, chance < 1 / fast)
        return lognormal(generator.standard_normal((runs, count)), _NARROW) * np.where(slowed.T, factor, 1)

    return draw


def _spikes(share: float, factor: float) -> Draw:
    def draw(generator: Generator, runs: int, count: int) -> Array:
        times = lognormal(generator.standard_normal((runs, count)), _NARROW)
        return np.asarray(times * np.where(generator.random((runs, count)) < share, factor, 1))

    return draw


def _mixture_quantile(share: float, factor: float) -> Callable[[float], float]:
    """Of times of which `share` are `factor` longer, by bisection."""

    def quantile(level: float) -> float:
        low, high = 5.0, 10 * factor * 2
        for _ in range(200):
            middle = (low + high) / 2
            parts = (1 - share, 10.0), (share, 10 * factor)
            below = sum(weight * _NORMAL.cdf(math.log(middle / at) / _NARROW) for weight, at in parts)
            low, high = (middle, high) if below < level else (low, middle)
        return low

    return quantile


def _coarse(generator: Generator, runs: int, count: int) -> Array:
    return np.asarray(np.round(_correlated(0.3)(generator, runs, count)))


def _levels(spread: float, processes: int) -> Draw:
    def draw(generator: Generator, runs: int, count: int) -> Array:
        levels = np.repeat(generator.normal(0, spread, (runs, processes)), count // processes, axis=1)
        return np.asarray(10 * np.exp(levels + generator.normal(0, _SCATTER, levels.shape)))

    return draw


def _ten_slow(times: Array) -> Array:
    return np.asarray((times > 14).sum(axis=1) >= 10)


_THROTTLED = _switching(900, 100, 1.8)
PROCESSES = (
    Process("independent, lognormal", _lognormal_quantile, _correlated(0)),
    Process("each like the one before, AR(1) 0.3", _lognormal_quantile, _correlated(0.3)),
    Process("AR(1) 0.9", _lognormal_quantile, _correlated(0.9)),
    Process("heavy tail, Pareto 2", _pareto_quantile, _pareto),
    Process("heavy tail and AR(1) 0.5", _pareto_quantile, _heavy_and_correlated),
    Process("spikes, 6 % of the runs", _mixture_quantile(0.06, 3), _spikes(0.06, 3)),
    Process("a clock of 1 ms, AR(1) 0.3", lambda level: round(_lognormal_quantile(level)), _coarse),
    Process("throttled 10 % of the time, for 100 runs", _mixture_quantile(0.1, 1.8), _THROTTLED),
    Process("of these where 10 slow runs were met", _mixture_quantile(0.1, 1.8), _THROTTLED, met=_ten_slow),
    Process("slow half of the time, for 30 runs", _mixture_quantile(0.5, 1.8), _switching(30, 30, 1.8)),
    Process(
        "3 processes, 5 % apart",
        lambda level: _lognormal_quantile(level, math.hypot(_SCATTER, 0.05)),
        _levels(0.05, 3),
        processes=3,
    ),
)
