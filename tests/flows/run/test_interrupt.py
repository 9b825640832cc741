"""Ctrl-C and SIGTERM at any moment: one line, the shell's exit code, nothing half-written, nobody left behind."""

from __future__ import annotations

import shutil
import signal
import time

import pytest
from cli_process import processes_in, siblings, start
from tiny_recipe import write_data

SCRATCH = "layers=1,hidden=16,heads=2,ffn=32,vocabulary=200,max_length=16"
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
# seconds after the start, from the first module read to the last file written; what one signal meets, the other does
DELAYS = {signal.SIGINT: (0.05, 0.3, 1.0), signal.SIGTERM: (0.15, 0.6, 1.5)}


def interrupted(started, number, delay):
    """Send the signal after a while; whether it came in time."""
    time.sleep(delay)
    started.send(number)
    code, message = started.wait()
    assert "Traceback" not in message, message
    assert "Exception ignored" not in message, message
    if code in (0, -number):
        # it had ended already, or was just about to: nobody was there to say anything
        return False
    assert code == CODES[number], message
    assert [line for line in message.splitlines() if line] == ["interrupted; call again to go on"]
    return True


def nobody_left(folder):
    """Whether every process that worked below `folder` is gone, a moment granted."""
    deadline = time.monotonic() + 30
    while processes_in(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes_in(folder)


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_export_is_whole_or_not_there(tiny_checkpoint, tmp_path, number):
    times = 0
    for delay in DELAYS[number]:
        out = tmp_path / "out"
        words = ("export", tiny_checkpoint, "--target", "rpi4", "--format", "onnx", "-o", out)
        times += interrupted(start(*words, log=tmp_path / "log"), number, delay)
        assert siblings(tmp_path) == []
        if out.exists():
            assert {"manifest.json", "golden.jsonl", "README.md"} <= {path.name for path in (out / "onnx").iterdir()}
            shutil.rmtree(out)
    assert times >= 1


@pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)
def test_profile_leaves_no_agent_and_a_bundle_that_can_be_read(onnx_bundle, tmp_path, device_home, number):
    from edgekit.bundle.bundle_folder import BundleFolder

    times = 0
    for delay in DELAYS[number]:
        words = ("profile", onnx_bundle, "--min-seconds", "1", "--length", "8,16")
        times += interrupted(start(*words, log=tmp_path / "log"), number, delay)
        assert nobody_left(device_home)
        assert siblings(tmp_path) == []
        assert BundleFolder(onnx_bundle).records is not None
    assert times >= 2


def test_a_second_impatient_signal_does_not_disturb_the_putting_away(tmp_path):
    data = write_data(tmp_path / "data")
    words = ("finetune", "--scratch", SCRATCH, "--data", data, "--epochs", "500", "-o", tmp_path / "teacher")
    started = start(*words, log=tmp_path / "log", save_seconds=0.0)
    wait_for(lambda: list(tmp_path.glob(".teacher.training-*/checkpoint-*/complete")))
    for _ in range(20):
        started.send(signal.SIGINT)
        time.sleep(0.005)
    code, message = started.wait()
    assert code in (130, -signal.SIGINT)
    assert "Traceback" not in message
    work = next(tmp_path.glob(".teacher.training-*"))
    assert all((folder / "complete").exists() for folder in work.glob("checkpoint-*"))
    assert siblings(tmp_path) == []


def wait_for(condition, seconds=300):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def test_an_interrupted_run_goes_on(finished_run, tmp_path, device_home):
    recipe, whole, _ = finished_run
    run = tmp_path / "run"
    started = start("run", recipe, "-o", run, log=tmp_path / "log", save_seconds=0.1)
    wait_for(lambda: list(run.glob(".student.training-*/checkpoint-*/complete")))
    inode = (run / "teacher").stat().st_ino
    started.send(signal.SIGINT)
    code, message = started.wait()
    assert code == 130
    assert message.splitlines()[-1] == "interrupted; call again to go on"
    assert "Traceback" not in message
    assert siblings(run) == []
    assert start("run", recipe, "-o", run, log=tmp_path / "log").wait()[0] == 0
    assert (run / "teacher").stat().st_ino == inode
    for stage in ("teacher", "student", "pruned"):
        weights = [(folder / stage / "model.safetensors").read_bytes() for folder in (run, whole)]
        assert weights[0] == weights[1], stage


def test_two_runs_on_one_folder(finished_run, tmp_path, device_home):
    import platform

    recipe, _, _ = finished_run
    run = tmp_path / "run"
    first = start("run", recipe, "-o", run, log=tmp_path / "first")
    wait_for(lambda: (run / ".lock").exists() and (run / ".lock").read_text())
    code, message = start("run", recipe, "-o", run, log=tmp_path / "second").wait()
    assert code == 2
    assert f"in use by process {first.process.pid} on {platform.node()} since 20" in message
    # a lock that a killed process left locks nobody out
    first.send(signal.SIGKILL)
    first.process.join()
    assert (run / ".lock").exists()
    third = start("run", recipe, "-o", run, log=tmp_path / "third")
    wait_for(lambda: str(third.process.pid) in (run / ".lock").read_text())
    third.send(signal.SIGTERM)
    assert third.wait()[0] == 143


def test_what_a_killed_export_left_is_removed_by_the_next(tiny_checkpoint, tmp_path):
    out = tmp_path / "out"
    words = ("export", tiny_checkpoint, "--target", "rpi4", "--format", "onnx", "-o", out)
    killed = start(*words, log=tmp_path / "log").kill_when(lambda: list(tmp_path.glob(".out.*.tmp/onnx/*")))
    assert killed
    assert len(siblings(tmp_path)) == 1
    assert start(*words, log=tmp_path / "log").wait()[0] == 0
    assert siblings(tmp_path) == []
