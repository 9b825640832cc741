"""Decoders with integer weights need onnxruntime 1.23: an older one on a device says so, and runs all else."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from edgekit.flows.export import export
from edgekit.options.export_options import ExportOptions

pytestmark = pytest.mark.slow
OLD = "1.22.1"


@pytest.fixture(scope="module")
def old_runtime(tmp_path_factory):
    """A folder with an onnxruntime of before, which Python finds first."""
    folder = tmp_path_factory.mktemp("onnxruntime")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    done = subprocess.run([*command, f"onnxruntime=={OLD}"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"onnxruntime {OLD} cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return folder


def golden(bundle, runtime):
    """What an agent that finds this runtime says of the golden cases."""
    asked = [{"id": 1, "do": "hello", "protocol": 1}, {"id": 2, "do": "golden", "path": str(bundle)}]
    done = subprocess.run(
        [sys.executable, "-m", "edgekit.agent"],
        input="".join(json.dumps(request) + "\n" for request in asked),
        env=os.environ | {"PYTHONPATH": str(runtime)},
        capture_output=True,
        text=True,
        check=True,
    )
    hello, answer = map(json.loads, done.stdout.splitlines())
    assert hello["result"]["runtimes"]["onnxruntime"] == OLD
    return answer


@pytest.mark.parametrize("scheme", ["int4-weight", "int8-dynamic", "int8-weight"])
def test_integers_are_refused_with_the_release_that_is_needed(decoder_checkpoints, old_runtime, tmp_path, scheme):
    options = ExportOptions(target="rpi5", format="onnx", scheme=scheme)
    answer = golden(export(decoder_checkpoints["gpt2"], tmp_path / "out", options)[0], old_runtime)
    assert answer["error"]["kind"] == "tool"
    assert answer["error"]["message"].startswith(f"onnxruntime {OLD} cannot load model.onnx")
    assert answer["error"]["advice"] == "decoders with integer weights need onnxruntime 1.23 or newer"


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_float_decoder_runs(decoder_bundles, old_runtime, kind):
    assert golden(decoder_bundles[kind], old_runtime)["result"]["cases"] > 3


@pytest.mark.parametrize("scheme", ["int4-weight", "int8-dynamic", "int8-weight"])
def test_a_classifier_runs(tiny_checkpoint, old_runtime, tmp_path, scheme):
    options = ExportOptions(target="rpi5", format="onnx", scheme=scheme)
    assert golden(export(tiny_checkpoint, tmp_path / "out", options)[0], old_runtime)["result"]["cases"] > 1
