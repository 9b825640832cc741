"""Measuring by the runtimes' own programs: scripts in their place that print what real ones did."""

import json
import shutil

import pytest
from click.testing import CliRunner
from tiny_bundle import tiny_onnx

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.cli import cli
from edgekit.errors import DeviceError, ToolError, UsageError
from edgekit.flows.profile.profile_tool import parse_tool, profile_tool
from edgekit.measure.performance.benchmark_tool import tool_latency
from edgekit.options.profile_options import ProfileOptions

QUICK = ProfileOptions(min_seconds=0, min_runs=30)
# recorded as in tests/devices/test_android_tools.py, with the percentiles of later versions
BENCHMARK = """\
echo "Initialized session in 0.855ms."
echo "count=15 first=49060 curr=33682 min=32825 max=49060 avg=34825.1 std=3930 p5=32900 median=33000 p95=49000" >&2
m=$((33000 + n * 10))
echo "count=50 first=32891 curr=33978 min=32641 max=34005 avg=33209.4 std=450 p5=32700 median=$m p95=33900" >&2
echo "Inference timings in us: Init: 855, First inference: 49060, Warmup (avg): 34825.1, Inference (avg): 33209.4" >&2
"""
PERF_TEST = """\
echo "Session creation time cost: 0.217932 s"
echo "First inference time cost: 196 ms"
echo "Total inference requests: 5"
echo "Average inference time cost total: 98.961997 ms"
echo "Peak working set size: 271122432 bytes"
echo "P50 Latency: 0.0995086 s"
echo "P95 Latency: 0.101519 s"
"""


@pytest.fixture
def program(tmp_path, device_home):
    """A script in place of a benchmark program; what it was told is kept beside it."""

    def make(body, name="bench mark; $(x)"):
        path = tmp_path / name
        path.write_text(
            f'#!/bin/sh\nlog=\'{tmp_path}/calls\'\nn=$(cat "$log" 2>/dev/null | wc -l)\necho "$*" >> "$log"\n{body}'
        )
        path.chmod(0o755)
        return path

    return make


def calls(tmp_path):
    return (tmp_path / "calls").read_text().splitlines()


def test_benchmark_model_of_a_bundle(tflite_bundle, program, tmp_path, device_home):
    found = profile_tool(
        tflite_bundle, "benchmark_model", str(program(BENCHMARK)), QUICK.model_copy(update={"length": (9,)})
    )
    (taken,) = found
    assert (taken.length, taken.threads, len(taken.invocations)) == (16, 1, 6)
    told = calls(tmp_path)
    assert len(told) == 6
    assert "--num_threads=1 --num_runs=5 --min_secs=0 --warmup_runs=5 --signature_to_run_for=s16" in told[0]
    p50 = tool_latency(taken, "p50_ms")
    assert (p50.low, p50.value, p50.high) == pytest.approx((33.0, 33.025, 33.05))
    assert len(taken.tool_sha256) == 64
    # nothing stays on the device, and the bundle keeps it, apart from what the agent measures
    assert not [path for path in device_home.rglob("*") if path.is_file()]
    records = BundleFolder(tflite_bundle).records
    assert list(records.tools) == found
    assert records.latency == ()


def test_onnxruntime_perf_test_finds_inputs_beside_the_model(onnx_bundle, program, tmp_path):
    look = f'for last; do :; done\ncp -r "$(dirname "$last")" "{tmp_path}/seen"\n'
    (taken,) = profile_tool(onnx_bundle, "onnxruntime_perf_test", str(program(look + PERF_TEST)), QUICK, affinity="1")
    assert taken.affinity == "1"
    assert calls(tmp_path)[0].startswith("-e cpu -s -x 1 -m times -r 5 ")
    import onnx
    from onnx import numpy_helper

    model = onnx.load(tmp_path / "seen" / "model.onnx")
    names = [given.name for given in model.graph.input]
    for number, name in enumerate(names):
        tensor = onnx.TensorProto.FromString(
            (tmp_path / "seen" / "test_data_set_0" / f"input_{number}.pb").read_bytes()
        )
        assert tensor.name == name
        assert numpy_helper.to_array(tensor).shape == (1, taken.length)
    assert tool_latency(taken, "p95_ms").value == pytest.approx(101.519)


