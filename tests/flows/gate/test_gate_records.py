"""Verdicts and the records that they rest on: whose they are, whether they can be, and whether they were edited."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest
from gate_command import bundle, gate, keep, outcome
from record_makers import machine

from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import write_record
from edgekit.io.hashing import value_sha256
from edgekit.schema.tool_measurement import ToolMeasurement

__all__ = ["bundle"]


def keep_tool(bundle, milliseconds, emulated=False, **changes):
    manifest = Manifest.of(bundle)
    runs = [{"runs": 50, "mean_ms": float(milliseconds), "p50_ms": float(milliseconds)}] * 8
    value = {
        "tool": "onnxruntime_perf_test",
        "model_sha256": manifest.files[manifest.model_file].sha256,
        "content_hash": manifest.content_hash,
        "threads": 2,
        "length": 16,
        "invocations": runs,
        "fingerprint": machine(emulated=emulated),
        "before": {},
        "after": {},
        "taken_at": datetime.now(UTC).isoformat(),
        "agent_version": "1",
    }
    write_record(bundle, ToolMeasurement.parse(value | changes, "a record"), {"tool": 1})


def test_a_measurement_of_another_file_does_not_count(bundle):
    shutil.rmtree(bundle / "measurements")
    keep(bundle, 10, model_sha256="0" * 64)
    assert outcome(bundle, "latency_p95_ms=5000,target=x86-64") == (3, "unmeasured")


def test_an_emulated_measurement_does_not_count(bundle):
    shutil.rmtree(bundle / "measurements")
    keep(bundle, 10, fingerprint=machine(emulated=True))
    assert outcome(bundle, "latency_p95_ms=5000,target=x86-64") == (3, "unmeasured")


@pytest.mark.parametrize(
    "changes",
    [{"invocations": [{"runs": 1, "mean_ms": 10.0, "p50_ms": 10.0}] * 8}, {"before": {"load_1min": 40.0}}],
    ids=["single runs", "a busy machine"],
)
def test_a_benchmark_program_needs_evidence_as_well(bundle, changes):
    shutil.rmtree(bundle / "measurements")
    keep_tool(bundle, 10, **changes)
    assert outcome(bundle, "latency_p50_ms=5000,target=x86-64") == (3, "inconclusive")


@pytest.mark.parametrize("emulated", [False, True])
def test_an_emulated_run_of_a_benchmark_program_does_not_count(bundle, emulated):
    shutil.rmtree(bundle / "measurements")
    keep_tool(bundle, 10, emulated=emulated)
    assert outcome(bundle, "latency_p50_ms=5000,target=x86-64")[1] == ("unmeasured" if emulated else "pass")


def edit(path, change):
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


def test_a_record_that_was_changed_by_hand_is_refused_by_name(bundle):
    (path,) = (bundle / "measurements").glob("latency-*.json")
    edit(path, lambda value: value["samples_ms"]["total"].__setitem__(0, 0.001))
    error = gate(bundle, "latency_p95_ms=5000,target=x86-64").exception
    assert error.exit_code == 2
    assert str(path) in error.message


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value["samples_ms"].pop("total"),
        lambda value: value["samples_ms"]["total"].pop(),
        lambda value: value["samples_ms"]["infer"].__setitem__(0, "3"),
        lambda value: value["samples_ms"]["infer"].__setitem__(0, True),
        lambda value: value["samples_ms"]["infer"].__setitem__(0, -1.0),
        lambda value: value.__setitem__("peak_rss_mb", "7"),
        lambda value: value.__setitem__("peak_rss_mb", 0.001),
        lambda value: value["samples_ms"].__setitem__("total", [0.001] * len(value["samples_ms"]["total"])),
        lambda value: value["during"][-1].__setitem__("process", 9),
        lambda value: value["during"].reverse(),
        lambda value: value["fingerprint"].__setitem__("cores", 10**400),
        lambda value: value.__setitem__("threads", 10**4000),
        lambda value: value.__setitem__("taken_at", "9999-01-01T00:00:00+00:00"),
        lambda value: value.__setitem__("taken_at", "yesterday"),
        lambda value: value.__setitem__("processes", []),
        lambda value: value.__setitem__("format_version", 1),
        lambda value: value.__setitem__("kind", "rumour"),
        lambda value: value.__setitem__("kind", ["latency"]),
    ],
)
def test_a_malformed_record_is_named_whatever_its_hash_says(bundle, change):
    (path,) = (bundle / "measurements").glob("latency-*.json")

    def change_and_seal(value):
        change(value)
        value.pop("sha256")
        value["sha256"] = value_sha256(value)

    edit(path, change_and_seal)
    error = gate(bundle, "latency_p95_ms=5000,target=x86-64").exception
    assert error.exit_code == 2, error
    assert str(path) in error.message
