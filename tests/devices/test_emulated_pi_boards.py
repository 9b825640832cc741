"""The emulated boards as edgekit sees them, and the command that serves them, as far as it needs no root."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.agent.machine.cpu import cpu_facts
from edgekit.schema.resources import load_target

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from emulated_pi import build, place, running  # noqa: E402
from emulated_pi.command import main  # noqa: E402
from emulated_pi.failure import Failure  # noqa: E402

from edgekit.devices.emulation import boards  # noqa: E402

NAMES = sorted(boards.BOARDS)


def command(*words: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"EDGEKIT_EMULATED_PI": str(folder)} | more
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "emulated-pi", *words],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.mark.parametrize("name", NAMES)
def test_cpuinfo_is_that_of_the_target(name, tmp_path):
    board = boards.BOARDS[name]
    path = tmp_path / "cpuinfo"
    path.write_text(boards.cpuinfo(board))
    facts = cpu_facts(path)
    target = load_target(board.target)
    # on x86 the agent takes no ARM part for its own: read them here
    parts = set(re.findall(r"CPU implementer\t: (\S+)\n.*\n.*\nCPU part\t: (\S+)", path.read_text()))
    assert {"/".join(pair) for pair in parts} <= set(target.cpu.parts)
    assert facts["cpu_model"] == target.cpu.model.partition(" x ")[2].partition(" (")[0]
    assert ("asimddp" in facts["features"]) is ("dotprod" in target.cpu.features)
    assert path.read_text().count("processor\t:") == target.cpu.cores == boards.CORES
    assert board.title.startswith(target.cpu.boards)


@pytest.mark.parametrize("name", NAMES)
def test_the_kernels_files_say_what_it_is_and_that_it_is_emulated(name):
    board = boards.BOARDS[name]
    files = boards.kernel_files(board)
    assert files["sys/firmware/devicetree/base/model"] == board.title + "\0"
    assert board.qemu_cpu in files["run/edgekit-emulated"]
    assert all(not Path(path).is_absolute() and ".." not in path for path in files)


def test_boards_can_run_side_by_side():
    ports = [port for board in boards.BOARDS.values() for port in (board.port, board.adb_port)]
    assert len(set(ports)) == len(ports)
    assert not set(ports) & set(range(5555, 5586)), "adb takes what listens there for a phone of its own"


def test_status_of_nothing(tmp_path):
    done = command("status", folder=tmp_path / "none")
    assert done.returncode == 1
    assert done.stdout.count("not built") == len(NAMES)
    assert not (tmp_path / "none").exists()


def test_down_of_nothing(tmp_path):
    done = command("down", folder=tmp_path / "none")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [["ssh"], ["ssh", "--model", "pi5", "true"], ["adb", "--model", "pi3"]])
def test_nothing_to_reach(tmp_path, words):
    done = command(*words, folder=tmp_path)
    assert done.returncode == 1
    assert "scripts/emulated-pi up" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_model_is_wrong_usage(tmp_path):
    done = command("up", "--model", "pi6", folder=tmp_path)
    assert done.returncode == 2
    assert "pi4-32bit" in done.stderr


def test_who_is_not_root_is_told_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EDGEKIT_EMULATED_PI", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["up"]) == 1
    said = "emulated-pi: needs root, for its mounts and for binfmt: sudo scripts/emulated-pi ...\n"
    assert capsys.readouterr().err == said
    assert not list(tmp_path.iterdir())


def test_a_process_of_another_is_never_taken_for_a_board(tmp_path):
    here = place.Place(tmp_path, boards.PI4)
    here.folder.mkdir()
    for text in ("", "[]", "{}", '{"pid": "x", "started": 1}', '{"pid": -1, "started": 1}'):
        here.state.write_text(text)
        assert running.running(here) is None
        assert here.ports == (boards.PI4.port, boards.PI4.adb_port)
    # this very process, and a moment at which it was not started
    here.state.write_text(f'{{"pid": {os.getpid()}, "started": 1}}')
    assert running.running(here) is None
    assert running.stop(here) is False


def test_a_tool_that_fails_leaves_no_packed_root(tmp_path, monkeypatch):
    programs = tmp_path / "bin"
    programs.mkdir()
    tool = programs / "mmdebstrap"
    written = 'for last; do case $last in *.tar) : >"$last" ;; esac; done'
    tool.write_text(f"#!/bin/sh\n{written}\necho 'E: no mirror' >&2\nexit 25\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("EDGEKIT_DEBIAN_MIRROR", "http://mirror.invalid/debian")
    monkeypatch.setattr(build, "_HOOK", tmp_path)
    with pytest.raises(Failure, match="E: no mirror"):
        build.packed_root("arm64", tmp_path / "packs")
    assert not list((tmp_path / "packs").iterdir())


def test_a_tool_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "_HOOK", tmp_path / "none")
    with pytest.raises(Failure, match="apt-get install mmdebstrap"):
        build.packed_root("arm64", tmp_path / "packs")
