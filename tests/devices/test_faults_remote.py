"""What goes wrong between a host and a device, made to go wrong: a clear message, exit code 4, and no trace left."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from ssh_server import runs

import edgekit
from edgekit.devices.open_device import open_device
from edgekit.devices.replies import Facts
from edgekit.spec.errors import DeviceError
from edgekit.spec.measurement import Measurement

PYTHON = sys.executable
ROOT = Path(edgekit.__path__[0]).parent
LONG = {"min_seconds": 60, "max_runs": 10_000_000, "min_runs": 1}


@pytest.fixture
def pi(ssh_server):
    """A device whose python3 has the runtimes, and with a folder before all others in its PATH."""
    (ssh_server.home / "bin").mkdir()
    path = f"{ssh_server.home / 'bin'}:{Path(PYTHON).parent}:{ssh_server.environment['PATH']}"
    ssh_server.environment["PATH"] = path
    return ssh_server


@pytest.fixture
def hasty(monkeypatch):
    """All that waits for a lost link waits for a few seconds alone."""
    monkeypatch.setattr("edgekit.devices.ssh.KEEPALIVE_SECONDS", 0.5)
    monkeypatch.setattr("edgekit.devices.heartbeat.BEAT_SECONDS", 0.3)
    monkeypatch.setattr("edgekit.devices.remote.PATIENCE_SECONDS", 2.0)


def home(server):
    return server.home / ".cache" / "edgekit" / "device"


def program(server, name, text):
    """Put a program in the way of the device's own."""
    path = server.home / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def wait_until(what, seconds=30):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def all_ended(server, seconds=30):
    wait_until(lambda: not server.living(), seconds)


def works(server, bundle):
    """Whether the device can be used as if nothing had been."""
    with open_device(server.url) as device, device.start_agent() as agent:
        path = device.put(bundle)
        agent.request("profile", Measurement, path=path, length=8, min_runs=1, max_runs=1, min_seconds=0, warmup=0)
    assert {path.name[0] for path in home(server).glob("files/*")} == {Path(path).name[0]}
    assert not list(home(server).glob("*/.*"))
    all_ended(server)


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
        assert time.monotonic() - started < 20
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
            "from edgekit.spec.measurement import Measurement\n"
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
        return self.process.communicate(timeout=30)[1]


class TestCommandLine:
    """`edgekit profile` on the device, from outside."""

    def profile(self, server, bundle, *options):
        command = [PYTHON, "-m", "edgekit", "profile", str(bundle), "--device", server.url, *options]
        return subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ctrl_c_leaves_nothing_running(self, pi, onnx_bundle, number):
        process = self.profile(pi, onnx_bundle, "--min-seconds", "60")
        wait_until(lambda: any("patience" in command for command in pi.commands), 60)
        wait_until(lambda: len(pi.living()) >= 2)
        time.sleep(2)
        process.send_signal(number)
        process.communicate(timeout=30)
        assert process.returncode == 128 + number
        all_ended(pi)
        assert not (onnx_bundle / "measurements").exists()
        works(pi, onnx_bundle)

    def test_a_cut_keeps_no_half_measurement(self, pi, onnx_bundle):
        process = self.profile(pi, onnx_bundle, "--min-seconds", "60")
        wait_until(lambda: sum("patience" in command for command in pi.commands) == 2, 60)
        time.sleep(1)
        pi.cut()
        _, said = process.communicate(timeout=60)
        assert process.returncode == 4
        assert "the link was lost" in said
        assert "Traceback" not in said
        assert not list(onnx_bundle.glob("measurements/*"))
        all_ended(pi)


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


