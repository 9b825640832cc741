"""Measuring over SSH: what the device says of itself comes through, and answers are those of this machine."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from smooth_records import smooth
from tiny_bundle import LABELS, TEXTS

from edgekit.cli import cli
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.profile.compare_bundles import compare_bundles
from edgekit.flows.profile.profile_tool import profile_tool
from edgekit.measure.performance.benchmark_tool import tool_latency
from edgekit.options.data_options import DataSpec
from edgekit.options.profile_options import ProfileOptions

QUICK = {"min_seconds": 0, "min_runs": 8, "warmup": 1}


@pytest.fixture
def there(ssh_server, tmp_path):
    """A device whose python3 has the runtimes, and a folder on its PATH for programs that it lacks."""
    programs = tmp_path / "programs"
    programs.mkdir()
    path = f"{programs}:{Path(sys.executable).parent}:{ssh_server.environment['PATH']}"
    ssh_server.environment["PATH"] = path

    def add(name, body):
        program = programs / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        return str(program)

    return ssh_server.url, add


def run(*words):
    return CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)


def test_throttling_on_the_device_makes_the_verdict_inconclusive(there, onnx_bundle):
    url, add = there
    add("vcgencmd", "echo throttled=0x50005")
    enough = ("--min-seconds", "1.2", "--min-runs", "300", "--warmup", "1", "--device", url)
    shown = run("profile", onnx_bundle, *enough, "--sustained", "1.2s", "--energy", "--json")
    assert shown.exception is None
    figures = json.loads(shown.stdout)["figures"][0]
    found = figures["disturbed"]["infer"]
    assert found["samples"] == found["of"] >= 300
    assert "throttled" in figures["disturbed"]["infer"]["causes"]
    assert figures["sustained"]["runs"] > 8
    assert figures["energy_mj"] is None
    # other tests may keep this machine busy
    budget = ("--budget", "latency_p95_ms=5000,target=x86-64", "--allow-busy")
    smooth(onnx_bundle)
    found = run("gate", onnx_bundle, *budget, "--json")
    assert json.loads(found.stdout)["verdicts"][0]["verdict"]["outcome"] == "inconclusive"
    allowed = json.loads(run("gate", onnx_bundle, *budget, "--allow-throttled", "--json").stdout)
    assert (allowed["exit_code"], allowed["verdicts"][0]["verdict"]["outcome"]) == (0, "pass")


def test_accuracy_and_comparison_there(there, onnx_bundle, tflite_bundle, tmp_path):
    url, _ = there
    path = tmp_path / "rows.tsv"
    rows = [(text, LABELS[number % 3]) for number, (text, pair) in enumerate(TEXTS * 15) if pair is None]
    path.write_text("".join(f"{text}\t{label}\n" for text, label in [("text", "label"), *rows]))
    data = DataSpec(test=path)
    assert evaluate(onnx_bundle, data, device=url).predicted == evaluate(onnx_bundle, data).predicted
    (found,) = compare_bundles(onnx_bundle, tflite_bundle, ProfileOptions(device=url, processes=1, **QUICK))[url]
    assert found.speed.verdict in ("better", "worse", "no difference")
    assert found.measured.theirs.runtime == "ai-edge-litert"


def test_a_benchmark_program_there(there, ssh_server, tflite_bundle):
    """The device needs no Python for it."""
    url, add = there
    line = "count=50 first=32891 curr=33978 min=32641 max=34005 avg=33209.4 std=450 p5=32700 median=33000 p95=33900"
    program = add("benchmark model", f'echo "count=1 curr=5"; echo "{line}"')
    add("python3", "exit 127")
    thermal = (
        "Thermal Status: 2\nCurrent temperatures from HAL:\n\tTemperature{mValue=66.5, mType=0, mName=CPU, mStatus=2}"
    )
    add(
        "dumpsys",
        "if [ $1 = battery ]; then printf '  level: 84\\n  scale: 100\\n  temperature: 326\\n'; "
        f"else echo '{thermal}'; fi",
    )
    (taken,) = profile_tool(
        tflite_bundle, "benchmark_model", program, ProfileOptions(device=url, **QUICK), affinity="1"
    )
    assert tool_latency(taken, "p95_ms").value == pytest.approx(33.9)
    assert (taken.after.throttled, taken.after.temperature_c) == (True, 66.5)
    assert (taken.battery_before.level_pct, taken.battery_before.temperature_c) == (84, 32.6)
    found = run("gate", tflite_bundle, "--budget", "latency_p95_ms=50,target=x86-64", "--json")
    assert json.loads(found.stdout)["verdicts"][0]["verdict"]["outcome"] == "inconclusive"
    home = ssh_server.home / ".cache" / "edgekit" / "device"
    assert not [path for path in home.rglob("*") if path.is_file()]
