"""A device over SSH: what is brought there, how it is locked, and the agent that runs there."""

import os
import sys
import time
from pathlib import Path

import pytest

from edgekit.devices.messages import Facts, Golden
from edgekit.devices.open_device import open_device
from edgekit.devices.sync import Sync
from edgekit.errors import DeviceError, NotFoundError, UsageError
from edgekit.schema.measurement import Measurement

PYTHON = sys.executable


@pytest.fixture
def url(ssh_server):
    """A device whose python3 has the runtimes."""
    ssh_server.environment["PATH"] = f"{Path(PYTHON).parent}:{ssh_server.environment['PATH']}"
    return ssh_server.url


def wait_for_the_end(server):
    while server.living():
        time.sleep(0.02)
    time.sleep(0.5)


def home(server):
    return server.home / ".cache" / "edgekit" / "device"


def test_a_bundle_runs_there(url, bundle, ssh_server):
    with open_device(url) as device, device.start_agent() as agent:
        path = device.put(bundle)
        assert path.startswith(f"{home(ssh_server)}/files/")
        assert agent.request("golden", Golden, path=path).cases == 4
        assert agent.request("facts", Facts).fingerprint.cores >= 1
        taken = agent.request("profile", Measurement, path=path, length=8, min_runs=3, min_seconds=0, warmup=1)
        assert (taken.length, taken.threads) == (8, 1)
    assert not ssh_server.living()


def test_a_manifest_that_is_written_anew_on_its_way_arrives_as_it_was(url, onnx_bundle, monkeypatch):
    """As when another device's accuracy is recorded at that moment."""
    manifest = onnx_bundle / "manifest.json"
    before, ask = manifest.read_bytes(), Sync._ask

    def asked(self, do, *rest, **more):
        answer = ask(self, do, *rest, **more)
        manifest.write_bytes(before + b"\n")
        return answer

    monkeypatch.setattr(Sync, "_ask", asked)
    with open_device(url) as device:
        assert (Path(device.put(onnx_bundle)) / "manifest.json").read_bytes() == before


def test_what_is_there_is_not_sent_again(url, onnx_bundle, ssh_server):
    def pushed():
        return [command for command in ssh_server.commands if "edgekit-push" in command]

    (onnx_bundle / "vectors.bin").write_bytes(os.urandom(200_000))
    (onnx_bundle / "measurements").mkdir()
    (onnx_bundle / "measurements" / "latency.json").write_text("{}")
    (onnx_bundle / ".hidden").write_text("mine")
    with open_device(url) as device:
        first = device.put(onnx_bundle)
        sent = len(pushed())
        assert sent == 2  # what is big, and all that is small in one
        assert device.put(onnx_bundle) == first
        assert len(pushed()) == sent
    there = Path(first)
    names = {path.name for path in onnx_bundle.iterdir()} - {"measurements", ".hidden"}
    assert {path.name for path in there.iterdir()} == names
    assert all((there / name).read_bytes() == (onnx_bundle / name).read_bytes() for name in names)
    # of what is sent, one file was damaged on the device since: it alone is sent again
    (there / "model.onnx").write_bytes(b"damaged")
    with open_device(url) as device:
        assert device.put(onnx_bundle) == first
    assert len(pushed()) == sent + 1
    assert (there / "model.onnx").read_bytes() == (onnx_bundle / "model.onnx").read_bytes()