class TestPython:
    def test_none(self, pi):
        pi.environment["PATH"] = str(pi.home / "bin")
        for name in ("sh", "env", "mkdir", "cat", "cut"):
            (pi.home / "bin" / name).symlink_to(shutil.which(name))
        with pytest.raises(DeviceError, match=r"python3 does not run there: .*No such file") as caught:
            open_device(pi.url).__enter__()
        assert "install Python 3.9" in caught.value.advice
        all_ended(pi)

    def test_one_that_is_too_old(self, pi):
        answer = '{"version": [3, 7, 3], "held_by": null, "failed": null}'
        program(pi, "python3", f"#!/bin/sh\necho '{answer}'; exec cat\n")
        with pytest.raises(DeviceError, match=r"python3 is Python 3\.7\.3, and the agent needs 3\.9") as caught:
            open_device(pi.url).__enter__()
        assert "--python" in caught.value.advice
        all_ended(pi)

    def test_one_asked_for_that_is_too_old(self, pi):
        program(pi, "python3.8", "#!/bin/sh\necho 3.8.10\n")
        with open_device(pi.url) as device, pytest.raises(DeviceError, match=r"python3\.8 is Python 3\.8\.10"):
            device.start_agent(python="python3.8")

    def test_something_else(self, pi):
        program(pi, "python3", "#!/bin/sh\necho 'Hello, I am a snake'\n")
        with pytest.raises(DeviceError, match="python3 does not run there: Hello, I am a snake"):
            open_device(pi.url).__enter__()

    def test_a_runtime_that_does_not_import(self, pi, onnx_bundle):
        broken = home(pi) / "runtimes" / "default" / "onnxruntime"
        broken.mkdir(parents=True)
        (broken / "__init__.py").write_text("raise ImportError('libstdc++.so.6: version GLIBCXX_3.4.30 not found')")
        with open_device(pi.url) as device, device.start_agent() as agent:
            path = device.put(onnx_bundle)
            with pytest.raises(DeviceError, match=r"GLIBCXX_3\.4\.30 not found") as caught:
                agent.request("profile", Measurement, path=path, runtime="onnxruntime", **LONG)
            assert caught.value.exit_code == 4
            # the agent lives on
            assert agent.request("facts", Facts)


@pytest.fixture
def little_memory():
    """A control group with 16 MB, where the kernel lets us make one: a Python fits in, the agent does not."""
    for parent, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(parent) / f"edgekit-{os.getpid()}"
        if not (Path(parent) / "cgroup.procs").exists():
            continue
        try:
            group.mkdir()
            if not (group / limit).exists():
                group.rmdir()
                continue
            (group / limit).write_text("16000000")
        except OSError:
            with suppress(OSError):
                group.rmdir()
            continue
        yield group
        members = group / "cgroup.procs"
        wait_until(lambda members=members: not members.read_text())
        group.rmdir()
        return
    pytest.skip("this machine lets nobody limit the memory of a group of processes")


