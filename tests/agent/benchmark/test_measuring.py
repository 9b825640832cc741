"""Timing, lengths, operators, conditions: the parts of a measurement."""

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_bundle import TEXTS, tiny_onnx, write_tokenizer

import edgekit.agent
from edgekit.agent.benchmark.tasks import measure
from edgekit.agent.benchmark.timing import Stopping, sample, share_of, warm_up
from edgekit.agent.benchmark.workload import ProfileRequest
from edgekit.agent.capture_stderr import captured_output
from edgekit.agent.errors import BadInput
from edgekit.agent.inference.tokenizer import Tokenizer, texts_of_length
from edgekit.agent.machine import conditions as conditions_module
from edgekit.agent.machine.cpu import cpu_facts
from edgekit.schema.measurement import Conditions, Fingerprint, Measurement

QUICK = Stopping(min_seconds=0, min_runs=5, max_runs=100, warmup=2)
PI4 = """\
processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU part\t: 0xd08

processor\t: 1
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU part\t: 0xd08

Model\t\t: Raspberry Pi 4 Model B Rev 1.4
"""


def silent(stage, runs, seconds):
    pass


def test_parts_and_total_add_up():
    readings = iter([(0, 1_000_000, 5_000_000, 5_500_000), (10, 2_000_010, 3_000_010, 4_000_010)] * 10)
    stopping = Stopping(min_seconds=0, min_runs=2, max_runs=2, warmup=0)
    samples = sample(lambda run: next(readings), ("tokenize", "infer", "postprocess"), stopping, silent)
    assert samples == {"tokenize": [1, 2], "infer": [4, 1], "postprocess": [0.5, 1], "total": [5.5, 4]}


def test_minimum_time_and_runs_both_hold_and_the_maximum_wins():
    def step(run):
        return (0, 1)

    runs = []
    for min_seconds, min_runs, max_runs in ((0, 7, 100), (0.05, 1, 10_000_000), (3600, 1, 9)):
        stopping = Stopping(min_seconds, min_runs, max_runs, warmup=0)
        runs.append(len(sample(step, ("infer",), stopping, silent)["infer"]))
    assert runs[0] == 7
    assert runs[1] > 100
    assert runs[2] == 9


@given(
    processes=st.integers(1, 10),
    min_seconds=st.floats(0, 3600),
    fewest=st.integers(1, 1000),
    more=st.integers(0, 1000),
)
def test_processes_share_what_is_measured(processes, min_seconds, fewest, more):
    whole = Stopping(min_seconds, fewest, fewest + more, warmup=3)
    shares = [share_of(whole, process, processes) for process in range(processes)]
    assert sum(share.min_seconds for share in shares) == pytest.approx(min_seconds)
    assert all(1 <= share.min_runs <= share.max_runs and share.warmup == 3 for share in shares)
    if processes <= fewest:
        assert sum(share.min_runs for share in shares) == whole.min_runs
        assert sum(share.max_runs for share in shares) == whole.max_runs


def test_warm_up_waits_until_times_are_steady():
    falling = [100_000 - 5_000 * run for run in range(15)]
    stopping = Stopping(0, 1, 1, warmup=None)
    runs = warm_up(lambda run: (0, falling[run] if run < 15 else 30_000), stopping, silent)
    assert 20 <= runs <= 30
    assert warm_up(lambda run: (0, 1), Stopping(0, 1, 1, warmup=3), silent) == 3


@pytest.mark.parametrize("length", [3, 8, 31, 512])
def test_texts_of_exactly_a_length(tmp_path, length):
    path = tmp_path / "tokenizer.json"
    write_tokenizer(path)
    texts = texts_of_length(path, [text for text, _ in TEXTS], length)
    assert len(texts) == len(TEXTS)
    long = Tokenizer(path, 10_000)
    for text in texts:
        assert len(Tokenizer(path, length).encode(text).ids) == length
        # cut close: tokenizing it costs what a text of that length costs
        assert len(long.encode(text).ids) <= length + 2


def test_lengths_that_no_text_can_have(tmp_path):
    path = tmp_path / "tokenizer.json"
    write_tokenizer(path)
    with pytest.raises(BadInput, match="no room beside 2 special tokens"):
        Tokenizer(path, 2)
    with pytest.raises(BadInput, match="no text of 8 tokens"):
        texts_of_length(path, [" "], 8)
    with pytest.raises(BadInput, match="no texts"):
        texts_of_length(path, [], 8)


def test_a_measurement_is_what_the_host_expects(bundle):
    taken = Measurement.model_validate(measure(ProfileRequest(bundle, 1, QUICK), silent))
    assert set(taken.samples_ms) == {"tokenize", "infer", "postprocess", "total"}
    assert {len(samples) for samples in taken.samples_ms.values()} == {5}
    assert taken.length == "data"
    assert taken.warmup_runs == 2
    assert taken.content_hash is not None
    (process,) = taken.processes
    assert process.samples == {"infer": 5}
    assert 0 < sum(taken.samples_ms["total"]) <= process.seconds * 1e3
    assert process.peak_rss_mb == taken.peak_rss_mb
    assert taken.cold_load_ms > 0
    assert taken.first_inference_ms > 0
    assert 10 < taken.peak_rss_mb < 100_000


def test_a_length_counts_the_padding_of_the_file(tflite_bundle):
    assert measure(ProfileRequest(tflite_bundle, 1, QUICK, length=9), silent)["length"] == 16
    with pytest.raises(BadInput, match="length 17 is over the model's 16"):
        measure(ProfileRequest(tflite_bundle, 1, QUICK, length=17), silent)


