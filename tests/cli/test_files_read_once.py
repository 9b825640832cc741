"""A command reads the manifest of a bundle and each of its measurements once, however many of its parts need them."""

import collections
import json
import os
import sys
from pathlib import Path

import pytest
from command_line import edgekit
from gate_command import bundle
from tiny_bundle import TEXTS

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.flows.gate import gate_devices
from edgekit.options.profile_options import ProfileOptions

__all__ = ["bundle"]


class Counting:
    """Counts what is opened below a folder to be read, in this process; an agent is another one."""

    def __init__(self):
        self.folder = None
        self.times = collections.Counter()
        sys.addaudithook(self.seen)

    def seen(self, event, arguments):
        if event != "open" or self.folder is None or not isinstance(arguments[0], (str, os.PathLike)):
            return
        path = Path(os.fsdecode(arguments[0])).absolute()
        if path.is_relative_to(self.folder) and path.suffix == ".json" and "w" not in (arguments[1] or ""):
            self.times[str(path.relative_to(self.folder))] += 1


@pytest.fixture(scope="module")
def counting():
    # a hook stays for as long as its process
    return Counting()


@pytest.fixture
def opened(counting, tmp_path, monkeypatch):
    """How often a command opens each JSON file of a bundle, by its name there, and the command's exit code."""
    monkeypatch.chdir(tmp_path)

    def count(folder, *words):
        counting.times.clear()
        counting.folder = folder
        try:
            code, _, err = edgekit(*words)
        finally:
            counting.folder = None
        kept = {name: n for name, n in counting.times.items() if name.startswith(("manifest.json", "measurements/"))}
        assert kept, err
        return code, kept

    return count


def records_of(folder):
    return {f"measurements/{path.name}" for path in (folder / "measurements").glob("*.json")}


def test_gate(bundle, opened):
    code, times = opened(
        bundle, "gate", str(bundle), "-b", "size_mb=50", "-b", "latency_p95_ms=90", "--target", "x86-64"
    )
    assert code in (0, 1, 3)
    measured = set(times) - {"manifest.json"}
    assert measured and measured <= records_of(bundle)
    assert set(times.values()) == {1}
    # and once the golden cases are known to be reproduced
    code, times = opened(bundle, "gate", str(bundle), "-b", "size_mb=50")
    assert code == 0
    assert times == dict.fromkeys({"manifest.json", *records_of(bundle)}, 1)


def test_gate_on_a_device(onnx_bundle, opened, monkeypatch):
    quick = {"min_seconds": 0, "min_runs": 3, "warmup": 1, "processes": 1}
    monkeypatch.setattr(gate_devices, "ProfileOptions", lambda **given: ProfileOptions(**quick | given))
    budgets = ("-b", "latency_p95_ms=90,length=16", "-b", "latency_p95_ms=90,length=32")
    _, times = opened(onnx_bundle, "gate", str(onnx_bundle), *budgets, "--device", "local:")
    assert times["manifest.json"] == 1
    assert set(times.values()) == {1}


def test_profile(onnx_bundle, opened):
    words = ("--length", "8,16", "--min-runs", "20", "--min-seconds", "0.1", "--processes", "2")
    code, times = opened(onnx_bundle, "profile", str(onnx_bundle), *words)
    assert code == 0
    assert len(records_of(onnx_bundle)) == 3
    assert times == {"manifest.json": 1}


def test_profile_of_a_decoder(decoder_bundles, opened, tmp_path):
    import shutil

    folder = shutil.copytree(next(iter(decoder_bundles.values())), tmp_path / "decoder")
    words = ("--length", "8", "--min-runs", "20", "--min-seconds", "0.1", "--processes", "1")
    code, times = opened(folder, "profile", str(folder), *words)
    assert code == 0
    assert times == {"manifest.json": 1}


def test_inspect(bundle, opened):
    assert opened(bundle, "inspect", str(bundle)) == (0, {"manifest.json": 1})


def test_evaluate(onnx_bundle, opened, tmp_path):
    rows = [{"text": text, "label": "door"} for text, _ in TEXTS]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("evaluate", str(onnx_bundle), "--test", "rows.jsonl")
    for more in ((), ("--device", "local:"), ("--no-record",)):
        code, times = opened(onnx_bundle, *words, *more)
        assert (code, times) == (0, {"manifest.json": 1}), more
    assert BundleFolder(onnx_bundle).manifest.accuracy


def test_package(bundle, opened):
    """Platforms are written from one copy of it, which holds no rows of the data."""
    code, times = opened(bundle, "package", str(bundle), "--platform", "ios", "--platform", "web", "-o", "packages")
    assert code == 0
    assert set(times.values()) == {1}
