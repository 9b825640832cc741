"""Verdicts through the command: exit codes, what counts as measured, and what the written files say."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner
from tiny_bundle import LABELS, TEXTS, make_bundle

from edgekit.cli import cli
from edgekit.flows.evaluate import record_accuracy
from edgekit.flows.gate import not_judged
from edgekit.spec.budget import Budget
from edgekit.spec.errors import NotFoundError, UsageError
from edgekit.spec.manifest import Accuracy, Drop, Manifest


@pytest.fixture
def bundle(finished_run, tmp_path):
    _, folder, _ = finished_run
    return shutil.copytree(folder / "bundles" / "onnx", tmp_path / "onnx")


def gate(bundle, *budgets, options=()):
    words = [word for budget in budgets for word in ("--budget", budget)]
    return CliRunner().invoke(cli, ["gate", str(bundle), *words, *options, "--json"], standalone_mode=False)


def outcome(bundle, budget):
    found = json.loads(gate(bundle, budget).stdout)
    return found["exit_code"], found["verdicts"][0]["verdict"]["outcome"]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ("size_mb=100", (0, "pass")),
        ("size_mb=0.0001", (1, "fail")),
        ("min_accuracy=1", (0, "pass")),
        ("min_accuracy=99.99", (3, "inconclusive")),
        ("accuracy_drop=50,baseline=teacher", (0, "pass")),
        ("accuracy_drop=-60", (1, "fail")),
        ("accuracy_drop=1,baseline=nobody", (3, "unmeasured")),
        ("latency_p95_ms=5000,target=x86-64", (0, "pass")),
        ("latency_p50_ms=0.00001,target=x86-64,length=16", (1, "fail")),
        ("latency_p95_ms=5000,target=rpi5", (3, "unmeasured")),
        ("latency_p95_ms=5000,target=x86-64,length=7", (3, "unmeasured")),
        ("latency_p95_ms=5000,target=x86-64,threads=3", (3, "unmeasured")),
        ("peak_memory_mb=100000,target=x86-64", (0, "pass")),
    ],
)
def test_each_verdict_and_its_exit_code(bundle, budget, expected):
    assert outcome(bundle, budget) == expected


def test_a_failure_outweighs_what_was_not_measured(bundle):
    found = json.loads(gate(bundle, "size_mb=0.0001", "latency_p95_ms=5,target=rpi4", "size_mb=100").stdout)
    assert found["exit_code"] == 1


def test_a_measurement_of_another_file_does_not_count(bundle):
    for path in (bundle / "measurements").iterdir():
        path.write_text(json.dumps(json.loads(path.read_text()) | {"model_sha256": "0" * 64}))
    assert outcome(bundle, "latency_p95_ms=5000,target=x86-64") == (3, "unmeasured")


def test_an_emulated_measurement_does_not_count(bundle):
    for path in (bundle / "measurements").iterdir():
        value = json.loads(path.read_text())
        value["fingerprint"]["emulated"] = True
        path.write_text(json.dumps(value))
    assert outcome(bundle, "latency_p95_ms=5000,target=x86-64") == (3, "unmeasured")


def test_the_cli_exits_with_the_verdict(bundle, tmp_path):
    junit, markdown = tmp_path / "v.xml", tmp_path / "v.md"
    options = ["--budget", "size_mb=0.0001", "--junit", str(junit), "--markdown", str(markdown)]
    result = CliRunner().invoke(cli, ["gate", str(bundle), *options])
    assert result.exit_code == 1
    assert "FAIL" in result.output
    assert len(list(ET.parse(junit).iter("failure"))) == 1  # noqa: S314  just written
    assert "FAIL" in markdown.read_text()


def test_a_tampered_bundle_is_refused_by_name(bundle):
    model = bundle / "model.onnx"
    model.write_bytes(model.read_bytes() + b"\0")
    error = gate(bundle, "size_mb=100").exception
    assert error.exit_code == 2
    assert "model.onnx" in str(error)


def test_no_budget_is_no_pass(bundle):
    assert gate(bundle).exception.exit_code == 2


def keep(bundle, milliseconds, length=16, threads=2, day=1, device="Some PC", **fingerprint):
    """Store a measurement of this very file, as an x86 machine would have taken it."""
    manifest = Manifest.read(bundle / "manifest.json")
    machine = {
        "device": device,
        "arch": "x86_64",
        "cpu_model": "",
        "cores": 4,
        "os": "Debian",
        "libc": "",
        "python": "",
    }
    taken = {
        "model_sha256": manifest.files[manifest.model_file].sha256,
        "runtime": "onnxruntime",
        "runtime_version": "1",
        "threads": threads,
        "length": length,
        "samples_ms": {"infer": [milliseconds] * 30},
        "cold_load_ms": 1,
        "first_inference_ms": 1,
        "warmup_runs": 0,
        "peak_rss_mb": 100 + milliseconds,
        "fingerprint": machine | fingerprint,
        "before": {},
        "after": {},
        "taken_at": f"2026-01-{day:02}T00:00:00+00:00",
        "agent_version": "1",
    }
    folder = bundle / "measurements"
    folder.mkdir(exist_ok=True)
    (folder / f"{len(list(folder.iterdir()))}.json").write_text(json.dumps(taken))


def judged(bundle, budget):
    found = json.loads(gate(bundle, budget).stdout)["verdicts"][0]
    return found["verdict"] | {"conditions": found["conditions"]}


@pytest.mark.parametrize("days", [(1, 2), (2, 1)])
def test_the_newest_measurement_counts(onnx_bundle, days):
    for milliseconds, day in zip((30, 10), days, strict=True):
        keep(onnx_bundle, milliseconds, day=day)
    assert judged(onnx_bundle, "latency_p50_ms=20,length=16")["measured"] == (10 if days == (1, 2) else 30)


def test_without_a_length_the_worst_one_counts_and_is_named(onnx_bundle):
    for length, milliseconds in {"data": 5, 128: 40, 16: 9}.items():
        keep(onnx_bundle, milliseconds, length=length)
    found = judged(onnx_bundle, "latency_p95_ms=20")
    assert (found["outcome"], found["measured"]) == ("fail", 40)
    assert found["conditions"] == "desktop, length 128 (the worst of 16, 128, data), 2 threads"
    assert judged(onnx_bundle, "peak_memory_mb=130")["measured"] == 140
    assert judged(onnx_bundle, "latency_p95_ms=20,length=data")["outcome"] == "pass"


def test_the_targets_own_threads_come_first(onnx_bundle):
    keep(onnx_bundle, 30, threads=1, day=2)
    keep(onnx_bundle, 10, threads=2, day=1)
    assert judged(onnx_bundle, "latency_p50_ms=20")["measured"] == 10
    assert judged(onnx_bundle, "latency_p50_ms=20,threads=1")["measured"] == 30


@pytest.mark.parametrize(
    ("length", "outcome"), [(5, "pass"), (8, "pass"), (9, "fail"), (16, "fail"), (17, "unmeasured")]
)
def test_a_file_of_static_lengths_is_judged_at_the_next_one(tflite_bundle, length, outcome):
    keep(tflite_bundle, 10, length=8)
    keep(tflite_bundle, 30, length=16)
    found = judged(tflite_bundle, f"latency_p50_ms=20,length={length}")
    assert found["outcome"] == outcome
    if outcome == "unmeasured":
        assert found["advice"].endswith("--threads 2 --length 17")


def test_a_bundle_brings_its_own_target_along(onnx_bundle):
    keep(onnx_bundle, 10)
    for budget in ("latency_p50_ms=20", "latency_p50_ms=20,target=desktop", "latency_p50_ms=20,target=x86-64"):
        assert judged(onnx_bundle, budget)["outcome"] == "pass"
    assert judged(onnx_bundle, "latency_p50_ms=20,target=rpi4")["outcome"] == "unmeasured"


def test_a_phones_measurement_is_none_of_a_boards(onnx_bundle):
    keep(onnx_bundle, 10, os="Android, API level 31")
    assert judged(onnx_bundle, "latency_p50_ms=20")["outcome"] == "unmeasured"


def test_an_unknown_target_is_wrong_usage_for_any_metric(onnx_bundle):
    assert isinstance(gate(onnx_bundle, "size_mb=10,target=nowhere").exception, NotFoundError)


def test_budgets_of_other_formats_alone_are_no_pass(onnx_bundle):
    error = gate(onnx_bundle, "size_mb=10,format=tflite").exception
    assert isinstance(error, UsageError)
    assert error.message == "no budget is for a onnx bundle"
    found = json.loads(gate(onnx_bundle, "size_mb=10,format=tflite", "size_mb=10").stdout)
    assert len(found["verdicts"]) == 1


def test_what_no_bundle_is_held_against():
    budgets = [Budget(metric="size_mb", limit=10, format=format) for format in (None, "onnx", "tflite")]
    assert not_judged(budgets, {"onnx"}) == budgets[2:]
    assert not_judged(budgets, ("onnx", "tflite")) == []


def record(bundle, value, split="test", name="home", rows="a", drops=(), runtime="onnxruntime 1"):
    lost = tuple(
        Drop(baseline=baseline, baseline_accuracy=90, points=points, low=points, high=points)
        for baseline, points in drops
    )
    interval = {"accuracy": value, "low": value, "high": value, "macro_f1": value}
    data = {"data": f"{name}/{split}", "split": split, "data_sha256": rows * 64, "rows": 100}
    record_accuracy(bundle, Accuracy(**data, **interval, runtime=runtime, drops=lost))


def test_accuracy_counts_on_test_rows_unless_others_are_named(onnx_bundle):
    record(onnx_bundle, 99, split="train", rows="b")
    found = judged(onnx_bundle, "min_accuracy=90")
    assert (found["outcome"], found["reason"]) == ("unmeasured", "never evaluated on test rows")
    record(onnx_bundle, 80)
    record(onnx_bundle, 99, split="train", rows="b")
    assert judged(onnx_bundle, "min_accuracy=90")["outcome"] == "fail"
    assert judged(onnx_bundle, "min_accuracy=90,data=home/train")["outcome"] == "pass"


def test_of_several_data_sets_one_must_be_named(onnx_bundle):
    record(onnx_bundle, 95)
    record(onnx_bundle, 80, name="office", rows="b")
    found = judged(onnx_bundle, "min_accuracy=90")
    assert found["outcome"] == "unmeasured"
    assert found["reason"] == "evaluated on several data sets: name one, data=NAME"
    assert found["advice"] == "data=home/test or data=office/test"
    assert judged(onnx_bundle, "min_accuracy=90,data=home")["outcome"] == "pass"
    assert judged(onnx_bundle, "min_accuracy=90,data=office/test")["outcome"] == "fail"
    assert judged(onnx_bundle, "min_accuracy=90,data=garden")["outcome"] == "unmeasured"


def test_the_same_rows_under_another_split_do_not_replace_a_record(onnx_bundle):
    record(onnx_bundle, 80)
    record(onnx_bundle, 99, split="validation")
    assert judged(onnx_bundle, "min_accuracy=90")["outcome"] == "fail"


def test_another_runtime_says_nothing_of_an_earlier_comparison(onnx_bundle):
    record(onnx_bundle, 80, drops=[("teacher", 1), ("student", 2)])
    record(onnx_bundle, 80, drops=[("student", 3)])
    assert judged(onnx_bundle, "accuracy_drop=2")["measured"] == 1
    assert judged(onnx_bundle, "accuracy_drop=2,baseline=student")["measured"] == 3
    record(onnx_bundle, 70, runtime="other 1")
    assert judged(onnx_bundle, "accuracy_drop=2")["reason"] == "never compared with teacher"


def test_only_the_very_teacher_counts_as_the_teacher(bundle, finished_run):
    teacher, student = (finished_run[1] / name for name in ("teacher", "student"))
    data = finished_run[0].parent / "data"

    def compare(model):
        words = ["evaluate", str(bundle), "--data", str(data), "--against", f"teacher={model}", "--json"]
        result = CliRunner().invoke(cli, words, standalone_mode=False)
        assert result.exception is None, result.exception
        return json.loads(result.stdout)["drops"][0]["baseline_sha256"]

    assert outcome(bundle, "accuracy_drop=100") == (0, "pass")
    other = compare(student)
    found = judged(bundle, "accuracy_drop=100")
    assert found["outcome"] == "unmeasured"
    assert "as teacher is another model, not the one that taught it" in found["reason"]
    assert "--against teacher=CHECKPOINT" in found["advice"]
    manifest = Manifest.read(bundle / "manifest.json")
    very = compare(teacher)
    assert very == manifest.lineage[1].inputs["checkpoint"] != other
    assert outcome(bundle, "accuracy_drop=100") == (0, "pass")
    # a comparison from before hashes were recorded
    value = json.loads((bundle / "manifest.json").read_text())
    del value["accuracy"][-1]["drops"][0]["baseline_sha256"]
    (bundle / "manifest.json").write_text(json.dumps(value))
    assert "whose hash was not recorded" in judged(bundle, "accuracy_drop=100")["reason"]


def test_evaluating_again_keeps_the_comparison_with_the_teacher(onnx_bundle, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    texts = [text for text, _ in TEXTS]
    for split, extra in {"train": "now", "validation": "please", "test": "the fan"}.items():
        lines = [f"{text} {extra}\t{label}" for text, label in zip(texts, [*LABELS, "door"], strict=True)]
        (data / f"{split}.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n")
    teacher = make_bundle(tmp_path / "teacher", "onnx")
    for against in (["--against", f"teacher={teacher}"], [], ["--split", "validation"]):
        arguments = ["evaluate", str(onnx_bundle), "--data", str(data), *against]
        assert CliRunner().invoke(cli, arguments, standalone_mode=False).exception is None
    kept = Manifest.read(onnx_bundle / "manifest.json").accuracy
    assert [record.split for record in kept] == ["test", "validation"]
    assert judged(onnx_bundle, "accuracy_drop=0")["measured"] == 0