class TestAgent:
    @pytest.mark.parametrize(
        ("number", "words", "advice"),
        [
            (signal.SIGKILL, "SIGKILL: killed, perhaps because the device ran out of memory", "dmesg"),
            (signal.SIGILL, "SIGILL: an illegal instruction: the runtime was not made for this CPU", "doctor"),
            (signal.SIGSEGV, "SIGSEGV: the runtime crashed", "another version"),
        ],
    )
    def test_ended_by_a_signal(self, pi, onnx_bundle, number, words, advice):
        def end(news):
            os.kill(pid, number)

        with open_device(pi.url) as device:
            path = device.put(onnx_bundle)
            agent = device.start_agent()
            pid = agent.greet().pid
            with pytest.raises(DeviceError, match=rf"the agent ended \(signal {words}") as caught:
                agent.request("profile", Measurement, progress=end, path=path, **LONG)
        assert caught.value.exit_code == 4
        assert advice in caught.value.advice
        works(pi, onnx_bundle)

    def test_out_of_memory_as_the_kernel_ends_it(self, pi, little_memory):
        program(pi, "hungry", f'#!/bin/sh\necho $$ > {little_memory}/cgroup.procs; exec {PYTHON} "$@"\n')
        with open_device(pi.url) as device, pytest.raises(DeviceError, match="perhaps because the device ran out"):
            device.start_agent(python=str(pi.home / "bin" / "hungry"))
        all_ended(pi)

    def test_rubbish(self, pi):
        babbling(pi, "while True: print('Segmentation fault (core dumped)')")
        with open_device(pi.url) as device, pytest.raises(DeviceError, match="not in the protocol: 'Segmentation"):
            device.start_agent()
        all_ended(pi)

    @pytest.mark.parametrize(
        "babble",
        [
            "while True: sys.stdout.write('x' * 1_000_000)",
            'while True: print(\'{"id": 1, "event": "progress", "progress": \'\n'
            '    \'{"stage": "\' + \'x\' * 10_000 + \'", "runs": 1, "seconds": 1}}\')',
        ],
        ids=["one line", "endless news"],
    )
    def test_a_gigabyte_of_answer(self, pi, babble, monkeypatch):
        import resource

        monkeypatch.setattr("edgekit.agent.protocol.MAX_LINE", 8_000_000)
        monkeypatch.setattr("edgekit.devices.channel._MOST_ANSWER", 16_000_000)
        babbling(pi, babble)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with open_device(pi.url) as device, pytest.raises(DeviceError, match="more than"):
            device.start_agent()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
        all_ended(pi)

    def test_a_gigabyte_that_nobody_asked_for(self, pi):
        """It waits on the device, where it stops for want of room, and not in our memory."""
        import resource

        line = '{"id": 1, "event": "result", "result": {"protocol": 1, "agent": "1", "python": "3", "runtimes": {}, '
        line += '"modules": [], "pid": 1}}'
        babbling(pi, f"print('{line}')\nwhile True: print('x' * 1_000_000)")
        with open_device(pi.url) as device:
            agent = device.start_agent()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            time.sleep(2)
            assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
            with pytest.raises(DeviceError, match="not in the protocol"):
                agent.request("facts", Facts)
        all_ended(pi)

    def test_a_clock_that_jumps(self, pi, onnx_bundle):
        """Every wall clock there jumps by a day at each look; the times measured are none the worse."""
        folder = pi.home / "jumping"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(
            "import time, itertools\n"
            "now, day = time.time(), itertools.cycle([86400, -86400, 864000])\n"
            "time.time = lambda: now + next(day)\n"
            "time.time_ns = lambda: int((now + next(day)) * 1e9)\n"
        )
        program(pi, "jumpy", f'#!/bin/sh\nPYTHONPATH={folder}${{PYTHONPATH:+:$PYTHONPATH}} exec {PYTHON} "$@"\n')
        jumps = "import time; a = time.time(); exit(abs(time.time() - a) < 1000)"
        assert subprocess.run([pi.home / "bin" / "jumpy", "-c", jumps], check=False).returncode == 0
        with open_device(pi.url) as device, device.start_agent(python=str(pi.home / "bin" / "jumpy")) as agent:
            path = device.put(onnx_bundle)
            started = time.monotonic()
            taken = agent.request(
                "profile", Measurement, path=path, length=8, min_seconds=1, min_runs=5, max_runs=100_000
            )
            assert time.monotonic() - started < 20
        for samples in taken.samples_ms.values():
            assert all(0 <= sample < 1000 for sample in samples)
        assert 0 < sum(taken.samples_ms["infer"]) < 20_000


def babbling(server, script):
    """An agent that answers its first request with whatever `script` prints."""
    (server.home / "babble.py").write_text(f"import sys\nsys.stdin.readline()\n{script}\n")
    choice = f'case "$*" in *"-m edgekit_agent"*) exec {PYTHON} {server.home}/babble.py;; esac'
    program(server, "python3", f'#!/bin/sh\n{choice}\nexec {PYTHON} "$@"\n')


def test_the_lock_of_a_killed_holder_is_free(pi):
    with open_device(pi.url):
        (holder,) = pi.living()
        os.killpg(holder, signal.SIGKILL)
        wait_until(lambda: not runs(holder))
        with open_device(pi.url):
            pass


def test_a_lock_that_babbles(pi):
    """What holds the lock may answer rubbish without end, too."""
    program(pi, "python3", "#!/bin/sh\nexec yes rubbish\n")
    with pytest.raises(DeviceError, match=r"python3 does not run there: .*rubbish"):
        open_device(pi.url).__enter__()
    all_ended(pi)
