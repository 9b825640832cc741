"""Counted instructions: the way there and back on a counter that stands still, refusals, and budgets on them."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.records import write_record
from edgekit.cli import cli
from edgekit.errors import DeviceError, UsageError
from edgekit.flows.profile.instructions import COUNTER, count_instructions
from edgekit.measure.performance.instructions import millions
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.measurement import Conditions, Count, Fingerprint, InstructionCounts

# as `scripts/emulated-pi` has it, but for the counting: it is the agent's own time in ns that is read
_COUNTER = f"""#!/bin/sh
[ "$1" = -m ] || exec {sys.executable} "$@"
EDGEKIT_COUNTS_FD=0 exec {sys.executable} "$(dirname "$0")/counting.py" "$@"
"""
_COUNTING = """
import os, runpy, sys, time
real = os.pread
def pread(descriptor, size, offset):
    return b"%d 60 5" % time.perf_counter_ns() if offset == 4096 else real(descriptor, size, offset)
os.pread = pread
sys.argv = sys.argv[2:]
sys.path[0] = os.getcwd()
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def counter(tmp_path, monkeypatch, device_home) -> Path:
    program = tmp_path / "bin" / COUNTER
    program.parent.mkdir()
    program.write_text(_COUNTER)
    (program.parent / "counting.py").write_text(_COUNTING)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program


def profile(*words: str):
    return CliRunner().invoke(cli, ["profile", *words], standalone_mode=False)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the counter of this test needs /proc")
@pytest.mark.parametrize("bundle", ["onnx", pytest.param("tflite", marks=pytest.mark.slow)], indirect=True)
def test_counts_are_kept_beside_other_measurements(bundle, counter):
    done = profile(str(bundle), "--instructions", "--length", "16", "--json")
    assert done.exit_code == 0, done.exception
    (shown,) = json.loads(done.stdout)["instructions"]
    assert shown["kind"] == "instructions"
    assert (shown["length"], shown["threads"]) == (16, 1)
    assert len(shown["counts"]["infer"]) == 4
    assert all(run["total"] > 0 and run["dot_product"] == run["fma"] == 0 for run in shown["counts"]["infer"])
    records = BundleFolder(bundle).records
    assert [record.dump() for record in records.instructions] == [shown]
    assert records.latency == ()
    # counted again, under the same conditions: it takes the place of the first
    profile(str(bundle), "--instructions", "--length", "16")
    assert len(BundleFolder(bundle).records.instructions) == 1
    count_instructions(bundle, ProfileOptions(device=("local",)))
    assert {taken.length for taken in BundleFolder(bundle).records.instructions} == {16, "data"}


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the counter of this test needs /proc")
def test_a_table_says_what_was_counted(onnx_bundle, counter):
    done = profile(str(onnx_bundle), "--instructions", "--length", "16")
    assert "M instructions" in done.stdout
    assert "no time" in done.stdout


def test_a_device_that_cannot_count_says_so(onnx_bundle, device_home):
    with pytest.raises(DeviceError, match="does not count instructions") as found:
        count_instructions(onnx_bundle)
    assert "edgekit devices emulate rpi4" in str(found.value.advice)
    assert not BundleFolder(onnx_bundle).records.instructions


@pytest.mark.parametrize("options", [["--threads", "2"], ["--sustained", "60s"], ["--per-op"], ["--energy"]])
def test_what_says_nothing_of_a_count_is_refused(onnx_bundle, device_home, options):
    done = profile(str(onnx_bundle), "--instructions", *options)
    assert isinstance(done.exception, UsageError)
    assert options[0] in done.exception.advice


