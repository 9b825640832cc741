"""What the tests of devices share: a device that can be spoiled, and files of the machine's own."""

from pathlib import Path

import pytest
from remote_faults import PYTHON


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
    monkeypatch.setattr("edgekit.devices.ssh.connect.KEEPALIVE_SECONDS", 0.5)
    monkeypatch.setattr("edgekit.devices.heartbeat.BEAT_SECONDS", 0.3)
    monkeypatch.setattr("edgekit.devices.remote.PATIENCE_SECONDS", 1.5)


@pytest.fixture
def machines_file(client_home, tmp_path, monkeypatch):
    """The machine's configuration, in a folder of its own."""
    folder = tmp_path / "etc"
    folder.mkdir()
    monkeypatch.setattr("edgekit.devices.ssh.host_config.SYSTEM_FILE", str(folder / "ssh_config"))
    return folder / "ssh_config"
