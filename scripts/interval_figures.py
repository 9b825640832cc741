"""The figures with an interval that are no percentiles, on simulated evidence, for `bench_intervals.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from interval_processes import Array, Generator, autoregressive, lognormal

from edgekit.measure.accuracy.classification import class_f1, scores
from edgekit.measure.accuracy.paired import compare, unchanged
from edgekit.measure.accuracy.perplexity import Surprise, increase, perplexity
from edgekit.measure.performance.ab_comparison import compare_speed
from edgekit.measure.performance.energy import energy_mj
from edgekit.measure.performance.generation import tokens_per_s
from edgekit.measure.performance.sustained import sustained
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.proportions import share
from edgekit.schema.comparison import InterleavedBlock
from edgekit.schema.measurement import Energy

Labels = list[int]

_MANY = 4_000_000
SIX = (40.0, 25.0, 20.0, 10.0, 4.0, 1.0)
THIRTY = tuple(1 / (place + 1) for place in range(30))


@dataclass(frozen=True)
class Figure:
    """A figure on some evidence; `cost`: by how much fewer runs are simulated."""

    name: str
    evidence: str
    truth: Callable[[], float]
    estimate: Callable[[Generator], Estimate]
    cost: int = 1


def answers(generator: Generator, rows: int, shares: Sequence[float], right: float) -> tuple[Labels, Labels]:
    """Labels and predictions [rows]: classes in these shares, so many right, the others any other class."""
    expected = generator.choice(len(shares), rows, p=np.array(shares) / sum(shares))
    wrong = (expected + generator.integers(1, len(shares), rows)) % len(shares)
    return expected.tolist(), np.where(generator.random(rows) < right, expected, wrong).tolist()


def followed(generator: Generator, rows: int, shares: Sequence[float]) -> tuple[Labels, Labels, Labels]:
    """Labels, a teacher's answers with 90 % right, and a student's, which are the teacher's in 93 %, or any."""
    expected, teacher = answers(generator, rows, shares, 0.9)
    other = generator.integers(0, len(shares), rows)
    return expected, teacher, np.where(generator.random(rows) < 0.93, teacher, other).tolist()


def _of_answers(
    name: str,
    rows: int,
    shares: Sequence[float],
    kinds: str,
    right: float,
    figure: Callable[[Labels, Labels], Estimate],
) -> Figure:
    @cache
    def truth() -> float:
        return figure(*answers(np.random.default_rng(1), _MANY, shares, right)).value

    what = f"{rows:,} rows of {kinds}"
    return Figure(name, what, truth, lambda generator: figure(*answers(generator, rows, shares, right)))


def _of_pairs(
    name: str, rows: int, kinds: str, shares: Sequence[float], figure: Callable[[Labels, Labels, Labels], Estimate]
) -> Figure:
    @cache
    def truth() -> float:
        return figure(*followed(np.random.default_rng(1), _MANY, shares)).value

    what = f"{rows:,} rows of {kinds}, student and teacher"
    return Figure(name, what, truth, lambda generator: figure(*followed(generator, rows, shares)), cost=2)


def _macro(classes: int) -> Callable[[Labels, Labels], Estimate]:
    labels = [str(number) for number in range(classes)]
    return lambda expected, predicted: scores(expected, predicted, labels).macro_f1


def _mcc(expected: Labels, predicted: Labels) -> Estimate:
    return scores(expected, predicted).mcc


def _accuracy(expected: Labels, predicted: Labels) -> Estimate:
    return share(sum(map(int.__eq__, expected, predicted)), len(expected))


def _energy(generator: Generator, rho: float) -> Estimate:
    idle = 2.5 + 0.1 * autoregressive(generator, 1, 25, rho)[0]
    load = 5 + 0.4 * autoregressive(generator, 1, 50, rho)[0]
    return energy_mj(Energy(idle_w=tuple(idle), load_w=tuple(load), runs=1000, seconds=10.0, rails=()))


