"""The doctor on real ARM code behind a real sshd: `scripts/emulated-pi up --model MODEL` first, else these skip."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.devices.doctor.probe import probe
from edgekit.devices.messages import Facts
from edgekit.devices.open_device import open_device, open_transport
from edgekit.errors import DeviceError
from edgekit.flows.devices.detect import matching_targets
from edgekit.schema.target import Target

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parents[2] / "scripts" / "emulated-pi"
BOARDS = {
    "pi3": ("rpi3", "Cortex-A53", 64),
    "pi4": ("rpi4", "Cortex-A72", 64),
    "pi5": ("rpi5", "Cortex-A76", 64),
    "pi4-32bit": ("rpi4-32bit", "Cortex-A72", 32),
}


@pytest.fixture(params=BOARDS)
def board(request, monkeypatch, tmp_path) -> str:
    if not SCRIPT.exists():
        pytest.skip("scripts/emulated-pi is not there")
    status = subprocess.run([sys.executable, SCRIPT, "status"], capture_output=True, text=True, check=False).stdout
    if f"emulated-{request.param}: up" not in status:
        pytest.skip(f"no emulated board runs: scripts/emulated-pi up --model {request.param}")
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    return request.param


def edgekit(*words: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", "edgekit", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_a_board_is_what_it_is_named_for(board):
    target, cpu, bits = BOARDS[board]
    with open_transport(f"ssh://emulated-{board}") as transport:
        found = probe(transport)
    assert (found.cpu, found.bits, found.emulated) == (cpu, bits, True)
    assert matching_targets(found.fingerprint())[0] == target


def test_the_agent_says_the_same(board):
    with open_transport(f"ssh://emulated-{board}") as transport:
        ours = probe(transport).fingerprint()
    try:
        with open_device(f"ssh://emulated-{board}") as device, device.start_agent() as agent:
            theirs = agent.request("facts", Facts).fingerprint
    except DeviceError as error:
        pytest.skip(f"no agent runs there: {error.message}")
    for key in ("device", "arch", "cpu_model", "cpu_parts", "features", "os", "libc", "python", "emulated"):
        assert getattr(ours, key) == getattr(theirs, key), key


def test_the_doctor_by_the_command_line(board, tmp_path):
    target, _, bits = BOARDS[board]
    assert edgekit("devices", "add", "pi", f"ssh://emulated-{board}", "--target", target, "--check")[0] == 0
    code, out = edgekit("devices", "doctor", "pi", "--json")
    [found] = json.loads(out)
    assert code == (0 if found["runs"] else 3)
    assert found["bits"] == bits
    assert found["matches"][0] == target
    sentence = [problem["what"] for problem in found["problems"]]
    assert "it is emulated" in sentence
    if not found["runs"]:
        assert "edgekit devices setup pi" in [problem["cure"] for problem in found["problems"]]
    file = tmp_path / "new.yaml"
    assert edgekit("targets", "detect", "--device", "pi", "-o", str(file))[0] == 0
    assert Target.read(file).cpu.cores == found["fingerprint"]["cores"]
