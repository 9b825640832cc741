"""The parts of an installation: what the base does alone, and the one command that adds what a command misses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError

import command_line
import pytest

from edgekit import parts
from edgekit.flows import doctor

# commands in one process, in which the modules of all parts are not installed
RUNS = """
import json, sys
from importlib.machinery import PathFinder
absent, commands = json.loads(sys.argv[1])
find = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name.partition(".")[0] in absent else find(name, *rest)
sys.meta_path[:] = [PathFinder if finder is PathFinder else finder for finder in sys.meta_path]
import importlib.metadata
version = importlib.metadata.version
def installed(name):
    if name.replace("-", "_") in absent:
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)
importlib.metadata.version = installed
from edgekit.cli import main
from io import StringIO
for command in commands:
    sys.stdout, sys.stderr = out, err = StringIO(), StringIO()
    try:
        main(command)
    except SystemExit as ended:
        code = ended.code
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def without_parts(*commands):
    """Exit code, stdout and stderr of each command where only the base is installed."""
    absent = [module for extra in parts.EXTRAS.values() for module in extra.modules]
    words = [sys.executable, "-c", RUNS, json.dumps([absent, [[str(word) for word in each] for each in commands]])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_base_predicts_measures_decides_and_packages(onnx_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "device"))
    data = tmp_path / "rows.tsv"
    data.write_text("text\tlabel\n" + "open the door\tdoor\n" * 40)
    found = without_parts(
        ["predict", onnx_bundle, "x"],
        ["evaluate", onnx_bundle, "--data", data],
        ["profile", onnx_bundle, "--min-seconds", "0.1"],
        ["gate", onnx_bundle, "--budget", "size_mb=10"],
        ["package", onnx_bundle, "--platform", "web", "-o", tmp_path / "package"],
        ["inspect", onnx_bundle],
        ["devices", "find"],
        ["targets", "list"],
    )
    assert [code for code, _, _ in found] == [0] * len(found), found
    assert "the parts of the model are not told apart: onnx is not installed" in found[5][2]
    assert "adbutils is not installed: it comes with [adb]" in found[6][2]


def test_a_command_whose_part_is_missing_says_the_command_that_adds_it(tflite_bundle, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text('{"model_type": "bert"}')
    found = without_parts(
        ["export", tmp_path / "model", "--target", "rpi4", "-o", tmp_path / "out"],
        ["evaluate", tflite_bundle, "--data", "hub/rows"],
        ["devices", "doctor", "adb://emulator-1"],
    )
    assert [code for code, _, _ in found] == [2, 2, 2]
    for (_, _, told), part in zip(found, ("train", "train", "adb"), strict=True):
        assert f"it comes with [{part}]" in told
        assert f'-m pip install "edgekit-deploy[{part}] @ ' in told


def test_every_extra_module_is_one_that_its_part_brings(request):
    project = tomllib.loads((request.config.rootpath / "pyproject.toml").read_text())["project"]
    assert project["name"] == parts.DISTRIBUTION
    base = set(map(_module, project["dependencies"]))
    # these come with others of their part
    indirect = {"jax", "onnx_ir"}
    for name, extra in parts.EXTRAS.items():
        assert not base & set(extra.modules)
        assert set(extra.modules) - indirect <= set(map(_module, project["optional-dependencies"][name]))


def _module(requirement):
    return re.match(r"[\w-]+", requirement)[0].replace("-", "_")


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        (None, f"git+{parts.REPOSITORY}"),
        ({"url": "https://x.org/e", "vcs_info": {"vcs": "git", "commit_id": "ab12"}}, "git+https://x.org/e@ab12"),
        ({"url": "file:///home/me/edgekit", "dir_info": {"editable": True}}, "file:///home/me/edgekit"),
    ],
)
def test_a_part_is_added_from_where_edgekit_came(monkeypatch, told, origin):
    class Installed:
        def read_text(self, name):
            return None if told is None else json.dumps(told)

    monkeypatch.setattr(parts, "distribution", lambda name: Installed())
    assert parts.install_command("train").endswith(f'pip install "edgekit-deploy[train] @ {origin}"')


def test_doctor_tells_what_is_missing_and_what_was_not_tested():
    ((code, told, _),) = without_parts(["doctor"])
    assert code == 0
    assert "predict, measure, decide, package" in told
    assert told.count("missing") >= len(parts.EXTRAS)
    assert told.count("  add it: ") == len(parts.EXTRAS)


def test_doctor_tells_of_the_other_edgekit(monkeypatch):
    class Foreign:
        version = "0.1.1"

    def distribution(name):
        if name == "edgekit":
            return Foreign()
        raise PackageNotFoundError

    monkeypatch.setattr(doctor, "distribution", distribution)
    code, told, _ = command_line.edgekit("doctor", "--json")
    assert code == 2
    (problem,) = json.loads(told)["problems"]
    assert problem.startswith("edgekit 0.1.1 is installed, another project of that name")
    assert "-m pip uninstall edgekit, then install edgekit-deploy again" in problem


def test_a_version_that_was_not_tested_is_marked(monkeypatch):
    monkeypatch.setattr(doctor, "tested_versions", lambda: {"numpy": "1.0.0"})
    _, told, _ = command_line.edgekit("doctor")
    assert re.search(r"numpy +\S+  \(tested with 1\.0\.0\)", told)
