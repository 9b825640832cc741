"""Which samples were taken while a device was throttled or under voltage."""

import pytest

from edgekit.measure.spoiled import ever_spoiled, spoiled, spoiled_first_tokens, spoiled_tokens
from edgekit.spec.measurement import Conditions, GenerationMeasurement, Measurement, Moment

FINGERPRINT = {
    **dict.fromkeys(("device", "arch", "cpu_model", "os", "libc", "python"), "x"),
    "cores": 4,
}
BASE = {
    "model_sha256": "0",
    "runtime": "onnxruntime",
    "runtime_version": "1",
    "threads": 1,
    "length": 8,
    "cold_load_ms": 1,
    "first_inference_ms": 1,
    "warmup_runs": 0,
    "peak_rss_mb": 1,
    "fingerprint": FINGERPRINT,
    "taken_at": "2026-01-01T00:00:00+00:00",
    "agent_version": "1",
}
CALM = Conditions(throttled=False, under_voltage=False)


def moments(*states):
    """(runs, throttled) one second after the other."""
    return [
        Moment(seconds=second, runs=runs, throttled=throttled, under_voltage=False)
        for second, (runs, throttled) in enumerate(states)
    ]


def latency(during, sustained=0, before=CALM, after=CALM):
    samples = {"infer": [1.0] * 40, "total": [1.0] * 40}
    return Measurement(
        **BASE, before=before, after=after, during=during, samples_ms=samples, sustained_ms=[1.0] * sustained
    )


@pytest.mark.parametrize(
    ("states", "samples"),
    [
        ([(0, False), (10, False), (40, False)], 0),
        ([(0, None), (10, None), (40, None)], 0),
        ([(0, False), (10, True), (30, False), (40, False)], 30),
        ([(0, True), (10, False), (40, False)], 10),
        ([(0, False), (10, False), (40, True)], 30),
        ([(0, True), (40, True)], 40),
    ],
)
def test_samples_on_both_sides_of_a_marked_moment(states, samples):
    found = spoiled(latency(moments(*states)))
    assert (found.samples if found else 0) == samples
    assert ever_spoiled(latency(moments(*states))) == (samples > 0)


def test_burst_and_sustained_are_told_apart():
    late = latency(moments((0, False), (40, False), (100, False), (140, True)), sustained=100)
    assert spoiled(late) is None
    assert spoiled(late, sustained=True).words == "40 of 100 samples were taken while throttled"
    early = latency(moments((0, True), (40, False), (140, False)), sustained=100)
    assert spoiled(early).samples == 40
    assert spoiled(early, sustained=True) is None


def test_where_nobody_looked_in_between_the_end_counts_for_all():
    hot = Conditions(throttled=True, under_voltage=None)
    assert spoiled(latency([], after=hot)).samples == 40
    assert spoiled(latency([], before=hot)).samples == 40
    assert spoiled(latency([])) is None


def test_a_decoder_has_prompts_first_and_tokens_then():
    during = moments((0, False), (5, False), (6, True), (60, False), (105, False))
    samples = {"first_token": [9.0] * 5, "token": [1.0] * 100}
    taken = GenerationMeasurement(**BASE, capacity=9, before=CALM, after=CALM, during=during, samples_ms=samples)
    assert spoiled_first_tokens(taken) is None
    assert (spoiled_tokens(taken).samples, spoiled_tokens(taken).of) == (55, 100)
    assert spoiled(taken).samples == 55


def test_under_voltage_is_told():
    weak = [Moment(seconds=0, runs=0, under_voltage=True), Moment(seconds=1, runs=40, under_voltage=False)]
    assert spoiled(latency(weak)).words == "40 of 40 samples were taken while under voltage"
