"""Verdicts through the command: exit codes, what counts as measured, and what the written files say."""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner

from edgekit.cli import cli


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
