"""Tokens a second: each token after the first counts once, and neither the prompt nor its time does."""

from __future__ import annotations

import time

import pytest
from tiny_decoder import TEXTS

from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.measure.performance.generation import summarise_generation
from edgekit.schema.measurement import GenerationMeasurement

PAUSE = 0.02


class Slowed:
    """A decoder that takes its time for each token, and far longer for a prompt; it counts what it is asked for."""

    def __init__(self, session):
        self._session = session
        self.steps = 0

    def __getattr__(self, name):
        return getattr(self._session, name)

    def prefill(self, ids):
        time.sleep(20 * PAUSE)
        return self._session.prefill(ids)

    def step(self, token):
        self.steps += 1
        time.sleep(PAUSE)
        return self._session.step(token)


@pytest.fixture
def generator(decoder_bundles):
    made = open_generator(decoder_bundles["gpt2"])
    made.session = Slowed(made.session)
    return made


def write(generator, **limits):
    generation = generator.start(TEXTS[0][:20], limits=GenerationLimits(**limits))
    started = time.perf_counter()
    assert "".join(generation)
    return generation, time.perf_counter() - started


def test_the_first_token_is_the_prompt_s(generator):
    generation, seconds = write(generator, max_tokens=6)
    assert (len(generation.ids), generator.session.steps) == (6, 5)
    assert generation.tokens_per_s * generation.decode_s == pytest.approx(5)
    # five pauses, and nothing of the twenty before them
    assert 1 / (4 * PAUSE) < generation.tokens_per_s < 1 / PAUSE
    assert generation.prefill_s >= 20 * PAUSE
    assert generation.prefill_s + generation.decode_s <= seconds


def test_one_token_has_no_rate(generator):
    generation, _ = write(generator, max_tokens=1)
    assert (len(generation.ids), generator.session.steps, generation.tokens_per_s) == (1, 0, 0)


def test_the_step_that_gives_the_end_counts(generator):
    whole, _ = write(generator, max_tokens=6)
    end = whole.ids[3]
    generator.bundle.manifest["generation"]["eos_ids"] = [end]
    generator.session.steps = 0
    generation, _ = write(generator, max_tokens=6)
    assert generation.finish == "eos"
    assert generator.session.steps == len(generation.ids)
    assert generation.tokens_per_s * generation.decode_s == pytest.approx(len(generation.ids))


def measured(**samples):
    """A measurement by one process with so many samples of each part."""
    counts = {part: len(values) for part, values in samples.items()}
    facts = ("device", "arch", "cpu_model", "os", "libc", "python")
    process = {"samples": counts, "seconds": 1.0, "cold_load_ms": 1.0, "first_inference_ms": 1.0, "peak_rss_mb": 9.0}
    return GenerationMeasurement(
        model_sha256="a" * 64,
        content_hash="c" * 64,
        runtime="onnxruntime",
        runtime_version="1",
        threads=2,
        length=16,
        capacity=64,
        samples_ms=samples,
        processes=(process,),
        cold_load_ms=1.0,
        first_inference_ms=1.0,
        warmup_runs=1,
        peak_rss_mb=9.0,
        fingerprint=dict.fromkeys(facts, "x") | {"cores": 4},
        before={},
        after={},
        taken_at="2025-01-01T00:00:00+00:00",
        agent_version="1",
    )


def test_a_rate_is_that_of_the_median_token_and_not_of_the_prompt():
    found = summarise_generation(measured(first_token=(400.0,) * 9, token=(25.0,) * 40 + (50.0,) * 10))
    assert found.tokens_per_s.value == pytest.approx(1000 / 25)
    assert found.first_token.p50.value == 400
    assert found.token.p50.value == 25
    # the slower the token, the fewer of them
    assert found.tokens_per_s.low <= found.tokens_per_s.value <= found.tokens_per_s.high
    slower = summarise_generation(measured(first_token=(400.0,), token=(10.0, 20.0, 40.0)))
    assert slower.tokens_per_s.value == pytest.approx(50)
