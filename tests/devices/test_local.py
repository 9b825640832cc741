"""The agent as a process on this machine: how it starts, what it holds, how it ends."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import edgekit
from edgekit.devices.local import LocalDevice
from edgekit.devices.local_transport import LocalTransport
from edgekit.devices.lock import Lock
from edgekit.devices.messages import Facts, Golden, Hello
from edgekit.devices.open_device import open_device
from edgekit.devices.remote import agent_paths
from edgekit.errors import DeviceError, NotFoundError, ParityError, UsageError
from edgekit.schema.measurement import Measurement

pytestmark = pytest.mark.usefixtures("device_home")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_names():
    assert open_device("local").url == open_device("local:").url == "local:"
    for url in ("telnet://pi@raspberry", "ssh://pi:secret@raspberry", "ssh://a b", "adb://"):
        with pytest.raises(UsageError, match="URL"):
            open_device(url)
    with pytest.raises(UsageError, match="unknown device 'locl'") as caught:
        open_device("locl")
    assert caught.value.advice == "did you mean 'local'?"


def test_a_run_imports_nothing_that_a_device_lacks(bundle):
    with LocalDevice() as device, device.start_agent() as agent:
        agent.request("golden", Golden, path=device.put(bundle))
        modules = set(agent.greet().modules)
    assert {"numpy", "tokenizers", "edgekit_agent"} <= modules
    assert not modules & {"torch", "transformers", "edgekit", "pydantic", "onnx", "click", "yaml"}
    assert len(modules & {"onnxruntime", "ai_edge_litert"}) == 1


def test_requests_are_answered(bundle):
    with LocalDevice() as device, device.start_agent() as agent:
        path = device.put(bundle)
        assert agent.request("golden", Golden, path=path).cases == 4
        assert agent.request("facts", Facts).fingerprint.cores >= 1
        taken = agent.request("profile", Measurement, path=path, length=8, min_runs=3, min_seconds=0, warmup=1)
        assert (taken.length, taken.threads) == (8, 1)
        assert agent.greet().runtimes["onnxruntime"]


def test_errors_of_the_agent_become_edgekits(onnx_bundle):
    rows = [json.loads(line) for line in (onnx_bundle / "golden.jsonl").read_text().splitlines()]
    rows[2]["ids"][1] = 1
    from tiny_bundle import seal, write_golden

    write_golden(onnx_bundle, rows)
    seal(onnx_bundle)
    with LocalDevice() as device, device.start_agent() as agent:
        with pytest.raises(ParityError, match=r"golden case 3 .*token 1 is 14, expected 1"):
            agent.request("golden", Golden, path=str(onnx_bundle))
        with pytest.raises(UsageError, match=r"has no manifest\.json"):
            agent.request("golden", Golden, path=str(onnx_bundle.parent))
        with pytest.raises(UsageError, match="does not read"):
            agent.request("golden", Golden, path=str(onnx_bundle), runtime="tflite-runtime")
        # none of these ended it
        assert agent.greet().protocol == 1


def test_paths_are_checked_on_this_side(tmp_path):
    with LocalDevice() as device, pytest.raises(NotFoundError, match="nowhere does not exist"):
        device.put(tmp_path / "nowhere")


def test_leaving_ends_the_agent():
    with LocalDevice() as device:
        agent = device.start_agent()
        pid = agent.greet().pid
        assert alive(pid)
    assert not alive(pid)
    with pytest.raises(DeviceError, match="ended before this request"):
        agent.greet()


def test_an_interrupt_ends_a_busy_agent_at_once(onnx_bundle):
    def interrupt(news):
        raise KeyboardInterrupt

    with LocalDevice() as device:
        agent = device.start_agent()
        pid = agent.greet().pid
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt), agent:
            agent.request(
                "profile",
                Measurement,
                progress=interrupt,
                path=str(onnx_bundle),
                min_seconds=60,
                max_runs=10_000_000,
            )
        assert time.monotonic() - started < 50
        assert not alive(pid)


def test_an_agent_whose_host_was_killed_ends_by_itself(onnx_bundle, device_home):
    script = (
        "import sys\n"
        "from edgekit.devices.local import LocalDevice\n"
        "from edgekit.schema.measurement import Measurement\n"
        "device = LocalDevice().__enter__()\n"
        "agent = device.start_agent()\n"
        "print(agent.greet().pid, flush=True)\n"
        "agent.request('profile', Measurement, path=sys.argv[1], min_seconds=60, max_runs=10_000_000)\n"
    )
    root = Path(edgekit.__path__[0]).parent
    host = subprocess.Popen([sys.executable, "-c", script, str(onnx_bundle)], stdout=subprocess.PIPE, cwd=root)
    pid = int(host.stdout.readline())
    time.sleep(0.5)
    host.send_signal(signal.SIGKILL)
    host.wait()
    host.stdout.close()
    deadline = time.monotonic() + 60
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(pid)
    # and its lock is free again
    with LocalDevice():
        pass


def test_two_runs_do_not_share_a_device():
    with LocalDevice(), pytest.raises(DeviceError, match=rf"in use by process {os.getpid()}") as caught:
        LocalDevice().__enter__()
    assert caught.value.advice
    with LocalDevice():
        pass


def test_a_lock_left_behind_locks_nobody_out(device_home):
    device_home.mkdir()
    (device_home / "lock").write_text(f"4194300 on {'a machine with a long name ' * 9}")
    with LocalDevice():
        report = (device_home / "lock").read_text()
        assert re.fullmatch(rf"{os.getpid()} on \S+ since [-0-9]+ [:0-9]+ UTC", report), "and nothing of the old one"


@pytest.fixture
def removed_while_waited_for(monkeypatch):
    """Just before it locks a file for the first time, somebody who held it removes it."""
    real, gone = fcntl.flock, []

    def flock(descriptor, how):
        if not gone:
            gone.append(Path(f"/proc/self/fd/{descriptor}").readlink())
            gone[0].unlink()
        real(descriptor, how)

    monkeypatch.setattr("edgekit.devices.lock.fcntl.flock", flock)
    return gone


def test_a_lock_on_a_file_that_is_gone_is_none(tmp_path, removed_while_waited_for):
    path = tmp_path / "lock"
    first, second = Lock(path, "here"), Lock(path, "here")
    first.acquire()
    assert removed_while_waited_for == [path]
    assert path.read_text().startswith(f"{os.getpid()} on "), "what is locked is what others find"
    with pytest.raises(DeviceError, match="here is in use by process"):
        second.acquire()
    first.release()
    second.acquire().release()


def test_a_lock_that_cannot_be_had_is_no_lock_and_leaves_no_open_file(tmp_path):
    path = tmp_path / "lock"
    path.write_text(f"41 on {'a machine with a long name ' * 9}")
    opened = set(Path("/proc/self/fd").iterdir())
    held = Lock(path, "here").acquire()
    assert path.read_text().endswith(" UTC"), "nothing of the old one is left"
    for _ in range(3):
        with pytest.raises(DeviceError, match=rf"process {os.getpid()} on .* since"):
            Lock(path, "here").acquire()
    held.release()
    held.release()
    assert set(Path("/proc/self/fd").iterdir()) == opened


# what runs on a device, with somebody who removes the file just before it is locked for the first time
REMOVES = """
import fcntl, os, sys
real, gone = fcntl.flock, []
def flock(descriptor, how):
    if not gone:
        gone.append(os.remove(os.path.join(sys.argv[1], "lock")))
    real(descriptor, how)
