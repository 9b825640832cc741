"""Measurements in figures: every part by its own processes, and tokens a second."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from record_makers import around, generation, latency

from edgekit.measure.performance.generation import summarise_generation, tokens_per_s
from edgekit.measure.performance.latency_summary import percentiles, summarise
from edgekit.measure.performance.measurement_summary import beats
from edgekit.measure.statistics.percentiles import percentile_interval

BUNDLE = SimpleNamespace(model_file="m", files={"m": SimpleNamespace(sha256="a" * 64)}, content_hash="b" * 64)


def three_levels(*levels, runs=300):
    return [value for place, level in enumerate(levels) for value in around(level, runs, seed=place)]


def test_each_part_is_summarised_by_its_processes():
    samples = three_levels(10.0, 11.0, 12.0)
    found = summarise(latency(BUNDLE, 0, samples=samples))
    assert found.latency.p95 == percentile_interval(samples, 95, processes=(300,) * 3)
    # the model alone takes 90 % of it, in the same processes
    assert (found.infer.p50.low, found.infer.p50.high) == pytest.approx(
        (0.9 * found.latency.p50.low, 0.9 * found.latency.p50.high)
    )
    assert found.latency.p50.high > 12 > 10 > found.latency.p50.low
    alone = percentiles(samples, (900,))
    assert alone.p50 == percentile_interval(samples, 50)
    assert found.runs == 900


def test_tokens_a_second_are_those_of_the_median_token():
    found = summarise_generation(generation(BUNDLE, token_ms=10.0, first_ms=50.0))
    assert found.tokens_per_s.value == pytest.approx(100, rel=0.01)
    assert found.tokens_per_s.value == 1000 / found.token.p50.value
    assert found.tokens_per_s.low == 1000 / found.token.p50.high
    assert found.tokens_per_s.high == 1000 / found.token.p50.low
    assert found.first_token.p50.value == pytest.approx(50, rel=0.02)
    assert found.first_token.p50.high < 52


def test_the_rate_of_a_few_tokens_has_no_bound():
    found = tokens_per_s([10.0, 10.0, 10.0])
    assert (found.value, found.low, found.high) == (100, -math.inf, math.inf)
    assert found.doubt == "too little evidence: 3 samples, p50 needs 10 that are independent of each other"


def test_decoders_are_slower_in_some_processes():
    record = generation(BUNDLE)
    samples = {"first_token": record.samples_ms["first_token"], "token": tuple(three_levels(10.0, 10.0, 13.0))}
    found = summarise_generation(record.model_copy(update={"samples_ms": samples}))
    assert found.tokens_per_s.low < 1000 / 13
    assert found.token.p95.high > 1.05 * max(samples["token"])


def test_more_threads_must_be_faster_by_more_than_noise():
    generator = np.random.default_rng(1)
    slow, fast = (percentiles(10 * np.exp(0.05 * generator.standard_normal(500)) * share) for share in (1, 0.8))
    assert beats(fast, slow)
    assert not beats(slow, fast)
    # without bounds nothing is known
    assert not beats(percentiles([8.0] * 5), percentiles([10.0] * 5))
