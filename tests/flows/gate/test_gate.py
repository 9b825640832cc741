"""Verdicts through the command: exit codes, what counts as measured, and what the written files say."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner
from gate_command import bundle, gate, judged, keep, outcome
from record_makers import accuracy, drop, machine
from tiny_bundle import LABELS, TEXTS, make_bundle
from tiny_recipe import rows, write_data

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.cli import cli
from edgekit.errors import NotFoundError
from edgekit.flows.gate.gate import not_judged
from edgekit.schema.budget import Budget

__all__ = ["bundle"]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ("size_mb=100", (0, "pass")),
        ("size_mb=0.0001", (1, "fail")),
        ("min_accuracy=5", (0, "pass")),
        ("min_accuracy=99.99", (3, "inconclusive")),
        ("macro_f1=5", (0, "pass")),
        ("mcc=0.05", (0, "pass")),
        ("min_f1=5,label=door", (0, "pass")),
        ("accuracy_drop=50,baseline=teacher", (0, "pass")),
        ("accuracy_drop=-60", (1, "fail")),
        ("accuracy_drop=1,baseline=nobody", (3, "unmeasured")),
        ("min_unchanged_pct=50", (0, "pass")),
        ("min_unchanged_pct=99.9", (3, "inconclusive")),
        ("latency_p95_ms=5000,target=x86-64", (0, "pass")),
        ("latency_p50_ms=0.00001,target=x86-64,length=16", (1, "fail")),
        ("latency_p95_ms=5000,target=rpi5", (3, "unmeasured")),
        ("latency_p95_ms=5000,target=x86-64,length=7", (3, "unmeasured")),
        ("latency_p95_ms=5000,target=x86-64,threads=3", (3, "unmeasured")),
        ("latency_p95_ms=5000,target=x86-64,format=tflite", (3, "unmeasured")),
        ("peak_memory_mb=100000,target=x86-64", (0, "pass")),
    ],
)
def test_each_verdict_and_its_exit_code(bundle, budget, expected):
    assert outcome(bundle, budget) == expected


def test_every_budget_ends_as_one_row_in_its_order(bundle):
    budgets = ["size_mb=10,format=tflite", "latency_p95_ms=0.0001,format=tflite", "size_mb=10", "size_mb=10"]
    found = json.loads(gate(bundle, *budgets).stdout)
    assert [row["verdict"]["outcome"] for row in found["verdicts"]] == ["unmeasured", "unmeasured", "pass", "pass"]
    assert found["exit_code"] == 3


@pytest.mark.parametrize(
    "words",
    [
        ("--budget", "size_mb=1,threads=4"),
        ("--budget", "min_accuracy=70,threads=99,baseline=x"),
        ("--budget", "latency_p95_ms=30,data=my-texts"),
        ("--budget", "min_accuracy=0.95"),
        ("--budget", "accuracy_drop=101"),
        ("--budget", "tokens_per_s=10"),
        ("--budget", "size_mb=1", "--target", "rpi4", "--target", "rpi5"),
        ("--budget", "size_mb=1", "--max-age", "yesterday"),
    ],
)
def test_what_would_not_be_judged_is_refused(bundle, words, capfd):
    result = CliRunner().invoke(cli, ["gate", str(bundle), *words], standalone_mode=False)
    assert result.exception.exit_code == 2


def test_a_yaml_number_that_is_not_what_it_looks_like_names_its_line(bundle, finished_run, tmp_path):
    import yaml

    recipe = json.loads(finished_run[0].read_text()) | {"budgets": [{"metric": "size_mb", "limit": "LIMIT"}]}
    for written in ("1:30", "010", "0x10", "1_000", "1e3", "9" * 5000):
        path = tmp_path / "tiny.yaml"
        path.write_text(yaml.safe_dump(recipe, sort_keys=False).replace("LIMIT", written))
        line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if written in text)
        error = gate(bundle, options=["--recipe", str(path)]).exception
        assert error.exit_code == 2
        assert f"line {line}:" in error.message or f"{path}:{line}:" in error.message
        assert len(error.message) < 400


def test_the_budgets_of_a_target_are_judged_for_that_target_whole(bundle):
    found = json.loads(gate(bundle, options=["--target", "x86-64"]).stdout)["verdicts"]
    assert {row["verdict"]["budget"]["target"] for row in found} == {"x86-64"}
    by_metric = {row["verdict"]["budget"]["metric"]: row["verdict"] for row in found}
    assert by_metric["latency_p95_ms"]["reason"] == "the bundle takes 16 tokens at most"
    assert by_metric["latency_p95_ms"]["conditions"].startswith("x86-64, length 128")


def test_a_target_whose_runtime_does_not_run_the_file_is_no_pass(bundle):
    found = judged(bundle, "size_mb=100,target=rpi4-32bit")
    assert found["outcome"] == "unmeasured"
    assert "rpi4-32bit has no runtime for onnx" in found["reason"]


def test_an_old_measurement_counts_unless_its_age_is_limited(bundle):
    shutil.rmtree(bundle / "measurements")
    keep(bundle, 10, days=30)
    assert outcome(bundle, "latency_p95_ms=50,target=x86-64") == (0, "pass")
    found = gate(bundle, "latency_p95_ms=50,target=x86-64", options=["--max-age", "7d"])
    assert json.loads(found.stdout)["exit_code"] == 3


def test_the_row_says_what_it_rests_on(bundle):
    result = CliRunner().invoke(cli, ["gate", str(bundle), "--budget", "latency_p95_ms=50,target=x86-64"])
    printed = " ".join(result.output.split())
    assert "900 runs in 3 processes" in printed and "1 day old" in printed
    found = judged(bundle, "latency_p95_ms=50,target=x86-64")["basis"]
    assert (found["samples"], found["processes"]) == (900, 3)


def test_a_failure_outweighs_what_was_not_measured(bundle):
    found = json.loads(gate(bundle, "size_mb=0.0001", "latency_p95_ms=5,target=rpi4", "size_mb=100").stdout)
    assert found["exit_code"] == 1


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


def test_without_a_length_the_worst_one_counts_and_is_named(onnx_bundle):
    for length, milliseconds in {"data": 5, 32: 40, 16: 9}.items():
        keep(onnx_bundle, milliseconds, length=length)
    found = judged(onnx_bundle, "latency_p95_ms=20")
    assert found["outcome"] == "fail"
    assert found["conditions"] == "desktop, length 32, 2 threads (the worst of 3 cases)"
    assert judged(onnx_bundle, "latency_p95_ms=20,length=data")["outcome"] == "pass"


@pytest.mark.parametrize(
    ("length", "outcome"), [(5, "pass"), (8, "pass"), (9, "fail"), (16, "fail"), (17, "unmeasured")]
)
def test_a_file_of_static_lengths_is_judged_at_the_next_one(tflite_bundle, length, outcome):
    keep(tflite_bundle, 10, length=8, runtime="ai-edge-litert")
    keep(tflite_bundle, 30, length=16, runtime="ai-edge-litert")
    found = judged(tflite_bundle, f"latency_p50_ms=20,length={length}")
    assert found["outcome"] == outcome
    if outcome == "unmeasured":
        assert found["reason"] == "the bundle takes 16 tokens at most"
        assert found["advice"] == "name a length up to 16, or export it with --max-length 17"


def test_a_bundle_brings_its_own_target_along(onnx_bundle):
    keep(onnx_bundle, 10)
    for budget in ("latency_p50_ms=20", "latency_p50_ms=20,target=desktop", "latency_p50_ms=20,target=x86-64"):
        assert judged(onnx_bundle, budget)["outcome"] == "pass"
    assert judged(onnx_bundle, "latency_p50_ms=20,target=rpi4")["outcome"] == "unmeasured"


def test_a_phones_measurement_is_none_of_a_boards(onnx_bundle):
    keep(onnx_bundle, 10, fingerprint=machine(os="Android, API level 31"))
    assert judged(onnx_bundle, "latency_p50_ms=20")["outcome"] == "unmeasured"


def test_an_unknown_target_is_wrong_usage_for_any_metric(onnx_bundle):
    assert isinstance(gate(onnx_bundle, "size_mb=10,target=nowhere").exception, NotFoundError)


def test_what_no_bundle_is_held_against():
    budgets = [Budget(metric="size_mb", limit=10, format=format) for format in (None, "onnx", "tflite")]
    assert not_judged(budgets, {"onnx"}) == budgets[2:]
    assert not_judged(budgets, ("onnx", "tflite")) == []


def record(bundle, value, **changes):
    BundleFolder(bundle).record(accuracy(Manifest.of(bundle).content_hash, value, **changes))


def test_accuracy_counts_on_test_rows_unless_others_are_named(onnx_bundle):
    record(onnx_bundle, 99.0, split="train", rows="b")
    found = judged(onnx_bundle, "min_accuracy=90")
    assert (found["outcome"], found["reason"]) == ("unmeasured", "never evaluated on test rows")
    record(onnx_bundle, 80.0)
    record(onnx_bundle, 99.0, split="train", rows="b")
    assert judged(onnx_bundle, "min_accuracy=90")["outcome"] == "fail"
    assert judged(onnx_bundle, "min_accuracy=90,data=home/train")["outcome"] == "pass"


def test_of_several_data_sets_one_must_be_named(onnx_bundle):
    record(onnx_bundle, 95.0)
    record(onnx_bundle, 80.0, name="office", rows="b")
    error = gate(onnx_bundle, "min_accuracy=90").exception
    assert error.exit_code == 2
    assert "evaluated on 2 data sets" in error.message
    assert error.advice == "--budget min_accuracy=90,data=home/test or --budget min_accuracy=90,data=office/test"
    assert judged(onnx_bundle, "min_accuracy=90,data=home")["outcome"] == "pass"
    assert judged(onnx_bundle, "min_accuracy=90,data=office/test")["outcome"] == "fail"
    assert judged(onnx_bundle, "min_accuracy=90,data=garden")["outcome"] == "unmeasured"


def test_another_data_set_does_not_disturb_the_one_that_the_lineage_names(bundle, tmp_path):
    assert outcome(bundle, "accuracy_drop=50") == (0, "pass")
    other = write_data(tmp_path / "other")
    lines = [f"{text}\t{label}" for text, label in rows(60, seed=99)]
    (other / "test.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n")
    arguments = ["evaluate", str(bundle), "--data", str(other)]
    assert CliRunner().invoke(cli, arguments, standalone_mode=False).exception is None
    assert len(Manifest.of(bundle).accuracy) == 2
    assert outcome(bundle, "accuracy_drop=50") == (0, "pass")


def test_evaluating_without_a_record_leaves_nothing(bundle, finished_run):
    before = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    data = finished_run[0].parent / "data"
    arguments = ["evaluate", str(bundle), "--data", str(data), "--split", "validation", "--no-record"]
    assert CliRunner().invoke(cli, arguments, standalone_mode=False).exception is None
    assert {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()} == before


def test_the_same_rows_under_another_split_do_not_replace_a_record(onnx_bundle):
    record(onnx_bundle, 80.0)
    record(onnx_bundle, 99.0, split="validation")
    assert judged(onnx_bundle, "min_accuracy=90")["outcome"] == "fail"


def test_another_runtime_says_nothing_of_an_earlier_comparison(onnx_bundle):
    record(onnx_bundle, 80.0, drops=[drop("teacher", 1.0), drop("student", 2.0)])
    record(onnx_bundle, 80.0, drops=[drop("student", 3.0)])
    assert judged(onnx_bundle, "accuracy_drop=2")["measured"] == 1
    assert judged(onnx_bundle, "accuracy_drop=2,baseline=student")["measured"] == 3
    record(onnx_bundle, 70.0, runtime="other 1")
    assert judged(onnx_bundle, "accuracy_drop=2")["reason"] == "never compared with teacher"


def test_only_the_very_teacher_counts_as_the_teacher(bundle, finished_run):
    teacher, student = (finished_run[1] / name for name in ("teacher", "student"))
    data = finished_run[0].parent / "data"

    def compare(model):
        words = ["evaluate", str(bundle), "--data", str(data), "--against", f"teacher={model}", "--json"]
        result = CliRunner().invoke(cli, words, standalone_mode=False)
        assert result.exception is None, result.exception
        return json.loads(result.stdout)["drops"][0]["baseline_sha256"]

    assert outcome(bundle, "accuracy_drop=99") == (0, "pass")
    other = compare(student)
    found = judged(bundle, "accuracy_drop=99")
    assert found["outcome"] == "unmeasured"
    assert "as teacher is another model, not the one that taught it" in found["reason"]
    assert "--against teacher=CHECKPOINT" in found["advice"]
    manifest = Manifest.of(bundle)
    very = compare(teacher)
    assert very == manifest.lineage[1].inputs["checkpoint"] != other
    assert outcome(bundle, "accuracy_drop=99") == (0, "pass")


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
    kept = Manifest.of(onnx_bundle).accuracy
    assert [record.split for record in kept] == ["test", "validation"]
    assert judged(onnx_bundle, "accuracy_drop=0")["measured"] == 0
