"""Simulated series whose percentiles are known, for tests of how honest intervals are."""

import math
from statistics import NormalDist

import numpy as np


def autoregressive(generator, runs, count, rho):
    """[runs, count] standard normal values, each correlated by `rho` with the one before."""
    noise = generator.standard_normal((runs, count))
    values = noise.copy()
    for place in range(1, count):
        values[:, place] = rho * values[:, place - 1] + math.sqrt(1 - rho * rho) * noise[:, place]
    return values


def times(values, scatter=0.25):
    """Lognormal times around 10 ms."""
    return 10 * np.exp(scatter * values)


def time_percentile(q, scatter=0.25):
    """The q-th percentile of such times."""
    return 10 * math.exp(scatter * NormalDist().inv_cdf(q / 100))


def throttled(generator, runs, count, fast=900, slow=100, factor=1.8):
    """Times that are `factor` longer in spells of `slow` runs on average, between others of `fast`."""
    states = np.empty((runs, count), bool)
    states[:, 0] = generator.random(runs) < slow / (fast + slow)
    for place in range(1, count):
        chance = generator.random(runs)
        states[:, place] = np.where(states[:, place - 1], chance >= 1 / slow, chance < 1 / fast)
    return times(generator.standard_normal((runs, count)), 0.05) * np.where(states, factor, 1)


def rates(intervals, truth):
    """Shares of intervals: with no bound, holding the truth of the others, and that let a limit 2 % below it pass."""
    given = [found for found in intervals if not found.doubt]
    covered = sum(found.low <= truth <= found.high for found in given) / max(len(given), 1)
    false_passes = sum(found.high <= 0.98 * truth for found in intervals) / len(intervals)
    return 1 - len(given) / len(intervals), covered, false_passes
