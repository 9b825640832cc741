"""32-bit Raspberry Pi OS has tflite-runtime alone: what is written for it must be right there, not only in LiteRT."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from bundles import build, quantized

import edgekit
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.flows.export import export
from edgekit.options.export_options import ExportOptions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("litert_torch") is None, reason="TFLite export has no wheel for this host"),
]

# run by the other environment: stdlib, numpy and tflite_runtime only
RUNNER = """
import json, sys
import numpy as np
from tflite_runtime.interpreter import Interpreter
interpreter = Interpreter(sys.argv[1])
runners = {int(key[1:]): interpreter.get_signature_runner(key) for key in interpreter.get_signature_list()}
logits = []
for ids in json.load(sys.stdin):
    length = min(size for size in runners if size >= len(ids))
    padded = np.array([ids + [0] * (length - len(ids))], np.int32)
    mask = np.array([[1] * len(ids) + [0] * (length - len(ids))], np.int32)
    logits.append(runners[length](input_ids=padded, attention_mask=mask)["logits"][0].tolist())
print(json.dumps(logits))
"""
# likewise, with tokenizers and the agent: golden cases, then a text
WRITER = """
import json, pathlib, sys
from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.decoder_golden import read_decoder_golden, run_decoder_golden
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
folder = pathlib.Path(sys.argv[1])
generator = open_generator(folder)
found = run_decoder_golden(generator, read_decoder_golden(open_bundle(folder)))
generation = generator.start("once upon a time", limits=GenerationLimits(max_tokens=40))
list(generation)
print(json.dumps([generator.session.runtime, found.cases, found.max_abs_difference, generation.ids]))
"""


@pytest.fixture(scope="module")
def old_python(tmp_path_factory):
    """An environment with tflite-runtime, which needs Python 3.11 or older and numpy < 2."""
    if sys.version_info[:2] > (3, 11):
        pytest.skip("tflite-runtime has no wheel for this Python")
    folder = tmp_path_factory.mktemp("tflite-runtime")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    command = [str(python), "-m", "pip", "install", "-q", "tflite-runtime==2.14.0", "numpy<2", "tokenizers"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"tflite-runtime cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    return python


@pytest.mark.parametrize("scheme", ["float", "int8-weight"])
def test_golden_cases_hold_in_tflite_runtime(model, tokenizer, tmp_path, old_python, scheme):
    source = quantized(model, tokenizer, scheme)
    build(source, tmp_path / "bundle", "tflite", target="rpi4-32bit", lengths=(16, 32))
    cases = [json.loads(line) for line in (tmp_path / "bundle/golden.jsonl").read_text().splitlines()]
    done = subprocess.run(
        [str(old_python), "-c", RUNNER, str(tmp_path / "bundle/model.tflite")],
        input=json.dumps([case["ids"] for case in cases]),
        capture_output=True,
        text=True,
        check=True,
    )
    found = np.array(json.loads(done.stdout))
    wanted = np.array([case["logits"] for case in cases])
    assert wanted.std(axis=0).min() > 0.02
    np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("scheme", ["float", "int8-weight"])
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_decoders_write_the_same_in_tflite_runtime(decoder_checkpoints, tmp_path, old_python, kind, scheme):
    options = ExportOptions(target="rpi4-32bit", format="tflite", scheme=scheme)
    (bundle,) = export(decoder_checkpoints[kind], tmp_path / "out", options)
    done = subprocess.run(
        [str(old_python), "-c", WRITER, str(bundle)],
        env=os.environ | {"PYTHONPATH": str(Path(edgekit.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    runtime, cases, difference, ids = json.loads(done.stdout)
    assert (runtime, difference < 1e-4) == ("tflite-runtime", True)
    assert cases > 3
    generation = open_generator(bundle).start("once upon a time", limits=GenerationLimits(max_tokens=40))
    list(generation)
    assert generation.ids == ids
    assert len(set(ids)) > 3