def test_a_budget_by_what_the_program_told(tflite_bundle, program):
    enough = QUICK.model_copy(update={"min_runs": 120})
    profile_tool(tflite_bundle, "benchmark_model", str(program(BENCHMARK)), enough)

    def gate(budget):
        # the program makes its figures up, whatever else runs here
        words = ["gate", str(tflite_bundle), "--budget", f"{budget},target=x86-64", "--json", "--allow-busy"]
        found = json.loads(CliRunner().invoke(cli, words, standalone_mode=False).stdout)
        return found["exit_code"], found["verdicts"][0]

    code, row = gate("latency_p95_ms=40")
    assert (code, row["verdict"]["outcome"]) == (0, "pass")
    assert "the model alone, by benchmark_model" in row["conditions"]
    assert gate("latency_p95_ms=30")[0] == 1
    assert gate("latency_p50_ms=33.02")[1]["verdict"]["outcome"] == "inconclusive"
    assert gate("peak_memory_mb=1000")[1]["verdict"]["outcome"] == "unmeasured"


def test_without_percentiles_no_budget_is_decided(tflite_bundle, program, tmp_path):
    older = BENCHMARK.replace(" p5=32700 median=$m p95=33900", "")
    words = ["profile", str(tflite_bundle), "--tool", f"benchmark_model={program(older)}", "--min-seconds", "0"]
    shown = CliRunner().invoke(cli, words, standalone_mode=False)
    assert shown.exception is None
    assert "mean 33.2 ms" in shown.stdout
    assert "no percentiles" in shown.stdout
    (taken,) = BundleFolder(tflite_bundle).records.tools
    assert tool_latency(taken, "p95_ms") is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("echo 'CANNOT LINK EXECUTABLE' >&2; exit 1\n", "benchmark_model failed: CANNOT LINK EXECUTABLE"),
        ("echo hello\n", "printed no result"),
        ("kill -ILL $$\n", "benchmark_model failed"),
    ],
)
def test_a_program_that_fails_leaves_nothing(tflite_bundle, program, device_home, body, message):
    with pytest.raises(ToolError, match=message):
        profile_tool(tflite_bundle, "benchmark_model", str(program(body)), QUICK)
    assert not BundleFolder(tflite_bundle).records.tools
    assert not [path for path in device_home.rglob("*") if path.is_file()]


def test_a_program_that_babbles_is_stopped(tflite_bundle, program):
    with pytest.raises(DeviceError, match="printed more than"):
        profile_tool(tflite_bundle, "benchmark_model", str(program("yes\n")), QUICK)


def test_what_cannot_be_measured_so(tflite_bundle, onnx_bundle, program, tmp_path):
    there = str(program(BENCHMARK))
    with pytest.raises(UsageError, match=r"benchmark_model does not read .onnx"):
        profile_tool(onnx_bundle, "benchmark_model", there, QUICK)
    with pytest.raises(UsageError, match="is no program there"):
        profile_tool(tflite_bundle, "benchmark_model", str(tmp_path / "nothing"), QUICK)
    with pytest.raises(UsageError, match="takes 16 tokens, not 17"):
        profile_tool(tflite_bundle, "benchmark_model", there, QUICK.model_copy(update={"length": (17,)}))
    with pytest.raises(UsageError, match="--energy is the agent's"):
        profile_tool(tflite_bundle, "benchmark_model", there, QUICK.model_copy(update={"energy": True}))
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize("text", ["benchmark_model", "benchmark_model=", "benchmark-model=/x", "=/x", "rm=/bin/rm"])
def test_tools_that_are_none(text):
    with pytest.raises(UsageError):
        parse_tool(text)


def test_an_affinity_that_is_none(tflite_bundle):
    for words in (["--affinity", "0-3", "--tool", "benchmark_model=/x"], ["--affinity", "f0"]):
        result = CliRunner().invoke(cli, ["profile", str(tflite_bundle), *words], standalone_mode=False)
        assert isinstance(result.exception, UsageError)


def test_a_bare_file(program, tmp_path):
    path = tiny_onnx(tmp_path / "any.onnx")
    (taken,) = profile_tool(path, "onnxruntime_perf_test", str(program(PERF_TEST)), QUICK)
    assert (taken.length, taken.content_hash) == (128, None)
    assert shutil.which("sha256sum") is None or taken.tool_sha256
