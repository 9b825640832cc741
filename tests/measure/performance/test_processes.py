"""Several processes as one measurement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_makers import machine

from edgekit.measure.performance.processes import merge_comparisons, merge_processes
from edgekit.schema.comparison import Interleaved
from edgekit.schema.measurement import GenerationMeasurement, Measurement

WATCHED = {
    "fingerprint": machine(),
    "before": {},
    "after": {},
    "taken_at": "2026-01-01T00:00:00+00:00",
    "agent_version": "2.0",
}


def one(times, *, kind=Measurement, load=5.0, peak=50.0, **changes):
    """What an agent says of the one process that it is."""
    parts = {"infer": times} if kind is Measurement else {"first_token": times[:2], "token": times[2:]}
    figures = {"cold_load_ms": load, "first_inference_ms": load / 5, "peak_rss_mb": peak}
    counts = {part: len(samples) for part, samples in parts.items()}
    whole = {
        **WATCHED,
        **figures,
        "model_sha256": "0" * 64,
        "runtime": "onnxruntime",
        "runtime_version": "1",
        "threads": 2,
        "length": 8,
        "warmup_runs": 3,
        "processes": [{"samples": counts, "seconds": sum(times) / 1e3, **figures}],
        "samples_ms": parts,
        "during": [{"seconds": 0.0, "runs": 0}, {"seconds": 1.0, "runs": len(times)}],
        **({} if kind is Measurement else {"capacity": 16}),
    }
    return kind.parse({**whole, **changes}, "a reply")


samples = st.lists(st.floats(1e-3, 1e4), min_size=3, max_size=30)


@given(st.lists(samples, min_size=1, max_size=10), st.sampled_from([Measurement, GenerationMeasurement]))
def test_no_sample_is_lost_and_each_has_its_process(rows, kind):
    merged = merge_processes([one(row, kind=kind) for row in rows])
    for part, together in merged.samples_ms.items():
        taken = [row[:2] if part == "first_token" else row[2:] if part == "token" else row for row in rows]
        assert list(together) == [value for row in taken for value in row]
        assert merged.counted(part) == tuple(len(row) for row in taken)
    assert [moment.process for moment in merged.during] == [place for place in range(len(rows)) for _ in range(2)]
    # what is written is what can be read
    assert kind.parse(merged.dump(), "a record") == merged


def test_figures_of_the_first_of_the_last_and_of_all():
    taken = [
        one([1.0] * 3, load=9.0, peak=50.0, warmup_runs=5, ran={"threads": 2}, before={"temperature_c": 40.0}),
        one([1.0] * 3, load=5.0, peak=70.0, warmup_runs=4, ran={"threads": 1}, notes=["a note"]),
        one(
            [1.0] * 3,
            load=6.0,
            peak=60.0,
            ran={"threads": 2, "operators": {"MatMul": 3}},
            notes=["a note", "another"],
            sustained_ms=[1.0],
            after={"temperature_c": 60.0},
            energy={"idle_w": [1.0], "load_w": [2.0], "runs": 1, "seconds": 1.0, "rails": []},
        ),
    ]
    merged = merge_processes(taken)
    assert (merged.cold_load_ms, merged.first_inference_ms, merged.peak_rss_mb) == (9.0, 9.0 / 5, 70.0)
    assert [process.cold_load_ms for process in merged.processes] == [9.0, 5.0, 6.0]
    assert merged.warmup_runs == 3
    assert (merged.ran.threads, merged.ran.operators) == (1, {"MatMul": 3})
    assert (merged.sustained_ms, merged.energy) == ((1.0,), taken[2].energy)
    assert (merged.before.temperature_c, merged.after.temperature_c) == (40.0, 60.0)
    assert merged.notes == ("a note", "another")


@pytest.mark.parametrize(
    ("name", "value"),
    [("runtime_version", "2"), ("model_sha256", "1" * 64), ("length", 9), ("threads", 1), ("runtime", "other")],
)
def test_processes_that_did_not_run_the_same_are_no_measurement(name, value):
    with pytest.raises(ValueError, match=f"another {name} than"):
        merge_processes([one([1.0] * 3), one([1.0] * 3, **{name: value})])


def compared(blocks, **changes):
    side = {"model_sha256": "0", "runtime": "onnxruntime", "runtime_version": "1", "length": 8}
    rows = [{"ours_ms": [value] * 3, "theirs_ms": [value] * 3} for value in blocks]
    whole = {**WATCHED, "threads": 1, "ours": side, "theirs": side, "blocks": rows, "processes": [len(rows)]}
    return Interleaved.parse({**whole, **changes}, "a reply")


def test_comparisons_are_merged_by_their_blocks():
    merged = merge_comparisons([compared([1.0, 2.0]), compared([3.0, 4.0, 5.0])])
    assert [block.ours_ms[0] for block in merged.blocks] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert merged.processes == (2, 3)
    with pytest.raises(ValueError, match="another threads"):
        merge_comparisons([compared([1.0, 2.0]), compared([3.0, 4.0], threads=2)])
