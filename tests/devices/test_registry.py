"""Devices by name: the file, the URLs, and what `--device` stands for."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.devices.registry import add_device, chosen, known_devices, registry_path, remove_device, resolve
from edgekit.errors import NotFoundError, UsageError
from edgekit.schema.device import DeviceUrl, KnownDevice


@pytest.fixture(autouse=True)
def registry(monkeypatch, tmp_path) -> Path:
    path = tmp_path / "config" / "devices.yaml"
    monkeypatch.setenv("EDGEKIT_DEVICES", str(path))
    return path


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("local", DeviceUrl("local")),
        ("local:", DeviceUrl("local")),
        ("ssh://raspberrypi", DeviceUrl("ssh", "raspberrypi")),
        ("ssh://pi@192.168.1.7:2222", DeviceUrl("ssh", "192.168.1.7", "pi", 2222)),
        ("ssh://[fe80::1%eth0]:22", DeviceUrl("ssh", "fe80::1%eth0", None, 22)),
        ("ssh://pi_4.local/", DeviceUrl("ssh", "pi_4.local")),
        ("adb://emulator-5554", DeviceUrl("adb", serial="emulator-5554")),
        ("adb://192.168.1.7:5555", DeviceUrl("adb", serial="192.168.1.7:5555")),
        # `adb devices` of a phone paired over the air
        (
            "adb://adb-R58M123-x9Yz._adb-tls-connect._tcp",
            DeviceUrl("adb", serial="adb-R58M123-x9Yz._adb-tls-connect._tcp"),
        ),
    ],
)
def test_urls_have_parts(text, parts):
    assert DeviceUrl.parse(text) == parts
    assert DeviceUrl.parse(str(parts)) == parts


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "pi4",
            "http://pi",
            "ssh:pi",
            "ssh://",
            "ssh://pi@",
            "ssh://host:0",
            "ssh://host:65536",
            "ssh://host/path",
        ),
        *("ssh://-oProxyCommand=reboot", "ssh://pi;reboot", "ssh://$(reboot)", "ssh://a b", "ssh://-x@host"),
        *("ssh://pi:secret@host", "adb://", "adb://-s", "adb://a b", "adb://a;b", "local:x", "ssh://host\n"),
    ],
)
def test_what_is_no_url_is_refused(text):
    with pytest.raises(UsageError) as caught:
        DeviceUrl.parse(text)
    assert caught.value.advice


def test_a_password_is_not_repeated():
    with pytest.raises(UsageError) as caught:
        DeviceUrl.parse("ssh://pi:secret@host")
    assert "secret" not in caught.value.message + (caught.value.advice or "")


@given(st.text(max_size=40))
def test_no_text_is_anything_but_a_url_or_an_error(text):
    for prefix in ("", "ssh://", "adb://"):
        try:
            url = DeviceUrl.parse(prefix + text)
        except UsageError:
            continue
        assert DeviceUrl.parse(str(url)) == url
        assert not url.host.startswith("-") and not url.serial.startswith("-")


def test_a_device_is_named_found_and_forgotten(registry):
    assert known_devices() == {}
    add_device("pi4", KnownDevice(url="ssh://pi@raspberrypi", target="rpi4"))
    add_device("phone", KnownDevice(url="adb://R58M", python="/opt/a b/python3"))
    assert resolve("pi4") == KnownDevice(url="ssh://pi@raspberrypi", target="rpi4")
    assert resolve("ssh://x") == KnownDevice(url="ssh://x")
    assert resolve("local").url == "local:"
    assert list(known_devices()) == ["pi4", "phone"]
    assert remove_device("pi4").target == "rpi4"
    assert list(known_devices()) == ["phone"]
    assert registry.is_file()


def test_a_name_is_taken_once_unless_forced():
    add_device("pi", KnownDevice(url="ssh://one"))
    with pytest.raises(UsageError, match=r"pi is ssh://one already"):
        add_device("pi", KnownDevice(url="ssh://two"))
    add_device("pi", KnownDevice(url="ssh://two"), force=True)
    assert resolve("pi").url == "ssh://two"


@pytest.mark.parametrize("name", ["", "all", "local", "a b", "-x", "../x", "a:b", "x" * 61])
def test_a_name_that_means_something_else_is_refused(name, registry):
    with pytest.raises(UsageError):
        add_device(name, KnownDevice(url="ssh://host"))
    assert not registry.exists()


def test_an_unknown_name_says_what_was_meant():
    add_device("kitchen", KnownDevice(url="ssh://kitchen"))
    with pytest.raises(NotFoundError, match="unknown device 'kichen'") as caught:
        resolve("kichen")
    assert caught.value.advice == "did you mean 'kitchen'?"
    with pytest.raises(NotFoundError) as caught:
        resolve("zzz")
    assert caught.value.advice == "there are: kitchen, local; name one: edgekit devices add zzz ssh://HOST"


def test_an_unknown_target_is_refused():
    with pytest.raises(NotFoundError, match="unknown target 'rpi9'"):
        add_device("pi", KnownDevice(url="ssh://pi", target="rpi9"))


def test_a_target_of_ones_own_is_found_from_any_folder(tmp_path, monkeypatch):
    from edgekit.schema.resources import shipped_files

    (tmp_path / "mine.yaml").write_text(shipped_files("targets")["rpi4"].read_text())
    monkeypatch.chdir(tmp_path)
    kept = add_device("pi", KnownDevice(url="ssh://pi", target="mine.yaml"))
    assert kept.target == resolve("pi").target == str(tmp_path / "mine.yaml")


def test_what_device_stands_for():
    with pytest.raises(UsageError, match="no device has a name yet"):
        chosen(["all"])
    add_device("a", KnownDevice(url="ssh://a"))
    add_device("b", KnownDevice(url="ssh://b"))
    assert chosen(["all"]) == chosen(["a", "all"]) == ("a", "b")
    assert chosen(["b", "a", "b", "local"]) == ("b", "a", "local")
    with pytest.raises(UsageError, match="a and ssh://a are one device"):
        chosen(["a", "ssh://a"])
    with pytest.raises(NotFoundError):
        chosen(["a", "c"])


def test_a_file_that_was_spoiled_names_itself(registry):
    registry.parent.mkdir()
    registry.write_text("devices: {pi: {url: ssh://pi, tagret: rpi4}}")
    with pytest.raises(UsageError, match=r"devices\.yaml:1: unknown key 'devices\.pi\.tagret'") as caught:
        known_devices()
    assert caught.value.advice == "did you mean 'target'?"


def test_the_place_of_the_file(monkeypatch, tmp_path):
    monkeypatch.delenv("EDGEKIT_DEVICES")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert registry_path() == tmp_path / "xdg/edgekit/devices.yaml"
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert registry_path() == tmp_path / ".config/edgekit/devices.yaml"


def test_devices_that_are_named_at_the_same_time_are_all_kept():
    together = threading.Barrier(8)

    def name(number):
        together.wait()
        add_device(f"pi{number}", KnownDevice(url=f"ssh://pi{number}"))

    threads = [threading.Thread(target=name, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(known_devices()) == [f"pi{number}" for number in range(8)]


def test_a_file_that_is_a_link_is_changed_where_it_leads(registry, tmp_path):
    real = tmp_path / "dotfiles" / "devices.yaml"
    registry.parent.mkdir()
    registry.symlink_to(real)
    add_device("pi", KnownDevice(url="ssh://pi"))
    add_device("phone", KnownDevice(url="adb://1"))
    remove_device("pi")
    assert registry.is_symlink()
    assert not real.is_symlink()
    assert "phone" in real.read_text()
    assert list(known_devices()) == ["phone"]
    assert [path.name for path in registry.parent.iterdir()] == ["devices.yaml"]
