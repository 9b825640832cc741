"""Looking for devices in what ssh is configured with; no network is touched."""

from __future__ import annotations

import socket
import subprocess

import pytest

from edgekit.devices.find import find_devices


@pytest.fixture
def ssh(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    # no adb server: what is found is what ssh knows
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "1")
    monkeypatch.setenv("ADBUTILS_ADB_PATH", str(tmp_path / "no-adb"))
    monkeypatch.setenv("PATH", str(tmp_path / "no-programs"))
    monkeypatch.setattr("edgekit.devices.find.SYSTEM_FILE", str(tmp_path / "etc" / "ssh_config"))
    folder = tmp_path / ".ssh"
    folder.mkdir()
    return folder


def hosts():
    return [each.url for each in find_devices().candidates if each.url.startswith("ssh:")]


def test_hosts_are_those_named_one_by_one(ssh):
    (ssh / "config").write_text(
        "# Host commented\nHost pi4 pi5\n  HostName 10.0.0.7\n  User pi\n"
        'host "lab pi" *.example !bad ?x -oProxyCommand=reboot $(reboot)\nHost=kitchen\nHost *\n  User root\n'
        "Match host pi9\nHost pi4 # again\n"
    )
    assert hosts() == ["ssh://pi4", "ssh://pi5", "ssh://kitchen"]


def test_included_files_are_read_and_circles_end(ssh):
    (ssh / "config").write_text("Include config.d/*.conf\nInclude config\nHost last\n")
    (ssh / "config.d").mkdir()
    (ssh / "config.d" / "a.conf").write_text(f"Host first\nInclude {ssh}/config.d/b.conf\n")
    (ssh / "config.d" / "b.conf").write_text("Host second\n")
    assert sorted(hosts()) == ["ssh://first", "ssh://last", "ssh://second"]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00Host x\n", b'Host "unended\nHost y\n', b"Include /dev/zero\nInclude ~nobody/[\n"]
)
def test_a_strange_file_ends_nothing(ssh, content):
    (ssh / "config").write_bytes(content)
    assert set(hosts()) <= {"ssh://y"}


def test_without_a_file_there_is_none(ssh):
    assert hosts() == []


def test_the_machines_own_file_is_read_after_the_users(ssh, tmp_path):
    (ssh / "config").write_text("Host pi4\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "ssh_config").write_text("Include ssh_config.d/*\nHost *\nHost pi4 lab\n")
    (tmp_path / "etc" / "ssh_config.d").mkdir()
    (tmp_path / "etc" / "ssh_config.d" / "boards.conf").write_text("Host pi5\n")
    assert sorted(hosts()) == ["ssh://lab", "ssh://pi4", "ssh://pi5"]
    assert find_devices().candidates[0].note == str(ssh / "config")


def test_an_adb_server_that_was_started_is_told(ssh, monkeypatch, tmp_path):
    """It stays, as it does for every program that uses adb; the next look finds it there."""
    adbutils = pytest.importorskip("adbutils")
    monkeypatch.delenv("ADBUTILS_ADB_PATH")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
    try:
        told = find_devices().notes
        if told and "cannot be run" in told[0]:
            pytest.skip("there is no adb")
        assert told == ("the adb server was started, and stays for whatever uses adb: adb kill-server ends it",)
        assert find_devices().notes == ()
    finally:
        subprocess.run([adbutils.adb_path(), "kill-server"], capture_output=True, check=False)
