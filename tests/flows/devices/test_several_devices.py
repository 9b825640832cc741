"""profile, evaluate and gate on several devices at once: this machine, and this machine behind an SSH server."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from process_table import process_folders
from tiny_bundle import LABELS, TEXTS

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.cli import main
from edgekit.flows.gate import gate_devices
from edgekit.flows.profile.profile import profile
from edgekit.flows.run.command_lines import command_line
from edgekit.options.profile_options import ProfileOptions

QUICK = ("--min-seconds", "0", "--min-runs", "3", "--warmup", "1", "--processes", "1")


@pytest.fixture
def devices(device_home, ssh_server, monkeypatch, tmp_path, capsys):
    """`pi` behind the server, and `here`."""
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    for name, url in (("pi", ssh_server.url), ("here", "local:")):
        edgekit(capsys, "devices", "add", name, url, "--target", "x86-64", "--python", sys.executable)
    return ssh_server


@pytest.fixture
def hasty_gate(monkeypatch):
    """A gate that measures for a moment, where what counts is not how fast something is."""
    quick = {"min_seconds": 0, "min_runs": 3, "warmup": 1, "processes": 1}
    monkeypatch.setattr(gate_devices, "ProfileOptions", lambda **given: ProfileOptions(**quick | given))


def edgekit(capsys, *words: str) -> tuple[int, str, str]:
    """The whole command line in this process: exit code, standard output and error."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    printed = capsys.readouterr()
    return int(stop.value.code or 0), printed.out, printed.err


def test_several_are_measured_at_once_each_under_its_name(devices, onnx_bundle, capsys):
    words = ("profile", onnx_bundle, "--device", "pi", "--device", "here", "--length", "8", *QUICK)
    code, out, err = edgekit(capsys, *words, "--json")
    assert code == 0, err
    found = json.loads(out)["devices"]
    assert list(found) == ["pi", "here"]
    assert [each["measurements"][0]["length"] for each in found.values()] == [8, 8]
    code, out, _ = edgekit(capsys, "profile", onnx_bundle, "--device", "all", *QUICK)
    assert code == 0
    assert out.index("\npi\n") < out.index("\nhere\n")


def test_one_that_fails_loses_nothing_of_the_others(devices, onnx_bundle, capsys):
    edgekit(capsys, "devices", "add", "gone", "ssh://nobody@127.0.0.1:1")
    code, out, err = edgekit(capsys, "profile", onnx_bundle, "--device", "all", *QUICK, "--json")
    assert code == 4
    assert list(json.loads(out)["devices"]) == ["pi", "here"]
    assert "1 of 3 devices failed: gone: " in err
    assert BundleFolder(onnx_bundle).records.latency, "what was measured is kept"


def test_one_name_alone_is_as_before(devices, onnx_bundle, capsys):
    code, out, err = edgekit(capsys, "profile", onnx_bundle, "--device", "pi", *QUICK, "--json")
    assert code == 0, err
    assert len(json.loads(out)["measurements"]) == 1
    assert err == "", "a device of its target is not warned of"


def test_a_device_that_is_not_what_its_name_says_is_told_of(devices, onnx_bundle, capsys):
    edgekit(capsys, "devices", "add", "pi", devices.url, "--force", "--target", "rpi4", "--python", sys.executable)
    code, _, err = edgekit(capsys, "profile", onnx_bundle, "--device", "pi", *QUICK)
    assert code == 0
    assert "warning: pi is registered as rpi4, and is none: " in err


def test_accuracy_on_several(devices, onnx_bundle, capsys, tmp_path):
    rows = [("text", "label"), *((text, LABELS[number % 3]) for number, (text, _) in enumerate(TEXTS * 10))]
    data = tmp_path / "rows.tsv"
    data.write_text("".join(f"{text}\t{label}\n" for text, label in rows))
    words = ("evaluate", onnx_bundle, "--data", data, "--device", "pi", "--device", "here")
    code, out, err = edgekit(capsys, *words, "--json")
    assert code == 0, err
    found = json.loads(out)["devices"]
    assert found["pi"]["accuracy"] == found["here"]["accuracy"]
    assert found["pi"]["rows"] == 40
    assert Manifest.of(onnx_bundle).accuracy, "it is kept"
    code, out, _ = edgekit(capsys, *words)
    assert out.count("accuracy ") == 2
    code, _, err = edgekit(capsys, *words, "--changes", tmp_path / "x.csv", "--against", f"a={onnx_bundle}")
    assert (code, "name one --device" in err) == (2, True)


def test_the_gate_measures_anew_and_knows_the_devices_target(devices, onnx_bundle, capsys, hasty_gate):
    """The bundle was made for another target; what the device was added with is what a budget holds for."""
    assert Manifest.of(onnx_bundle).target != "x86-64"
    # other tests may keep this machine busy, which costs time and no memory
    budget = ("--budget", "peak_memory_mb=5000,length=8,threads=1", "--budget", "size_mb=100")
    code, out, _ = edgekit(capsys, "gate", onnx_bundle, *budget, "--json")
    assert code == 3, "nothing was measured yet"
    code, out, err = edgekit(capsys, "gate", onnx_bundle, *budget, "--device", "pi", "--device", "here", "--json")
    assert code == 0, (out, err)
    rows = json.loads(out)["verdicts"]
    assert [row["verdict"]["outcome"] for row in rows] == ["pass"] * 4
    assert rows[0]["conditions"].startswith("pi: x86-64, length 8")
    assert rows[2]["conditions"].startswith("here: x86-64, length 8")