def test_files_are_the_owners_alone(url, onnx_bundle, ssh_server):
    with open_device(url) as device:
        device.put(onnx_bundle)
        device.start_agent().close()
    for path in [home(ssh_server), *home(ssh_server).rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("name", ["a b'c", 'x"; touch gone; "', "$(touch gone)", "new\nline.onnx", "-rf", "ü°漢"])
def test_names_reach_the_device_as_they_are(url, onnx_bundle, ssh_server, name):
    odd = onnx_bundle.parent / name
    onnx_bundle.rename(odd)
    (odd / name).write_text("odd")
    with open_device(url) as device:
        path = device.put(odd)
        assert (Path(path) / name).read_text() == "odd"
        single = device.put(odd / name)
        assert Path(single).name == name
        assert Path(single).read_text() == "odd"
    assert not list(ssh_server.home.rglob("gone"))


def test_bundles_used_longest_ago_are_forgotten(url, tmp_path, ssh_server):
    with open_device(url) as device:
        for number in range(10):
            (tmp_path / "file").write_text(str(number))
            device.put(tmp_path / "file")
        kept = {path.read_text() for path in home(ssh_server).glob("files/*/file")}
    assert kept == {str(number) for number in range(2, 10)}


def test_what_cannot_be_sent(url, tmp_path):
    with open_device(url) as device:
        with pytest.raises(NotFoundError, match="does not exist"):
            device.put(tmp_path / "nowhere")
        for number in range(501):
            (tmp_path / f"{number}").touch()
        with pytest.raises(UsageError, match="files are too many"):
            device.put(tmp_path)


def test_progress(url, tmp_path):
    from contextlib import contextmanager

    told = []

    class Watching:
        @contextmanager
        def task(self, title, total=None):
            yield lambda done, note="": told.append((title, done, note))

        def say(self, text):
            pass

    (tmp_path / "file").write_bytes(bytes(2_000_000))
    with open_device(url) as device:
        device.put(tmp_path / "file", Watching())
    assert told[-1] == ("push file", 2_000_000, "2.0 of 2.0 MB")


def test_another_folder(url, ssh_server, tmp_path):
    ssh_server.environment["EDGEKIT_DEVICE_HOME"] = str(tmp_path / "an other 'place'")
    with open_device(url) as device:
        assert device.home == str(tmp_path / "an other 'place'")
        device.start_agent().close()


def test_a_folder_with_two_lines(url, ssh_server, tmp_path):
    ssh_server.environment["EDGEKIT_DEVICE_HOME"] = f"{tmp_path}/a\n{tmp_path}"
    with pytest.raises(DeviceError, match="no folder that can be used"):
        open_device(url).__enter__()


def test_a_runtime_of_its_own(url, ssh_server):
    """A folder of `runtimes` comes before what the device has installed; `default` is taken by itself."""
    for name, version in (("default", "1.0"), ("onnxruntime-9.9", "9.9")):
        folder = home(ssh_server) / "runtimes" / name
        (folder / f"onnxruntime-{version}.dist-info").mkdir(parents=True)
        (folder / f"onnxruntime-{version}.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: onnxruntime\nVersion: {version}\n"
        )
    with open_device(url) as device:
        assert device.start_agent().greet().runtimes["onnxruntime"] == "1.0"
        asked = device.start_agent(runtime_folder="runtimes/onnxruntime-9.9")
        assert asked.greet().runtimes["onnxruntime"] == "9.9"
        with pytest.raises(DeviceError, match=r"there is no .*runtimes/onnxruntime-2"):
            device.start_agent(runtime_folder="runtimes/onnxruntime-2")


def test_modules_in_the_users_home_do_not_get_in_the_way(url, ssh_server):
    (ssh_server.home / "numpy.py").write_text("raise SystemExit('the wrong numpy')")
    with open_device(url) as device:
        assert device.start_agent().greet().pid


def test_telemetry_is_off(url, ssh_server):
    with open_device(url) as device:
        pid = device.start_agent().greet().pid
        assert b"ORT_DISABLE_TELEMETRY=1" in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


class TestLock:
    def test_a_lock_that_was_lost(self, url, ssh_server, tmp_path):
        """As after a sleep in which the device gave it back: nothing is started without it."""
        (tmp_path / "file").touch()
        with open_device(url) as device:
            (group,) = ssh_server.living()
            os.killpg(group, 9)
            for use in (device.start_agent, lambda: device.put(tmp_path / "file")):
                with pytest.raises(DeviceError, match="its lock is lost"):
                    wait_for_the_end(ssh_server)
                    use()

    def test_two_runs_at_once(self, url):
        with open_device(url):
            with pytest.raises(DeviceError, match=rf"is in use by process {os.getpid()} on .* since") as caught:
                open_device(url).__enter__()
            assert "two runs" in caught.value.advice
            assert caught.value.exit_code == 4
        with open_device(url):
            pass

    def test_local_and_remote_are_one_device(self, url, ssh_server, monkeypatch):
        monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(home(ssh_server)))
        with open_device("local"), pytest.raises(DeviceError, match="is in use by process"):
            open_device(url).__enter__()
        with open_device(url), pytest.raises(DeviceError, match="local is in use by process"):
            open_device("local").__enter__()

    def test_a_lock_left_behind_locks_nobody_out(self, url, ssh_server):
        home(ssh_server).mkdir(parents=True)
        (home(ssh_server) / "lock").write_text("1 on a machine that is off")
        with open_device(url):
            assert (home(ssh_server) / "lock").read_text().startswith(f"{os.getpid()} on ")

    def test_the_holders_words_are_not_trusted(self, url, ssh_server):
        import fcntl

        home(ssh_server).mkdir(parents=True)
        with (home(ssh_server) / "lock").open("w") as file:
            file.write("\x1b[31m7\nDROP " + "x" * 10_000)
            file.flush()
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(DeviceError) as caught:
                open_device(url).__enter__()
        assert len(caught.value.message) < 300
        assert caught.value.message.isprintable()
