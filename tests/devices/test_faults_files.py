"""A disk that is full, bytes that are flipped: nothing counts as brought that is not whole."""

import os
import subprocess
from contextlib import suppress

import pytest
from remote_faults import PYTHON, home, program, works

from edgekit.devices.open_device import open_device
from edgekit.errors import DeviceError


class TestDisk:
    @pytest.fixture
    def small(self, pi):
        """The device's folder on a disk of 3 MB."""
        folder = home(pi)
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("mounting a small disk needs root")
        yield pi
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)

    def test_no_room_is_told_before_anything_is_sent(self, small, onnx_bundle):
        (onnx_bundle / "big").write_bytes(os.urandom(4_000_000))
        with open_device(small.url) as device:
            with pytest.raises(DeviceError, match=r"has \d\.\d MB free, and 4\.0 MB are to be written") as caught:
                device.put(onnx_bundle)
            assert caught.value.exit_code == 4
            assert not [command for command in small.commands if "edgekit-push" in command]

    def test_the_disk_fills_up_while_it_is_written(self, small, onnx_bundle):
        (onnx_bundle / "big").write_bytes(os.urandom(1_500_000))
        filled = home(small) / "somebody else's"

        class Watching:
            """Another program takes the room while the push goes on."""

            def task(self, title, total=None):
                from contextlib import contextmanager

                @contextmanager
                def begin():
                    yield lambda done, note="": None if filled.exists() else fill(filled)

                return begin()

            def say(self, text):
                pass

        with open_device(small.url) as device:
            with pytest.raises(DeviceError, match=r"cannot be written: .*No space left") as caught:
                device.put(onnx_bundle, Watching())
            assert caught.value.exit_code == 4
            # what had come by then does not stay and fill the disk
            assert not list(home(small).glob("files/.*"))
        filled.unlink()
        works(small, onnx_bundle)


def fill(path):
    with path.open("wb") as file, suppress(OSError):
        while True:
            file.write(bytes(100_000))
            file.flush()


class TestPush:
    def test_a_bit_is_flipped_on_the_way(self, pi, onnx_bundle):
        """SSH would notice that itself; bad memory or a bad card would not."""
        script = "import sys; data = bytearray(sys.stdin.buffer.read()); data[len(data) // 2] ^= 1 if len(data) > 400 "
        script += "else 0; sys.stdout.buffer.write(data)"
        program(pi, "cat", f"#!/bin/sh\nexec {PYTHON} -I -c '{script}'\n")
        with open_device(pi.url) as device:
            with pytest.raises(DeviceError, match="did not arrive as it was sent: its sha256 differs") as caught:
                device.put(onnx_bundle)
            assert caught.value.exit_code == 4
        assert not [path for path in home(pi).glob("files/*") if not path.name.startswith(".")]
        (pi.home / "bin" / "cat").unlink()
        works(pi, onnx_bundle)

    def test_a_device_that_asks_for_what_nobody_has(self, pi, onnx_bundle):
        lying(pi, "'missing': [99]")
        with open_device(pi.url) as device, pytest.raises(DeviceError, match="asks for files that nobody has"):
            device.put(onnx_bundle)


def lying(server, answer):
    """A python3 that answers about files what it likes."""
    script = f"import sys, json, os\nif sys.argv[1:3] == ['-B', '-']:\n    print(json.dumps({{{answer}}}))\nelse:\n"
    script += f"    os.execv({PYTHON!r}, [{PYTHON!r}, *sys.argv[1:]])\n"
    (server.home / "lying.py").write_text(script)
    program(server, "python3", f'#!/bin/sh\nexec {PYTHON} -I {server.home}/lying.py "$@"\n')
