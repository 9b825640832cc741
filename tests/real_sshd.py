"""OpenSSH's own server on loopback, run by this user, for the tests of what `ssh` would do."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest

from edgekit.devices.open_device import open_transport
from edgekit.errors import DeviceError

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin")
START_SECONDS = 20
# where a server that runs as root puts itself before anybody is let in
_SEPARATION = Path("/run/sshd")

needs_sshd = pytest.mark.skipif(
    SSHD is None or (os.geteuid() == 0 and not _SEPARATION.is_dir()),
    reason="needs OpenSSH's server: apt-get install openssh-server, and as root mkdir /run/sshd",
)


class RealSshd:
    """A running server. keys: its host keys' public lines, by kind; folder: of its files and edgekit's"""

    def __init__(self, folder: Path, port: int, keys: dict[str, str]) -> None:
        self.folder, self.port, self.keys = folder, port, keys
        self.user = getpass.getuser()
        self.home = folder / "device"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen([str(SSHD), "-D", "-e", "-f", self.folder / "sshd_config"], stderr=log)
        _wait_for(self.port, self.process, self.folder / "log")

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait()

    def reload(self) -> None:
        """Start again, as its files have changed."""
        self.stop()
        self.start()

    def url(self, host: str = "127.0.0.1") -> str:
        return f"ssh://{self.user}@{host}:{self.port}"


@contextmanager
def real_sshd(folder: Path, authorized: Path, *more: str, keys: tuple[str, ...] = ("ed25519",)) -> Iterator[RealSshd]:
    """Serve on 127.0.0.1 with host keys of these kinds; `more` are lines of its configuration."""
    folder.mkdir(parents=True)
    public = {}
    for kind in keys:
        file = folder / f"host_{kind}"
        subprocess.run([_keygen(), "-q", "-t", kind, "-N", "", "-C", "", "-f", file], check=True)
        public[kind] = file.with_suffix(".pub").read_text().strip()
    server = RealSshd(folder, _free_port(), public)
    lines = [
        f"Port {server.port}",
        "ListenAddress 127.0.0.1",
        *(f"HostKey {folder}/host_{kind}" for kind in keys),
        f"AuthorizedKeysFile {authorized}",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        f"SetEnv EDGEKIT_DEVICE_HOME={server.home}",
        *more,
    ]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _keygen() -> str:
    return shutil.which("ssh-keygen") or "/usr/bin/ssh-keygen"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "sshd did not come up"
            time.sleep(0.02)
        else:
            return


def reached(url):
    """Whether a command runs at the other end."""
    with open_transport(url) as transport:
        return transport.run(["true"]).code == 0


def refused(url):
    """The error with which nothing is reached."""
    with pytest.raises(DeviceError) as caught, open_transport(url):
        pass
    assert caught.value.exit_code == 4
    return caught.value


def known(client, *lines):
    """Make these the lines of the client's known_hosts."""
    (client.ssh / "known_hosts").write_text("".join(f"{line}\n" for line in lines))


def other_key():
    """The line of a key that no host has."""
    return asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()


def agreed(client, board, host):
    """Whether the host is reached, by edgekit as by `ssh` itself."""
    options = {
        "UserKnownHostsFile": client.ssh / "known_hosts",
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "BatchMode": "yes",
        "IdentityFile": client.ssh / "id_ed25519",
        "IdentityAgent": "none",
        "Port": board.port,
        "User": board.user,
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    ssh = subprocess.run(["ssh", "-F", "none", *words, host, "true"], check=False, capture_output=True)
    try:
        ours = reached(board.url(host))
    except DeviceError as error:
        assert "host key of" in error.message
        ours = False
    assert ours == (ssh.returncode == 0), ssh.stderr
    return ours
