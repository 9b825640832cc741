"""A link that breaks, a host that sleeps or is killed: a clear message, exit code 4, and no trace left."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from remote_faults import LONG, PYTHON, all_ended, home, program, wait_until, works
from ssh_server import runs

import edgekit
from edgekit.devices.open_device import open_device, open_transport
from edgekit.errors import DeviceError
from edgekit.schema.measurement import Measurement

ROOT = Path(edgekit.__path__[0]).parent


class TestLink:
    def test_cut_during_a_push(self, pi, onnx_bundle):
        (onnx_bundle / "big").write_bytes(os.urandom(4_000_000))
        with pytest.raises(DeviceError, match="the link was lost") as caught, open_device(pi.url) as device:
            pi.cut_after = 2_000_000
            device.put(onnx_bundle)
        assert caught.value.exit_code == 4
        all_ended(pi)
        pi.cut_after = None
        # nothing has the name that is not whole
        assert not [path for path in home(pi).glob("files/*") if not path.name.startswith(".")]
        works(pi, onnx_bundle)

    def test_cut_while_a_command_starts(self, pi):
        with open_transport(pi.url) as transport:
            # the first line of what starts never comes
            program(pi, "cut", "#!/bin/sh\nexec sleep 60\n")
            cut = threading.Timer(0.5, pi.cut)
            cut.start()
            with pytest.raises(DeviceError, match="the link was lost"):
                transport.run(["true"], timeout=20)
            cut.join()

    def test_what_was_sent_before_the_cut_is_not_sent_again(self, pi, tmp_path):
        folder = tmp_path / "folder"
        folder.mkdir()
        for number in range(4):
            (folder / f"{number}").write_bytes(os.urandom(1_000_000))
        with pytest.raises(DeviceError), open_device(pi.url) as device:
            pi.cut_after = 2_500_000
            device.put(folder)
        pi.cut_after = None
        before = len([command for command in pi.commands if "edgekit-push" in command])
        with open_device(pi.url) as device:
            device.put(folder)
        again = len([command for command in pi.commands if "edgekit-push" in command]) - before
        assert 1 <= again <= 2

    @pytest.mark.slow
    def test_cut_during_a_run(self, pi, onnx_bundle):
        def cut(news):
            pi.cut()

        with open_device(pi.url) as device:
            path = device.put(onnx_bundle)
            agent = device.start_agent()
            with pytest.raises(DeviceError, match=r"the link was lost .*; nothing was kept") as caught:
                agent.request("profile", Measurement, progress=cut, path=path, **LONG)
        assert caught.value.exit_code == 4
        all_ended(pi)
        works(pi, onnx_bundle)

    def test_gone_without_a_word(self, pi, onnx_bundle, hasty):
        """Neither side is told: the host notices by its keepalive, the device by the missing heartbeat."""

        def stall(news):
            pi.stall()

        with open_device(pi.url) as device:
            path = device.put(onnx_bundle)
            agent = device.start_agent()
            started = time.monotonic()
            with pytest.raises(DeviceError, match="the link was lost"):
                agent.request("profile", Measurement, progress=stall, path=path, **LONG)
        # far less than the minute for which it was to run
        assert time.monotonic() - started < 50
        # the device's SSH server still believes in the link; what runs there does not
        all_ended(pi)

    @pytest.mark.slow
    def test_a_run_in_silence_goes_on_while_the_link_lives(self, pi, onnx_bundle, hasty):
        with open_device(pi.url) as device, device.start_agent() as agent:
            path = device.put(onnx_bundle)
            taken = agent.request("profile", Measurement, path=path, **(LONG | {"min_seconds": 4}))
        assert sum(taken.samples_ms["infer"]) > 1000

    def test_the_host_sleeps(self, pi, onnx_bundle):
        """A host that is stopped sends no heartbeat: its agent and its lock are gone when it wakes."""
        host = Host(pi, onnx_bundle, beat=0.3, patience=2.0)
        host.process.send_signal(signal.SIGSTOP)
        try:
            all_ended(pi)
            with open_device(pi.url):  # another host may have the device meanwhile
                pass
        finally:
            host.process.send_signal(signal.SIGCONT)
        assert "nothing was heard of the host for 2 s" in host.end()

    @pytest.mark.slow
    def test_the_host_is_killed(self, pi, onnx_bundle):
        host = Host(pi, onnx_bundle)
        host.process.kill()
        host.end()
        all_ended(pi)
        works(pi, onnx_bundle)


class Host:
    """Another process that profiles on the device, and is in the middle of it."""

    def __init__(self, server, bundle, beat=15.0, patience=60.0):
        script = (
            "import sys\n"
            "from edgekit.devices import heartbeat, remote\n"
            "from edgekit.devices.open_device import open_device\n"
            "from edgekit.schema.measurement import Measurement\n"
            f"heartbeat.BEAT_SECONDS, remote.PATIENCE_SECONDS = {beat}, {patience}\n"
            "with open_device(sys.argv[1]) as device:\n"
            "    path = device.put(__import__('pathlib').Path(sys.argv[2]))\n"
            "    agent = device.start_agent()\n"
            "    say = lambda news: print('busy', flush=True)\n"
            f"    agent.request('profile', Measurement, progress=say, path=path, **{LONG!r})\n"
        )
        command = [PYTHON, "-c", script, server.url, str(bundle)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "busy\n", self.process.stderr.read()

    def end(self):
        """What it said last."""
        return self.process.communicate(timeout=120)[1]


class TestCommandLine:
    """`edgekit profile` on the device, from outside."""

    def profile(self, server, bundle):
        # runs without end: a quick machine is through with the usual most of them in a second or two
        words = ["--min-seconds", "60", "--max-runs", "1000000"]
        command = [PYTHON, "-m", "edgekit", "profile", str(bundle), "--device", server.url, *words]
        return subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    @pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
    def test_ctrl_c_leaves_nothing_running(self, pi, onnx_bundle, number):
        process = self.profile(pi, onnx_bundle)
        # the second agent is the one that measures
        wait_until(lambda: sum("patience" in command for command in pi.commands) == 2)
        wait_until(lambda: len(pi.living()) >= 2)
        time.sleep(0.5)
        process.send_signal(number)
        process.communicate(timeout=120)
        assert process.returncode == 128 + number
        all_ended(pi)
        assert not list(onnx_bundle.glob("measurements/latency-*"))
        works(pi, onnx_bundle)

    def test_a_cut_keeps_no_half_measurement(self, pi, onnx_bundle):
        process = self.profile(pi, onnx_bundle)
        wait_until(lambda: sum("patience" in command for command in pi.commands) == 2)
        time.sleep(1)
        pi.cut()
        _, sentence = process.communicate(timeout=120)
        assert process.returncode == 4
        assert "the link was lost" in sentence
        assert "; nothing was kept" in sentence
        assert "Traceback" not in sentence
        assert not list(onnx_bundle.glob("measurements/latency-*"))
        all_ended(pi)
        works(pi, onnx_bundle)


def test_the_lock_of_a_killed_holder_is_free(pi):
    with open_device(pi.url):
        (holder,) = pi.living()
        os.killpg(holder, signal.SIGKILL)
        wait_until(lambda: not runs(holder))
        with open_device(pi.url):
            pass
