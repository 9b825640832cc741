"""Where edgekit's folder is on a device: where a person says, and what the doctor sees of the usual place."""

import json
import os
import subprocess
import sys

import pytest
from command_line import edgekit

from edgekit.devices.open_device import open_device
from edgekit.devices.registry import resolve
from edgekit.errors import DeviceError

PYTHON = ("--python", sys.executable)


@pytest.fixture(autouse=True)
def registry(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))


def doctor(name):
    code, out, err = edgekit("devices", "doctor", name, "--json")
    [found] = json.loads(out)
    assert found["reached"], err
    return code, found


def problems(found, words):
    return [problem for problem in found["problems"] if words in problem["what"]]


class TestElsewhere:
    @pytest.fixture
    def board(self, ssh_server, tmp_path):
        """A device whose user has no home, and a folder for edgekit on another disk."""
        ssh_server.environment["HOME"] = str(tmp_path / "gone")
        code, _, err = edgekit("devices", "add", "pi", ssh_server.url, *PYTHON, "--home", f"{tmp_path}/disk/edge kit/")
        assert code == 0, err
        assert resolve("pi").home == f"{tmp_path}/disk/edge kit"
        return tmp_path / "disk" / "edge kit"

    def test_every_command_goes_there(self, board, onnx_bundle, ssh_server, tmp_path):
        assert json.loads(edgekit("devices", "list", "--json")[1])[0]["home"] == str(board)
        code, found = doctor("pi")
        assert (code, found["home"]) == (0, str(board))
        assert not board.exists(), "the doctor writes nothing"
        short = ("--length", "8", "--processes", "1", "--min-seconds", "0", "--max-runs", "2", "--min-runs", "1")
        code, _, err = edgekit("profile", onnx_bundle, "--device", "pi", *short)
        assert code in (0, 3), err
        code, _, err = edgekit("deploy", onnx_bundle, "--device", "pi", "--as", "home")
        assert code == 0, err
        assert (board / "deployed" / "home" / "current" / "model.onnx").is_file()
        assert {"files", "agents", "deployed", "lock"} <= {path.name for path in board.iterdir()}
        assert edgekit("devices", "setup", "pi", "--remove")[0] == 0
        assert not (board / "files").exists()
        assert not (tmp_path / "gone").exists()
        assert list(ssh_server.home.iterdir()) == []

    def test_a_folder_of_others_is_refused(self, board, ssh_server):
        (board / "files").mkdir(parents=True)
        (board / "files" / "photo").touch()
        with pytest.raises(DeviceError, match="holds other files"), open_device("pi"):
            pass
        code, found = doctor("pi")
        assert code == 3
        assert problems(found, "holds other files, as files")
        code, _, err = edgekit("devices", "add", "b", ssh_server.url, "--home", str(board), "--check")
        assert code == 4
        assert "holds other files" in err
        assert edgekit("devices", "setup", "pi", "--remove")[0] == 4
        assert (board / "files" / "photo").exists()

    def test_an_empty_disk_is_none_of_others(self, board):
        (board / "lost+found").mkdir(parents=True)
        for _ in range(2):
            with open_device("pi") as device:
                assert device.home == str(board)

    @pytest.mark.parametrize("folder", ["here", "~/x", "/", "", "/a\nb", "../x", "/" + "x" * 1000])
    def test_what_is_no_folder(self, ssh_server, folder):
        code, _, err = edgekit("devices", "add", "pi", ssh_server.url, "--home", folder)
        assert code == 2
        assert "--home" in err

    def test_this_machine(self, tmp_path):
        assert edgekit("devices", "add", "me", "local:", "--home", str(tmp_path / "mine"))[0] == 0
        with open_device("me") as device:
            assert device.home == str(tmp_path / "mine")


class TestTheUsualPlace:
    def test_a_home_that_is_not_there(self, ssh_server, tmp_path):
        ssh_server.environment["HOME"] = str(tmp_path / "file" / "gone")
        (tmp_path / "file").touch()
        with (
            pytest.raises(DeviceError, match=r"home folder .*/gone is not there") as caught,
            open_device(ssh_server.url),
        ):
            pass
        assert "--home DIR" in caught.value.advice
        code, found = doctor(ssh_server.url)
        assert code == 3
        [problem] = problems(found, "is not there")
        assert f"edgekit devices add NAME {ssh_server.url} --home DIR" in problem["cure"]

    @pytest.fixture
    def mounted(self, tmp_path):
        """Mounts a small file system in memory as a home, in the way that is asked for."""
        places = []

        def mount(how):
            place = tmp_path / how
            place.mkdir()
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size=1m,{how}", "tmpfs", place], check=False, capture_output=True
            )
            if done.returncode != 0:
                pytest.skip("needs to mount file systems, as root can")
            places.append(place)
            return place

        yield mount
        for place in places:
            subprocess.run(["umount", "-l", place], check=True)

    def test_a_home_without_execution(self, ssh_server, mounted):
        ssh_server.environment["HOME"] = str(mounted("noexec"))
        _, found = doctor(ssh_server.url)
        [problem] = problems(found, "is mounted noexec")
        assert "--home DIR" in problem["cure"]

    def test_a_home_that_is_read_only(self, ssh_server, mounted):
        place = mounted("ro")
        ssh_server.environment["HOME"] = str(place)
        code, found = doctor(ssh_server.url)
        assert code == 3
        assert problems(found, "cannot be written: its file system is mounted read-only")
        edgekit("devices", "add", "pi", ssh_server.url, "--home", f"{place}/x")
        with pytest.raises(DeviceError, match="Read-only file system"), open_device("pi"):
            pass

    def test_a_home_of_another_user(self, ssh_server, tmp_path):
        if os.geteuid() == 0:
            pytest.skip("root may write everywhere")
        ssh_server.home.chmod(0o500)
        assert problems(doctor(ssh_server.url)[1], "cannot be written")
