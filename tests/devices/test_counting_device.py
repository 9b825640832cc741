"""Instructions counted on this machine without root: `edgekit devices emulate`, and what finds its counter."""

import json
import os
import shutil
import sys

import pytest
from command_line import edgekit

from edgekit.devices.emulation.counting import COUNTER, board_of
from edgekit.devices.registry import add_device
from edgekit.errors import UsageError
from edgekit.schema.device import KnownDevice

STAND_IN = """#!/bin/sh
# counts that stand still, where QEMU's plugin would put its own
file=$(mktemp) && exec 9<>"$file" && rm "$file"
{ printf '%4096s' ''; printf '%20d %20d %20d\\n' 7 0 0; } >&9
EDGEKIT_COUNTS_FD=9 exec PYTHON "$@"
"""


@pytest.fixture
def own_devices(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    monkeypatch.setenv("EDGEKIT_EMULATED", str(tmp_path / "emulated"))


@pytest.mark.parametrize("target", ["rpi4-32bit", "x86-64", "nonsense"])
def test_a_target_without_a_board_that_counts_is_refused(target):
    with pytest.raises(UsageError, match="no board of target") as error:
        board_of(target)
    assert "rpi3, rpi4, rpi5" in error.value.advice


def test_the_counter_is_found_beside_the_python_of_a_device(own_devices, onnx_bundle, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("python3", '#!/bin/sh\nexec PYTHON "$@"\n'), (COUNTER, STAND_IN)):
        (programs / name).write_text(text.replace("PYTHON", sys.executable))
        (programs / name).chmod(0o755)
    home = str(tmp_path / "home")
    add_device("still", KnownDevice(url="local:", python=str(programs / "python3"), home=home))
    code, out, err = edgekit("profile", onnx_bundle, "--device", "still", "--instructions", "--length", 16, "--json")
    # it counted, and what stands still is no count
    assert (code, out, "counts.infer.0.total" in err) == (4, "", True)
    code, _, err = edgekit("profile", onnx_bundle, "--device", "local", "--instructions")
    assert (code, "edgekit devices emulate rpi4" in err) == (4, True)


def test_a_name_of_another_device_is_left_to_it(own_devices):
    add_device("emulated-rpi4", KnownDevice(url="ssh://pi"))
    code, _, err = edgekit("devices", "emulate", "rpi4")
    assert (code, "is another device already" in err) == (2, True)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("apt-get") is None or shutil.which("cc") is None, reason="made by apt and a compiler")
def test_a_board_counts_the_same_each_time_and_needs_no_root(own_devices, onnx_bundle):
    if os.environ.get("EDGEKIT_OFFLINE"):
        pytest.skip("apt fetches what it is made of")
    code, out, err = edgekit("devices", "emulate", "rpi4")
    if code == 5 and "apt-get" in err:
        pytest.skip(err)
    assert (code, "emulated-rpi4 counts instructions of rpi4" in out) == (0, True), err
    words = ("profile", onnx_bundle, "--device", "emulated-rpi4", "--instructions", "--length", 16, "--json")
    totals = set()
    for _ in range(2):
        (counts,) = json.loads(edgekit(*words)[1])["instructions"]
        totals |= {each["total"] for each in counts["counts"]["infer"]}
        assert counts["fingerprint"]["emulated"] and counts["fingerprint"]["arch"] == "aarch64"
    # what Python itself does around so small a model is a few thousand instructions more or less
    assert max(totals) - min(totals) < 20_000
    assert edgekit("gate", onnx_bundle, "--device", "emulated-rpi4", "--budget", "instructions_m=1,length=16")[0] == 0