fcntl.flock = flock
"""


@pytest.mark.parametrize("before", ["", REMOVES], ids=["plain", "removed while waited for"])
def test_what_holds_the_lock_on_a_device_holds_the_file_that_others_find(tmp_path, before):
    (tmp_path / "lock").write_text(f"41 on {'a machine with a long name ' * 9}")
    script = before + (Path(edgekit.__path__[0]) / "devices" / "on_device" / "hold.py").read_text()
    words = [sys.executable, "-c", script, tmp_path, "42 on a host", "60"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holds:
        report = json.loads(holds.stdout.readline())
        assert (report["held_by"], report["failed"]) == (None, None)
        with pytest.raises(DeviceError, match=r"here is in use by process 42 on a host$"):
            Lock(tmp_path / "lock", "here").acquire()
        holds.stdin.close()
        assert holds.wait(10) == 0
    Lock(tmp_path / "lock", "here").acquire().release()


def test_the_agents_files_are_mended(device_home):
    with LocalDevice() as device:
        device.start_agent().close()
        (package,) = device_home.glob("agents/*/edgekit_agent")
        (package / "inference/golden.py").write_text("raise SystemExit('tampered')")
        (package / "machine/cpu.py").unlink()
    with LocalDevice() as device:
        with device.start_agent() as agent:
            assert agent.request("facts", Facts)
        assert {path.relative_to(package).as_posix() for path in package.rglob("*.py")} == set(agent_paths())
        assert not list(device_home.glob("agents/.*"))


def test_another_python(tmp_path):
    with LocalDevice() as device:
        with pytest.raises(UsageError, match="there is no Python at"):
            device.start_agent(python=str(tmp_path / "python"))
        with device.start_agent(python=sys.executable) as agent:
            assert agent.request("hello", Hello, protocol=1).python
        with pytest.raises(DeviceError, match="/bin/false does not run there"):
            device.start_agent(python="/bin/false")


def test_a_python_without_numpy(tmp_path):
    bare = tmp_path / "bare"
    # an interpreter that finds no packages of its environment
    bare.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    bare.chmod(0o755)
    with LocalDevice() as device, pytest.raises(DeviceError, match="cannot run the agent: No module named 'numpy'"):
        device.start_agent(python=str(bare))


def test_a_folder_that_cannot_be_used(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(DeviceError, match=r"no folder that can be used: .*Not a directory"):
        LocalDevice().__enter__()


def test_nothing_more_is_started_by_a_thread_whose_link_was_left(tmp_path):
    """As when Ctrl-C leaves it, of several devices, just before one starts to measure for minutes."""
    link, ran = LocalTransport(), tmp_path / "ran"
    with link:
        pass
    with pytest.raises(DeviceError, match="local: not connected"):
        link.start(["sh", "-c", f"sleep 0.5; touch {ran}"], {})
    with link:
        assert link.run(["sleep", "1"]).code == 0, "entered again it is a link again"
    assert not ran.exists()
