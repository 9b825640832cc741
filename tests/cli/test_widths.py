"""Commands that are to be copied stay on their line, at every width and in a pipe; their paths are quoted."""

import fcntl
import json
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import termios

import click
import pytest
from command_line import edgekit
from hypothesis import given
from hypothesis import strategies as st

from edgekit.cli import cli
from edgekit.schema.resources import shipped_files

BUDGETS = [
    "-b",
    "latency_p95_ms=5,target=rpi4,length=16",
    "-b",
    "accuracy_drop=1",
    "-b",
    "instructions_m=1,target=rpi5",
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    from tiny_bundle import make_bundle

    return make_bundle(tmp_path_factory.mktemp("a folder of a long name; with blanks") / "my onnx", "onnx")


@pytest.fixture
def no_devices(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))


def on_a_terminal(width, *words):
    """What a command prints on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    command = [sys.executable, "-m", "edgekit", *map(str, words)]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment | {"TERM": "xterm"}
    )
    os.close(theirs)
    printed = b""
    try:
        while piece := os.read(ours, 65536):
            printed += piece
    except OSError:  # the terminal's end, as Linux tells it
        pass
    process.wait()
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed.decode()).replace("\r\n", "\n")


def advice(bundle):
    found = json.loads(edgekit("gate", bundle, *BUDGETS, "--json")[1])
    return [row["verdict"]["advice"] for row in found["verdicts"]]


@pytest.mark.parametrize("width", [60, 200])
def test_a_terminal_breaks_no_command(width, bundle, no_devices):
    lines = on_a_terminal(width, "gate", bundle, *BUDGETS).splitlines()
    assert {f"  {each}" for each in advice(bundle)} <= set(lines)


def test_a_hint_is_the_whole_road_with_its_path_quoted(bundle, no_devices):
    latency, _, instructions = advice(bundle)
    add, measure = (shlex.split(each) for each in latency.split(" && "))
    assert add == ["edgekit", "devices", "add", "NAME", "ssh://USER@HOST", "--target", "rpi4"]
    assert measure[:3] == ["edgekit", "profile", str(bundle)] and measure[-2:] == ["--device", "NAME"]
    assert instructions.startswith("edgekit devices emulate rpi5 && edgekit profile ")
    assert "--device emulated-rpi5 --instructions" in instructions
    assert edgekit("devices", "add", "kitchen", "ssh://pi@kitchen", "--target", "rpi4")[0] == 0
    assert shlex.split(advice(bundle)[0])[-2:] == ["--device", "kitchen"]
    assert "&&" not in advice(bundle)[0]


@given(st.integers(60, 200))
def test_no_width_breaks_a_command_in_a_pipe(bundle, width):
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = str(width)
    try:
        _, told, _ = edgekit("gate", bundle, *BUDGETS)
    finally:
        os.environ.pop("COLUMNS") if before is None else os.environ.__setitem__("COLUMNS", before)
    assert {f"  {each}" for each in advice(bundle)} <= set(told.splitlines())


def commands(group, *words):
    yield words
    with click.Context(group) as context:
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            yield from commands(found, *words, name) if isinstance(found, click.Group) else [(*words, name)]


def examples(words, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    return re.findall(r"^\s+(.*\bedgekit .*)$", edgekit(*words, "--help")[1], re.MULTILINE)


@pytest.mark.parametrize("words", list(commands(cli)), ids=" ".join)
def test_no_width_breaks_an_example(words, monkeypatch):
    with_prose = examples(words, monkeypatch, 200)
    typed = {line for line in with_prose if line.startswith(("edgekit ", "cat ", "eval "))}
    assert typed
    assert typed <= set(examples(words, monkeypatch, 60))


def test_no_path_is_told_twice(bundle, tmp_path, no_devices):
    target = tmp_path / "out"
    package = edgekit("package", bundle, "--platform", "web", "-o", target)
    assert package[0] == 0, package
    shutil.copytree(bundle, tmp_path / "copy")
    for _, *printed in (
        package,
        edgekit("inspect", tmp_path / "copy"),
        edgekit("gate", tmp_path / "copy", *BUDGETS[:2]),
    ):
        for text in "".join(printed).splitlines():
            paths = re.findall(re.escape(str(tmp_path)) + r"[^\s'\":;,)]*", text)
            assert len(paths) == len(set(paths)), text


def test_names_of_targets_are_whole_on_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    out = edgekit("targets", "list")[1]
    assert all(name in out for name in shipped_files("targets"))