def _speed(generator: Generator, blocks: int, rho: float) -> Estimate:
    both = np.exp(0.3 * autoregressive(generator, 1, blocks, 0.9)[0])[:, None]
    own = np.exp(0.05 * autoregressive(generator, 1, blocks, rho)[0])[:, None]
    ours = both * own * lognormal(generator.standard_normal((blocks, 5)), 0.05)
    theirs = both * lognormal(generator.standard_normal((blocks, 5)), 0.05)
    pairs = zip(ours, theirs, strict=True)
    return compare_speed(
        [InterleavedBlock(ours_ms=tuple(first), theirs_ms=tuple(second)) for first, second in pairs]
    ).ratio


def _surprise(nats: Array) -> Surprise:
    found = Surprise()
    found.nats.extend(40 * nats)
    found.tokens.extend([40] * len(nats))
    return found


def _perplexity(generator: Generator, windows: int, rho: float) -> Estimate:
    value, found = perplexity(_surprise(3 + 0.2 * autoregressive(generator, 1, windows, rho)[0]))
    return found or Estimate(value, -math.inf, math.inf, "too few windows")


def _increase(generator: Generator, windows: int, rho: float) -> Estimate:
    before = 3 + 0.2 * autoregressive(generator, 1, windows, rho)[0]
    after = before + 0.05 + 0.05 * autoregressive(generator, 1, windows, rho)[0]
    value, found = increase(_surprise(before), _surprise(after))
    return found or Estimate(value, -math.inf, math.inf, "too few windows")


def _tokens(generator: Generator, rho: float) -> Estimate:
    return tokens_per_s(lognormal(autoregressive(generator, 1, 500, rho)[0]).tolist())


def _drift(generator: Generator) -> Estimate:
    found = sustained(lognormal(autoregressive(generator, 1, 3000, 0.3)[0]).tolist())
    assert found is not None
    return found.drift_pct


def _series(name: str, evidence: str, truth: float, estimate: Callable[[Generator], Estimate]) -> Figure:
    return Figure(name, evidence, lambda: truth, estimate)


FIGURES = (
    _of_answers("accuracy", 200, SIX, "six classes, 40 to 1 %", 0.9, _accuracy),
    _of_answers("F1 of one class", 200, SIX, "six classes, the one of 10 %", 0.9, lambda e, p: class_f1(e, p, 3)),
    _of_answers("macro-F1", 200, SIX, "six classes, 40 to 1 %", 0.9, _macro(6)),
    _of_answers("macro-F1", 1000, SIX, "six classes, 40 to 1 %", 0.9, _macro(6)),
    _of_answers("macro-F1", 1000, THIRTY, "thirty classes, 25 to 0.8 %", 0.85, _macro(30)),
    _of_answers("Matthews' correlation", 200, SIX, "six classes, 40 to 1 %", 0.9, _mcc),
    _of_answers("Matthews' correlation", 100, (9.0, 1.0), "two classes, 90 and 10 %", 0.9, _mcc),
    _of_pairs("accuracy lost", 300, "six classes", SIX, lambda e, t, s: compare(e, t, s).accuracy),
    _of_pairs("macro-F1 lost", 1000, "six classes", SIX, lambda e, t, s: compare(e, t, s).macro_f1),
    _of_pairs("unchanged rows", 200, "six classes", SIX, lambda e, t, s: unchanged(t, s)),
    _series("energy", "25 and 50 readings, AR(1) 0.3", 25.0, lambda g: _energy(g, 0.3)),
    _series("energy", "25 and 50 readings, AR(1) 0.6", 25.0, lambda g: _energy(g, 0.6)),
    _series("ratio of speed", "20 blocks", 1.0, lambda g: _speed(g, 20, 0.0)),
    _series("ratio of speed", "100 blocks, AR(1) 0.5", 1.0, lambda g: _speed(g, 100, 0.5)),
    _series("perplexity", "50 windows, AR(1) 0.3", math.exp(3), lambda g: _perplexity(g, 50, 0.3)),
    _series("its increase", "50 windows, AR(1) 0.3", 100 * math.expm1(0.05), lambda g: _increase(g, 50, 0.3)),
    _series("tokens a second", "500 tokens, AR(1) 0.3", 100.0, lambda g: _tokens(g, 0.3)),
    _series("drift when warm", "3,000 runs, AR(1) 0.3", 0.0, lambda g: _drift(g)),
)
