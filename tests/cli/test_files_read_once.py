"""A command reads the manifest of a bundle and each of its measurements once, however many of its parts need them."""

import json
import subprocess
import sys

import pytest
from gate_command import bundle
from tiny_bundle import TEXTS

from edgekit.bundle.bundle_folder import BundleFolder

__all__ = ["bundle"]

# counts what is opened to be read, in this process; an agent is another one
COUNTING = """
import collections, json, os, sys

folder, found, *words = sys.argv[1:]
opened = collections.Counter()

def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, os.PathLike)) and "w" not in (arguments[1] or ""):
        path = os.path.abspath(arguments[0])
        if path.startswith(folder) and path.endswith(".json"):
            opened[os.path.relpath(path, folder)] += 1

sys.addaudithook(hook)
from edgekit.cli import main

try:
    main(words)
finally:
    with open(found, "w") as file:
        json.dump(opened, file)
"""


@pytest.fixture
def opened(tmp_path):
    """How often a command opens each JSON file of a bundle, by its name there, and the command's exit code."""

    def count(folder, *words):
        found = tmp_path / "opened.json"
        command = [sys.executable, "-c", COUNTING, str(folder), str(found), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        times = json.loads(found.read_text())
        kept = {name: count for name, count in times.items() if name.startswith(("manifest.json", "measurements/"))}
        assert kept, done.stderr
        return done.returncode, kept

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


def test_gate_on_a_device(onnx_bundle, opened):
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
    """A package holds the manifest as it is: copying it opens it once more for each platform."""
    code, times = opened(bundle, "package", str(bundle), "--platform", "ios", "--platform", "web", "-o", "packages")
    assert code == 0
    assert times.pop("manifest.json") == 1 + 2
    assert set(times.values()) == {1}
