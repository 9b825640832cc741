"""A Python or an agent that ends, hangs or lies: a clear message, exit code 4, and no trace left."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from remote_faults import LONG, PYTHON, all_ended, home, program, wait_until, works

from edgekit.devices.exit_status import ending
from edgekit.devices.messages import Facts
from edgekit.devices.open_device import open_device
from edgekit.errors import DeviceError
from edgekit.schema.measurement import Measurement


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


# the signal, what is said of it, what is advised
CRASHES = [
    (signal.SIGILL, "SIGILL: an illegal instruction: the runtime was not made for this CPU", "doctor"),
    (signal.SIGSEGV, "SIGSEGV: the runtime crashed", "another version"),
]


@pytest.mark.parametrize(("number", "words", "advice"), CRASHES)
def test_what_is_said_of_a_signal(number, words, advice):
    how, what_to_do = ending(-number)
    assert how.startswith(f"signal {words}")
    assert advice in what_to_do


class TestAgent:
    @pytest.mark.parametrize(
        ("number", "words", "advice"),
        [
            (signal.SIGKILL, "SIGKILL: killed, perhaps because the device ran out of memory", "dmesg"),
            *(pytest.param(*told, marks=pytest.mark.slow) for told in CRASHES),
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
            pytest.param("while True: sys.stdout.write('x' * 1_000_000)", marks=pytest.mark.slow),
            'while True: print(\'{"id": 1, "event": "progress", "progress": \'\n'
            '    \'{"stage": "\' + \'x\' * 10_000 + \'", "runs": 1, "seconds": 1}}\')',
        ],
        ids=["one line", "endless news"],
    )
    def test_a_gigabyte_of_answer(self, pi, babble, monkeypatch):
        import resource

        monkeypatch.setattr("edgekit.agent.protocol.MAX_LINE", 8_000_000)
        monkeypatch.setattr("edgekit.devices.agent_client._MOST_ANSWER", 16_000_000)
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
            time.sleep(1)
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
            assert time.monotonic() - started < 120
        for samples in taken.samples_ms.values():
            assert all(0 <= sample < 1000 for sample in samples)
        assert 0 < sum(taken.samples_ms["infer"]) < 20_000


def babbling(server, script):
    """An agent that answers its first request with whatever `script` prints."""
    (server.home / "babble.py").write_text(f"import sys\nsys.stdin.readline()\n{script}\n")
    choice = f'case "$*" in *"-m edgekit_agent"*) exec {PYTHON} {server.home}/babble.py;; esac'
    program(server, "python3", f'#!/bin/sh\n{choice}\nexec {PYTHON} "$@"\n')


def test_a_lock_that_babbles(pi):
    """What holds the lock may answer rubbish without end, too."""
    program(pi, "python3", "#!/bin/sh\nexec yes rubbish\n")
    with pytest.raises(DeviceError, match=r"python3 does not run there: .*rubbish"):
        open_device(pi.url).__enter__()
    all_ended(pi)
