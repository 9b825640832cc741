"""32-bit Raspberry Pi OS has tflite-runtime alone: what is written for it must be right there, not only in LiteRT."""

import json
import subprocess
import sys

import numpy as np
import pytest
from bundles import build, quantized

pytestmark = pytest.mark.slow
pytest.importorskip("litert_torch", reason="TFLite export has no wheel for this host")

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


@pytest.fixture(scope="module")
def old_python(tmp_path_factory):
    """An environment with tflite-runtime, which needs Python 3.11 or older and numpy < 2."""
    if sys.version_info[:2] > (3, 11):
        pytest.skip("tflite-runtime has no wheel for this Python")
    folder = tmp_path_factory.mktemp("tflite-runtime")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    command = [str(python), "-m", "pip", "install", "-q", "tflite-runtime==2.14.0", "numpy<2"]
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
