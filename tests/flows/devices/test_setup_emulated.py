"""Setup and deploy on real ARM code behind a real sshd: `scripts/emulated-pi up --model MODEL`, else these skip."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_bundle import make_bundle, seal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SCRIPT = Path(__file__).parents[2] / "scripts" / "emulated-pi"
# format, runtime
BOARDS = {"pi4": ("onnx", "onnxruntime"), "pi4-32bit": ("tflite", "tflite-runtime")}


@pytest.fixture(params=BOARDS)
def board(request) -> str:
    if not SCRIPT.exists():
        pytest.skip("scripts/emulated-pi is not there")
    status = subprocess.run([sys.executable, SCRIPT, "status"], capture_output=True, text=True, check=False).stdout
    if f"emulated-{request.param}: up" not in status:
        pytest.skip(f"no emulated board runs: scripts/emulated-pi up --model {request.param}")
    return request.param


def edgekit(*words: object) -> dict[str, object]:
    """What a command says of the one device, as JSON."""
    command = [sys.executable, "-m", "edgekit", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_board_is_set_up_and_runs_a_bundle(board, tmp_path):
    format, runtime = BOARDS[board]
    url = f"ssh://emulated-{board}"
    (done,) = edgekit("devices", "setup", url)[url]["runtimes"]
    assert {runtime, "tokenizers", "numpy"} <= set(done["packages"])
    bundles = [make_bundle(tmp_path / f"v{number}", format) for number in range(2)]
    (bundles[1] / "config.json").write_text('{"version": 1}')
    seal(bundles[1])
    found = edgekit("profile", bundles[0], "--device", url, "--length", 8, "--min-seconds", 0, "--min-runs", 5)
    (taken,) = found["measurements"]
    assert (taken["runtime"], taken["fingerprint"]["emulated"]) == (runtime, True)
    for bundle in bundles:
        deployed = edgekit("deploy", bundle, "--device", url, "--as", "test-of-setup")[url]
        assert (deployed["golden"], deployed["runtime"], deployed["switched"]) == (4, runtime, True)
    back = edgekit("deploy", "--device", url, "--as", "test-of-setup", "--rollback")[url]
    assert back["number"] == deployed["previous"]
    assert edgekit("deploy", "--device", url, "--as", "test-of-setup", "--remove")[url] == "test-of-setup"