def test_bare_file(tmp_path):
    path = tiny_onnx(tmp_path / "m.onnx")
    taken = Measurement.model_validate(measure(ProfileRequest(path, 2, QUICK), silent))
    assert set(taken.samples_ms) == {"infer"}
    assert (taken.length, taken.threads, taken.content_hash) == (128, 2, None)
    with pytest.raises(BadInput, match="brings no tokenizer"):
        measure(ProfileRequest(path, 1, QUICK, texts=(("a", None),)), silent)


def test_operators_of_one_inference(onnx_bundle):
    taken = measure(ProfileRequest(onnx_bundle, 1, QUICK, length=16, per_op=True), silent)
    calls = {entry["operator"]: entry["calls"] for entry in taken["operators"]}
    assert calls["Gather"] == 1
    assert calls["ReduceSum"] == 1
    assert sum(entry["share"] for entry in taken["operators"]) == pytest.approx(100)
    costs = [entry["ms"] for entry in taken["operators"]]
    assert costs == sorted(costs, reverse=True)


def test_operators_of_tflite_cannot_be_had(tflite_bundle):
    with pytest.raises(BadInput, match="cannot be had from ai-edge-litert"):
        measure(ProfileRequest(tflite_bundle, 1, QUICK, per_op=True), silent)


def test_fingerprint_and_conditions_fit_their_types():
    Fingerprint.model_validate(conditions_module.fingerprint())
    Conditions.model_validate(conditions_module.conditions())


def test_arm_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    path = tmp_path / "cpuinfo"
    path.write_text(PI4)
    facts = cpu_facts(path)
    assert facts["cpu_parts"] == ["0x41/0xd08"]
    assert facts["cpu_model"] == "Cortex-A72"
    assert facts["features"] == ["asimd"]
    assert facts["emulated"] is False
    monkeypatch.setenv("QEMU_CPU", "cortex-a72")
    assert cpu_facts(path)["emulated"] is True


def test_32_bit_process_on_a_64_bit_kernel(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr("struct.calcsize", lambda format: 4)
    assert cpu_facts(tmp_path / "none")["arch"] == "armv7l"


def test_android_says_so_though_its_kernel_is_linux(monkeypatch):
    monkeypatch.setattr("sys.getandroidapilevel", lambda: 31, raising=False)
    assert conditions_module.fingerprint()["os"] == "Android, API level 31"


def test_the_processor_of_an_emulators_host_matches_no_arm_target(tmp_path, monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nflags\t\t: avx2\n")
    facts = cpu_facts(path)
    assert facts["cpu_parts"] == []
    assert facts["emulated"] is True


@pytest.mark.parametrize(
    ("bits", "before", "throttled", "under_voltage"),
    [
        (None, None, None, None),
        (0x0, 0x0, False, False),
        (0x50005, 0x0, True, True),
        # set since boot, and before this measurement: no news
        (0x50000, 0x50000, False, False),
        (0x50000, 0x0, True, True),
        (0x20000, 0x0, True, False),
    ],
)
def test_throttling_bits(monkeypatch, bits, before, throttled, under_voltage):
    monkeypatch.setattr(conditions_module, "throttle_bits", lambda: bits)
    state = conditions_module.conditions(before)
    assert (state["throttled"], state["under_voltage"]) == (throttled, under_voltage)


def test_vcgencmd_is_read(tmp_path, monkeypatch):
    program = tmp_path / "vcgencmd"
    program.write_text("#!/bin/sh\necho throttled=0x50005\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert conditions_module.throttle_bits() == 0x50005
    program.write_text("#!/bin/sh\necho VCHI initialization failed\nexit 255\n")
    assert conditions_module.throttle_bits() is None


GIVES_BACK = """
from edgekit.agent.machine.memory import peak_rss_mb
before = peak_rss_mb()
ballast = bytearray(b"x") * 60_000_000
del ballast
print(peak_rss_mb() - before)
"""


def test_peak_memory_sees_what_was_given_back():
    # in a process of its own: this one may have held more before than it does now
    output = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    assert 55 < float(output.stdout) < 80


# keyword arguments that Python 3.9 does not know; the grammar alone does not find them
NEWER_KEYWORDS = {"zip": {"strict"}, "dataclass": {"slots", "kw_only"}, "bisect": {"key"}, "write_text": {"newline"}}
NEWER_NAMES = {"pairwise", "batched", "bit_count", "file_digest", "anext", "aiter", "TypeAlias", "ParamSpec", "Self"}


def test_the_agent_reads_as_python_3_9():
    for path in Path(edgekit.agent.__path__[0]).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 9))
        assert not list(newer_than_3_9(tree)), path.name


def newer_than_3_9(tree):
    for node in ast.walk(tree):
        name = getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "name", None)
        if name in NEWER_NAMES:
            yield name
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            yield from NEWER_KEYWORDS.get(called, set()) & {keyword.arg for keyword in node.keywords}


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def test_captured_output_is_given_back_even_after_a_failure():
    before = [os.fstat(descriptor) for descriptor in (1, 2)]
    opened = descriptors()
    with pytest.raises(ZeroDivisionError), captured_output() as log:
        os.write(2, b"chatter")
        assert log() == "chatter"
        1 / 0  # noqa: B018
    after = [os.fstat(descriptor) for descriptor in (1, 2)]
    assert [(each.st_dev, each.st_ino) for each in after] == [(each.st_dev, each.st_ino) for each in before]
    assert descriptors() == opened


def test_captured_output_keeps_no_descriptor_without_room_for_its_file(monkeypatch):
    def full():
        raise OSError("no space left")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    opened = descriptors()
    with pytest.raises(OSError, match="no space"), captured_output():
        pass
    assert descriptors() == opened