def counts(bundle: Path, total: int, *, length: int | str = 32, part="0xd08", day: int = 1, sha256="") -> None:
    """Keep counts in a bundle, as of a Raspberry Pi 4."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    fingerprint = Fingerprint(
        device="Raspberry Pi 4 Model B Rev 1.4",
        arch="aarch64",
        cpu_model="Cortex-A72",
        cpu_parts=(f"0x41/{part}",),
        cores=4,
        os="Debian GNU/Linux 12 (bookworm)",
        libc="glibc 2.36",
        python="3.11.2",
        emulated=True,
    )
    inferences = tuple(Count(total=total + noise, dot_product=0, fma=10) for noise in (-1000, 1000))
    taken = InstructionCounts(
        fingerprint=fingerprint,
        before=Conditions(),
        after=Conditions(),
        agent_version="1",
        taken_at=f"2026-01-{day:02}T00:00:00+00:00",
        runtime="onnxruntime",
        runtime_version="1.31.1",
        content_hash=manifest["content_hash"],
        model_sha256=sha256 or manifest["files"][manifest["model_file"]]["sha256"],
        threads=1,
        length=length,
        counts={"infer": inferences},
    )
    write_record(bundle, taken, {"length": length, "day": day})


def outcome(bundle: Path, budget: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["gate", str(bundle), "--budget", budget, "--json"], standalone_mode=False)
    report = json.loads(done.stdout)
    return report["exit_code"], report["verdicts"][0]["verdict"]["outcome"]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ("instructions_m=221,target=rpi4", (0, "pass")),
        ("instructions_m=220.9,target=rpi4", (1, "fail")),
        ("instructions_m=221,target=rpi4,length=32", (0, "pass")),
        ("instructions_m=221,target=rpi4,length=64", (3, "unmeasured")),
        ("instructions_m=221,target=rpi5", (3, "unmeasured")),
        # never a time
        ("latency_p95_ms=100000,target=rpi4", (3, "unmeasured")),
        ("peak_memory_mb=100000,target=rpi4", (3, "unmeasured")),
    ],
)
def test_a_budget_is_held_against_exact_counts(onnx_bundle, budget, expected):
    counts(onnx_bundle, 221_000_000)
    assert outcome(onnx_bundle, budget) == expected


def test_threads_are_no_condition_of_a_count(onnx_bundle):
    budget = ["--budget", "instructions_m=221,target=rpi4,threads=2"]
    done = CliRunner().invoke(cli, ["gate", str(onnx_bundle), *budget], standalone_mode=False)
    assert isinstance(done.exception, UsageError)


def test_the_newest_count_of_each_length_and_the_worst_length_decide(onnx_bundle):
    counts(onnx_bundle, 900_000_000, day=1)
    counts(onnx_bundle, 200_000_000, day=2)
    assert outcome(onnx_bundle, "instructions_m=200,target=rpi4") == (0, "pass")
    counts(onnx_bundle, 300_000_000, day=1, length=16)
    assert outcome(onnx_bundle, "instructions_m=250,target=rpi4") == (1, "fail")


def test_counts_of_another_file_do_not_count(onnx_bundle):
    counts(onnx_bundle, 1_000_000, sha256="0" * 64)
    assert outcome(onnx_bundle, "instructions_m=250,target=rpi4") == (3, "unmeasured")


@given(st.lists(st.tuples(st.integers(1, 10**12), *[st.integers(0, 10**12)] * 2), min_size=1, max_size=20))
def test_millions_are_means(rows):
    figure = millions(tuple(Count(total=a, dot_product=b, fma=c) for a, b, c in rows))
    for column, value in enumerate((figure.total, figure.dot_product, figure.fma)):
        assert value == pytest.approx(sum(row[column] for row in rows) / len(rows) / 1e6)
    assert figure.spread >= 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the counter of this test needs /proc")
def test_a_gate_on_a_device_counts_what_its_budgets_need(onnx_bundle, counter, monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    budgets = ["--budget", "instructions_m=100,target=x86-64,length=16", "--budget", "size_mb=100"]
    done = CliRunner().invoke(
        cli, ["gate", str(onnx_bundle), "--device", "local", *budgets, "--json"], standalone_mode=False
    )
    verdicts = json.loads(done.stdout)["verdicts"]
    assert verdicts[0]["verdict"]["measured"] > 0
    records = BundleFolder(onnx_bundle).records
    assert [taken.length for taken in records.instructions] == [16]
    assert records.latency == (), "nothing else was asked for"


def test_a_gate_on_a_device_that_cannot_count_ends_as_a_failed_device(onnx_bundle, device_home, monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    budget = ["--budget", "instructions_m=1,target=x86-64"]
    done = CliRunner().invoke(cli, ["gate", str(onnx_bundle), "--device", "local", *budget], standalone_mode=False)
    assert isinstance(done.exception, DeviceError)
    assert done.exception.exit_code == 4
