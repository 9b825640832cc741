"""A real adbd that runs real commands on this machine, behind a real adb server: a device over adb."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from process_table import process_folders

_LINK = Path(__file__).parents[1] / "scripts" / "emulated_pi" / "adb_link.py"
_ANDROID = Path(__file__).with_name("android_root.sh")
_MARK = "EDGEKIT_TEST_ADBD"
_UP_SECONDS = 20
# a root of one's own where this user has none; adbd asks nobody who they are, so it gets a network of its own
_AS_ROOT = [] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user"]


class Adbd:
    """An adbd on loopback, in a network of its own that one port of loopback leads to.

    home: edgekit's folder there, for one that is no Android
    """

    def __init__(self, folder: Path, *, android: bool = False) -> None:
        self.home = folder / "device"
        self.root = folder / "root"
        self._android = android
        self._mark = uuid.uuid4().hex
        # adb takes 5555 to 5585 for emulated phones of its own
        self.port = _free_port()

    @property
    def serial(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"adb://{self.serial}"

    def start(self) -> None:
        environment = {"PATH": os.environ["PATH"], "EDGEKIT_DEVICE_HOME": str(self.home), _MARK: self._mark}
        command = ["adbd"]
        if self._android:
            environment |= {"EDGEKIT_DEVICE_HOME": "", "HOME": "/"}
            command = ["unshare", "--mount", "sh", str(_ANDROID), str(self.root), "env", "PATH=/bin", "/usr/sbin/adbd"]
        self._process = subprocess.Popen(
            [*_AS_ROOT, sys.executable, str(_LINK), str(self.port), *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _UP_SECONDS
        while not answers(self.port):
            assert self._process.poll() is None, "adbd ended"
            assert time.monotonic() < deadline, "adbd does not come up"
            time.sleep(0.05)

    def stop(self) -> None:
        """End adbd, as a device that is switched off; and what it started."""
        for pid in (*self._ours(), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def sleep(self) -> None:
        """Let adbd do nothing, as on a device that sleeps; its links stay."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def living(self) -> list[str]:
        """The commands that were started over adb and still run."""
        found = []
        for pid in self._ours():
            with suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                if pid != self._process.pid and not command[0].endswith(b"adbd"):
                    found.append(b" ".join(command).decode(errors="replace").strip())
        return found

    def _signal(self, number: int) -> None:
        for pid in self._ours():
            with suppress(OSError):  # one that has just ended
                if Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(b"adbd"):
                    os.kill(pid, number)

    def _ours(self) -> list[int]:
        found = []
        for process in process_folders():
            with suppress(OSError):
                if f"{_MARK}={self._mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
        return found


@contextmanager
def adbd(folder: Path, *, android: bool = False) -> Iterator[Adbd]:
    device = Adbd(folder, android=android)
    device.start()
    try:
        yield device
    finally:
        device.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether adbd itself answers behind the port, by the first word of adb's protocol."""
    # CNXN, version 1, 4096 bytes at most, no features
    words = (0x4E584E43, 0x01000000, 4096, 7, sum(b"host::\0"), 0x4E584E43 ^ 0xFFFFFFFF)
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as link:
        link.settimeout(2)
        link.sendall(b"".join(word.to_bytes(4, "little") for word in words) + b"host::\0")
        return link.recv(4) == b"CNXN"
    return False


def why_not() -> str | None:
    """What is missing here for an adbd."""
    if sys.platform != "linux" or shutil.which("adbd") is None:
        return "adbd is not installed: apt-get install adbd (Debian 13, or 12 with backports)"
    if subprocess.run([*_AS_ROOT, "unshare", "--net", "true"], capture_output=True, check=False).returncode:
        return "this user can make no network of its own for adbd, which would serve everybody"
    return None


@pytest.fixture(scope="session")
def adb_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an adb server that is started by whoever needs it, and ended with the tests."""
    import adbutils

    port = _free_port()
    yield port
    if not _taken(port):
        return
    subprocess.run(
        [adbutils.adb_path(), "kill-server"],
        env=os.environ | {"ANDROID_ADB_SERVER_PORT": str(port), "HOME": str(tmp_path_factory.mktemp("adb"))},
        capture_output=True,
        check=False,
    )


@pytest.fixture
def adb(adb_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """An adb server of the tests' own; its port."""
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(adb_port))
    monkeypatch.setenv("HOME", str(tmp_path))
    return adb_port


@pytest.fixture(scope="session")
def running_adbd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adbd]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    with adbd(tmp_path_factory.mktemp("adbd")) as device:
        yield device


@pytest.fixture(scope="session")
def running_android(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adbd]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    if any(shutil.which(name) is None for name in ("mksh", "toybox")):
        pytest.skip("Android's shell and programs are not installed: apt-get install mksh toybox")
    with adbd(tmp_path_factory.mktemp("android"), android=True) as device:
        yield device


@pytest.fixture
def adb_device(adb: int, running_adbd: Adbd) -> Adbd:
    """A board that runs adbd, with nothing of edgekit on it but the agent, which takes seconds to bring."""
    for path in running_adbd.home.glob("*"):
        if path.is_dir() and path.name != "agents":
            shutil.rmtree(path)
    return running_adbd


@pytest.fixture
def android(adb: int, running_android: Adbd) -> Adbd:
    """What looks like a phone from its shell."""
    return running_android


def _taken(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False
