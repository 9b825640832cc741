"""A full or read-only disk, for real: one line, exit code 2, nothing left behind; what was there stays as it was."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
from cli_process import siblings, start
from tiny_bundle import rewrite
from tiny_recipe import write_data, write_recipe

SCRATCH = "layers=1,hidden=16,heads=2,ffn=32,vocabulary=200,max_length=16"


def holds(folder):
    return {str(path.relative_to(folder)): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


# there is room for a file of rows and not for the weights, or for the weights and not for the state of the optimizer
@pytest.mark.parametrize(("hidden", "file_bytes"), [pytest.param(64, 100_000, marks=pytest.mark.slow), (16, 40_000)])
def test_training_that_cannot_be_saved(tmp_path, hidden, file_bytes):
    data, place = write_data(tmp_path / "data"), tmp_path / "place"
    shape = SCRATCH.replace("hidden=16", f"hidden={hidden}")
    words = ("finetune", "--quiet", "--scratch", shape, "--data", data, "--epochs", "1", "-o", place / "teacher")
    code, message = start(*words, log=tmp_path / "log", file_bytes=file_bytes).wait()
    assert code == 2, message
    assert len(message.strip().splitlines()) == 1
    assert f"{place / 'teacher'} cannot be written: " in message
    assert list(place.iterdir()) == []


def test_rows_that_cannot_be_put_aside(tmp_path):
    data = write_data(tmp_path / "data")
    words = ("finetune", "--scratch", SCRATCH, "--data", data, "-o", tmp_path / "teacher")
    code, message = start(*words, log=tmp_path / "log", file_bytes=2_000).wait()
    assert code == 2, message
    assert message.startswith("error: temporary files cannot be written: File too large\n  free some space")
    assert not (tmp_path / "teacher").exists()


def test_outputs_that_cannot_be_written(tiny_checkpoint, onnx_bundle, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    for words in (
        ("export", tiny_checkpoint, "--target", "rpi4", "--format", "onnx", "-o", place / "out"),
        ("quantize", tiny_checkpoint, "-o", place / "out"),
    ):
        code, message = start(*words, log=tmp_path / "log", file_bytes=20_000).wait()
        assert code == 2, message
        assert len(message.strip().splitlines()) == 1
        assert "cannot be written: File too large" in message
        assert list(place.iterdir()) == []


def test_a_manifest_that_cannot_be_written_stays_as_it_was(finished_run, tmp_path):
    recipe, whole, _ = finished_run
    bundle = shutil.copytree(whole / "bundles" / "onnx", tmp_path / "bundle")
    # longer than what the rows take
    rewrite(bundle, notes=["long " * 50_000])
    before = holds(bundle)
    words = ("evaluate", bundle, "--data", recipe.parent / "data")
    code, message = start(*words, log=tmp_path / "log", file_bytes=200_000).wait()
    assert code == 2, message
    assert "manifest.json cannot be written: File too large" in message
    assert holds(bundle) == before
    assert siblings(tmp_path) == []


def test_a_run_goes_on_when_there_is_room_again(finished_run, tmp_path, device_home):
    recipe, whole, _ = finished_run
    run = tmp_path / "run"
    words = ("run", recipe, "-o", run, "--set", "stages.profile=null", "--set", "budgets=[]")
    # room for the student's training checkpoints, which is half a teacher, and not for the teacher's
    code, message = start(*words, log=tmp_path / "log", file_bytes=150_000).wait()
    assert code == 2, message
    assert "cannot be written" in message
    assert siblings(run) == []
    assert start(*words, log=tmp_path / "log").wait()[0] == 0
    assert (run / "quantized" / "model.safetensors").read_bytes() == (
        whole / "quantized" / "model.safetensors"
    ).read_bytes()


# in name spaces of its own, where even a user who is nobody may mount a small disk
IN_A_ROOM = """
import json, os, subprocess, sys
from pathlib import Path

disk, kind, calls = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
if kind == "full":
    kept = {path: path.read_bytes() for path in disk.rglob("*") if path.is_file()}
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
    for path, content in kept.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    with (disk / "film.mkv").open("wb", buffering=0) as film:
        try:
            while film.write(bytes(4096)):
                pass
        except OSError:
            pass
else:
    subprocess.run(["mount", "--bind", disk, disk], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", disk, disk], check=True)
before = sorted(map(str, disk.rglob("*")))
for words in calls:
    ended = subprocess.run([sys.executable, "-m", "edgekit", *words], capture_output=True, text=True)
    left = sorted(set(map(str, disk.rglob("*"))) - set(before))
    print(json.dumps({"words": words, "code": ended.returncode, "message": ended.stderr, "left": left}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_every_command_on_a_disk_that_takes_nothing(kind, finished_run, tiny_checkpoint, tmp_path, device_home):
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("this user may not make name spaces, so no small disk can be mounted")
    disk = tmp_path / "disk"
    bundle = shutil.copytree(finished_run[1] / "bundles" / "onnx", disk / "bundle")
    recipe, data = write_recipe(tmp_path), tmp_path / "data"
    calls = [
        ["export", tiny_checkpoint, "--target", "rpi4", "--format", "onnx", "-o", disk / "out"],
        ["quantize", tiny_checkpoint, "-o", disk / "out"],
        ["finetune", "--scratch", SCRATCH, "--data", data, "--epochs", "1", "-o", disk / "out"],
        ["evaluate", bundle, "--data", data],
        ["profile", bundle, "--min-seconds", "0", "--min-runs", "1"],
        ["run", recipe, "-o", disk / "run"],
    ]
    script = ["unshare", "-rm", sys.executable, "-c", IN_A_ROOM, disk, kind, json.dumps(calls, default=str)]
    ended = subprocess.run([*map(str, script)], capture_output=True, text=True, check=True)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(found) == len(calls)
    reason = "No space left on device" if kind == "full" else "Read-only file system"
    for call in found:
        assert call["code"] == 2, call
        assert len([line for line in call["message"].splitlines() if not line.startswith("  ")]) == 1, call
        assert reason in call["message"] or "the disk is full" in call["message"], call
        # the folder of a run, with its lock, is where the next call goes on
        assert not [path for path in call["left"] if not path.startswith(str(disk / "run"))], call