def test_the_gate_measures_a_decoder_as_one(devices, decoder_bundles, capsys, tmp_path, hasty_gate):
    bundle = shutil.copytree(decoder_bundles["gpt2"], tmp_path / "gpt2")
    same = "length=16,threads=1"
    budgets = ("--budget", f"peak_memory_mb=5000,{same}", "--budget", f"first_token_ms=60000,{same}")
    code, out, err = edgekit(capsys, "gate", bundle, *budgets, "--device", "here", "--json")
    # other tests may keep this machine busy, which leaves a time undecided
    assert code in (0, 3), (out, err)
    memory, first_token = (row["verdict"] for row in json.loads(out)["verdicts"])
    assert memory["outcome"] == "pass"
    assert (first_token["outcome"], first_token["measured"] > 0) in [("pass", True), ("inconclusive", True)]
    assert len(BundleFolder(bundle).records.generation) == 1, "two budgets of one setting are measured once"


def test_the_gate_fails_on_the_worst_of_several(devices, onnx_bundle, capsys, hasty_gate):
    budget = ("--budget", "peak_memory_mb=0.001,length=8,threads=1")
    code, out, _ = edgekit(capsys, "gate", onnx_bundle, *budget, "--device", "here", "--json")
    assert (code, json.loads(out)["verdicts"][0]["verdict"]["outcome"]) == (1, "fail")
    edgekit(capsys, "devices", "add", "gone", "ssh://nobody@127.0.0.1:1")
    code, out, err = edgekit(capsys, "gate", onnx_bundle, *budget, "--device", "all", "--json")
    assert code == 4, "a device that fails outweighs a verdict"
    assert len(json.loads(out)["verdicts"]) == 2
    assert "gone" in err


def test_a_device_of_another_class_leaves_a_budget_unmeasured(devices, onnx_bundle, capsys, hasty_gate):
    edgekit(capsys, "devices", "add", "pi", devices.url, "--force", "--target", "rpi4", "--python", sys.executable)
    code, out, err = edgekit(
        capsys, "gate", onnx_bundle, "--budget", "latency_p95_ms=5000,length=8", "--device", "pi", "--json"
    )
    assert code == 3
    assert json.loads(out)["verdicts"][0]["verdict"]["outcome"] == "unmeasured"
    assert "registered as rpi4" in err


def test_without_budgets_the_targets_own_count(devices, onnx_bundle, capsys, hasty_gate):
    code, out, _ = edgekit(capsys, "gate", onnx_bundle, "--device", "here", "--json")
    found = {row["verdict"]["budget"]["metric"]: row["verdict"]["outcome"] for row in json.loads(out)["verdicts"]}
    assert set(found) == {"size_mb", "latency_p95_ms", "accuracy_drop"}
    assert (found["size_mb"], found["accuracy_drop"]) == ("pass", "unmeasured")
    code, _, err = edgekit(capsys, "gate", onnx_bundle, "--device", "local")
    assert (code, "has no target either" in err) == (2, True)


def test_an_interrupt_ends_what_runs_on_all_of_them(devices, onnx_bundle, tmp_path):
    """Ctrl-C, while one measures behind the link and one here: neither leaves a process, nor half a measurement."""
    long = ("--min-seconds", "300", "--max-runs", "1000000")
    words = ("profile", onnx_bundle, "--device", "pi", "--device", "here", *long)
    # agents are found by a mark in their environment
    mark = f"EDGEKIT_TEST_MARK={tmp_path}"
    devices.environment |= {"EDGEKIT_TEST_MARK": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "edgekit", *map(str, words)],
        env=os.environ | {"EDGEKIT_TEST_MARK": str(tmp_path)},
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not (both := len(agents(mark)) >= 2) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert both, process.poll()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 128 + signal.SIGINT
        deadline = time.monotonic() + 60
        while agents(mark) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert agents(mark) == []
    finally:
        process.kill()
        process.communicate()
    assert BundleFolder(onnx_bundle).records.latency == ()


def agents(mark: str) -> list[int]:
    """The agents that carry a mark in their environment, beside the one that only says hello or holds a lock."""
    found = []
    for entry in process_folders():
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().split(b"\0")
            if b"edgekit_agent" in command and mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def test_a_run_says_each_device_on_its_command_line():
    options = ProfileOptions(device=("pi", "a b"), threads=(1, 2))
    assert (
        command_line("profile", "x", options=options) == "edgekit profile x --device pi --device 'a b' --threads 1,2"
    )
    assert command_line("profile", "x", options=ProfileOptions()) == "edgekit profile x"


def test_a_python_call_gives_the_measurements_of_all(devices, onnx_bundle):
    options = ProfileOptions(device=("pi", "here"), min_seconds=0, min_runs=3, warmup=1, length=(8,), processes=1)
    assert [taken.length for taken in profile(onnx_bundle, options)] == [8, 8]
