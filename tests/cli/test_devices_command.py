"""`edgekit devices` and `edgekit targets detect`, as a person calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgekit.cli import main
from edgekit.cli.devices.command import command
from edgekit.cli.targets.command import command as targets
from edgekit.schema.target import Target


@pytest.fixture(autouse=True)
def registry(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "device"))
    return tmp_path / "devices.yaml"


def run(*words: str):
    result = CliRunner().invoke(command, list(words), prog_name="edgekit devices")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def edgekit(capsys, *words: str) -> tuple[int, str, str]:
    """The whole command line in this process: exit code, standard output and error."""
    with pytest.raises(SystemExit) as stop:
        main(list(words))
    report = capsys.readouterr()
    return int(stop.value.code or 0), report.out, report.err


def test_a_device_is_added_listed_and_removed(registry):
    printed = run("add", "pi4", "ssh://pi@raspberrypi", "--target", "rpi4", "--python", "/opt/python3.11/bin/python3")
    assert printed.stdout == f"pi4 is ssh://pi@raspberrypi, of target rpi4  ({registry})\n"
    run("add", "phone", "adb://R58M")
    listed = json.loads(run("list", "--json").stdout)
    assert [row["name"] for row in listed] == ["pi4", "phone"]
    assert listed[0]["python"] == "/opt/python3.11/bin/python3"
    lines = run("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["device", "pi4", "phone"]
    assert run("remove", "pi4").stdout == "pi4 (ssh://pi@raspberrypi) is forgotten\n"
    assert json.loads(run("remove", "phone", "--json").stdout)["url"] == "adb://R58M"
    assert run("list").stdout == ""


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["add", "pi", "raspberrypi"], "is not a device's URL"),
        (["add", "all", "ssh://pi"], "means something already"),
        (["add", "pi", "ssh://pi", "--target", "rpi44"], "did you mean 'rpi4'"),
        (["remove", "pi"], "unknown device 'pi'"),
        (["doctor", "pi"], "unknown device 'pi'"),
        (["doctor", "all"], "no device has a name yet"),
        (["doctor"], "Missing argument 'DEVICE...'"),
    ],
)
def test_wrong_usage_is_one_clear_line(words, printed, capsys, registry):
    code, out, err = edgekit(capsys, "devices", *words)
    assert (code, out) == (2, "")
    assert printed in err
    assert not registry.exists()


def test_check_reaches_the_device_first(capsys, registry):
    assert run("add", "here", "local:", "--target", "x86-64", "--check").exit_code == 0
    code, _, err = edgekit(capsys, "devices", "add", "pi", "local:", "--target", "rpi4", "--check")
    assert code == 4
    assert "local: is no rpi4 (Raspberry Pi 4 Model B, 64-bit OS)" in err
    assert "its targets: x86-64" in err
    assert "pi" not in registry.read_text().split()


def test_the_doctor_of_this_machine(capsys):
    code, out, _ = edgekit(capsys, "devices", "doctor", "local", "--json")
    [found] = json.loads(out)
    assert code == (0 if found["runs"] else 3)
    assert found["runs"], found["problems"]
    assert found["fingerprint"]["arch"] == "x86_64"
    assert {place["runtime"] for place in found["runtimes"]} == {None}
    assert found["state"]["ram_mb"] > 0
    code, out, _ = edgekit(capsys, "devices", "doctor", "local")
    assert out.startswith("local  local:\n  board ")
    assert "onnxruntime" in out


def test_one_that_cannot_be_reached_does_not_hide_the_other(capsys):
    run("add", "here", "local:")
    # nothing listens on this port
    run("add", "gone", "ssh://nobody@127.0.0.1:1")
    code, out, _ = edgekit(capsys, "devices", "doctor", "gone", "here", "--json")
    gone, here = json.loads(out)
    assert code == 4
    assert (gone["reached"], here["reached"]) == (False, True)
    assert "127.0.0.1" in gone["error"]
    code, out, _ = edgekit(capsys, "devices", "doctor", "all")
    assert code == 4
    assert out.index("here  local:") < out.index("gone: ssh://nobody@127.0.0.1:1")


def test_a_python_that_is_not_there_stops_a_run(capsys):
    code, out, _ = edgekit(capsys, "devices", "doctor", "local", "--python", "/no/such/python", "--json")
    [found] = json.loads(out)
    assert (code, found["runs"]) == (3, False)
    assert found["problems"][0]["what"] == "there is no /no/such/python"


def test_detect_names_a_target_or_writes_one(capsys, tmp_path):
    code, _, err = edgekit(capsys, "targets", "detect")
    assert code == 0
    assert "targets: x86-64" in err
    out = tmp_path / "mine.yaml"
    code, printed, _ = edgekit(capsys, "targets", "detect", "--device", "local", "-o", str(out), "--name", "my-desk")
    assert (code, printed.splitlines()[-1]) == (0, f"wrote {out}")
    target = Target.read(out)
    assert (target.name, target.arch) == ("my-desk", "x86_64")
    code, _, err = edgekit(capsys, "targets", "detect", "-o", str(out))
    assert (code, f"error: {out} exists" in err) == (2, True)
    assert edgekit(capsys, "targets", "detect", "-o", str(out), "--force")[0] == 0
    report = json.loads(CliRunner().invoke(targets, ["detect", "--json"]).stdout)
    assert report["matches"] == ["x86-64"]
    assert report["fingerprint"]["arch"] == "x86_64"


@pytest.mark.parametrize("path", [[], ["find"], ["add"], ["list"], ["remove"], ["doctor"], ["setup"]])
def test_every_help_has_an_example(path):
    assert "Example" in run(*path, "--help").output
