"""The gate as CI takes it: the workflow, which is run here, its summary, annotations and JUnit; a run's folder."""

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
import yaml
from command_line import edgekit
from tiny_bundle import make_bundle

from edgekit.bundle.manifest import Manifest
from edgekit.measure.verdicts import unmeasured
from edgekit.report.annotations import github_annotations
from edgekit.report.summary import VerdictRow
from edgekit.schema.budget import Budget

LATENCY = "latency_p95_ms=30,target=rpi4"


@pytest.fixture
def repository(onnx_bundle, tmp_path, monkeypatch):
    """A working directory with a bundle in it whose path has a blank."""
    root = tmp_path / "repository"
    (root / ".git").mkdir(parents=True)
    shutil.copytree(onnx_bundle, root / "my models" / "onnx")
    monkeypatch.chdir(root)
    return root


def workflow(root):
    return yaml.safe_load((root / ".github/workflows/edgekit.yml").read_text())


def step(root, name):
    (found,) = [each for each in workflow(root)["jobs"]["gate"]["steps"] if each.get("name") == name]
    return found


def run_step(root, name, tmp_path):
    """A step's commands as GitHub runs them, where `edgekit` is this one; its exit code, output and summary."""
    programs = tmp_path / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "edgekit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m edgekit "$@"\n')
    (programs / "edgekit").chmod(0o755)
    summary = tmp_path / "summary with blank.md"
    summary.write_text("of a step before\n")
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(root, name)["run"]],
        cwd=root,
        env=os.environ | {"PATH": path, "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, summary.read_text()


def test_the_workflow_that_is_written_gates(repository, tmp_path):
    words = ["gate", "my models/onnx", "--budget", "size_mb=0.0001", "-b", LATENCY, "--max-age", "7d"]
    code, said, _ = edgekit(*words, "--init", "github")
    assert (code, "commit it" in said) == (0, True)
    install = step(repository, "Install edgekit")["run"]
    assert install.startswith('python -m pip install "edgekit-deploy @ git+https://')
    assert str(repository) not in json.dumps(workflow(repository))
    (python,) = [each for each in workflow(repository)["jobs"]["gate"]["steps"] if "setup-python" in str(each)]
    assert python["with"]["cache"] == "pip"
    code, output, summary = run_step(repository, "Check the budgets", tmp_path)
    assert code == 1
    assert summary.startswith("of a step before\n## edgekit gate: FAIL (onnx)\n")
    assert "::error title=FAIL%3A size_mb=0.0001::onnx: " in output
    assert f"::error title=UNMEASURED%3A {LATENCY.replace(',', '%2C')}::" in output
    suite = ET.parse(repository / "edgekit-verdicts.xml").getroot()[0]  # noqa: S314  just written
    name = Manifest.of(repository / "my models" / "onnx").name
    assert [(case.get("classname"), case.get("name")) for case in suite] == [
        (f"{name}.onnx.desktop", "size_mb=0.0001"),
        (f"{name}.onnx.rpi4", LATENCY),
    ]


def test_what_is_not_decided_may_pass_and_says_so(repository, tmp_path):
    words = ["gate", "my models/onnx", "--budget", LATENCY, "--budget", "size_mb=100", "--inconclusive-ok"]
    assert edgekit(*words[:-1])[0] == 3
    assert edgekit(*words, "--init", "github")[0] == 0
    code, output, summary = run_step(repository, "Check the budgets", tmp_path)
    assert code == 0
    assert "## edgekit gate: UNDECIDED" in summary
    assert "UNDECIDED: not all budgets are proven" in output
    assert "::warning title=UNDECIDED%2C UNMEASURED%3A " in output and "::error" not in output
    suite = ET.parse(repository / "edgekit-verdicts.xml").getroot()[0]  # noqa: S314  just written
    assert (suite.get("errors"), suite.get("skipped")) == ("0", "1")
    code, out, err = edgekit(*words, "--json")
    assert (code, json.loads(out)["undecided"]) == (0, True)
    assert "UNDECIDED" in err
    assert edgekit(*words, "--budget", "size_mb=0.0001")[0] == 1, "what fails, fails"
    code, out, err = edgekit("gate", "my models/onnx", "--budget", "size_mb=100", "--inconclusive-ok")
    assert (code, "UNDECIDED" in out + err) == (0, False)


def test_a_workflow_is_not_replaced_unasked_and_lies_at_the_root(repository, monkeypatch, tmp_path):
    monkeypatch.chdir(repository / "my models")
    words = ["gate", "onnx", "--budget", "size_mb=100", "--init", "github"]
    assert edgekit(*words)[0] == 0
    before = (repository / ".github/workflows/edgekit.yml").read_text()
    assert "edgekit gate 'my models/onnx' --budget size_mb=100" in before
    code, _, err = edgekit(*words, "--budget", "size_mb=9")
    assert (code, "--force replaces it" in err) == (2, True)
    assert (repository / ".github/workflows/edgekit.yml").read_text() == before
    assert edgekit(*words, "--budget", "size_mb=9", "--force")[0] == 0
    assert "size_mb=9" in (repository / ".github/workflows/edgekit.yml").read_text()
    for more, says in (
        (["--junit", "x.xml"], "--junit says nothing of a workflow"),
        (["--budget", "size_m=1"], "size_mb"),
    ):
        code, _, err = edgekit(*words, *more, "--force")
        assert (code, says in err) == (2, True), err
    code, _, err = edgekit("gate", tmp_path, "--budget", "size_mb=9", "--init", "github", "--force")
    assert (code, "lies outside of" in err) == (2, True)
    code, _, err = edgekit("gate", "onnx", "--init", "github", "--force")
    assert (code, "no budget for the workflow" in err) == (2, True)
    assert "--force belongs to --init" in edgekit("gate", "onnx", "--budget", "size_mb=9", "--force")[2]


def test_an_emulated_board_is_made_before_it_counts(repository):
    words = [
        "gate",
        "my models/onnx",
        "-b",
        "instructions_m=9,length=16",
        "--device",
        "emulated-rpi4",
        "--init",
        "github",
    ]
    assert edgekit(*words)[0] == 0
    names = [each.get("name") for each in workflow(repository)["jobs"]["gate"]["steps"]]
    assert names[3:6] == ["Cache the emulated board", "Emulate the board", "Check the budgets"]
    assert step(repository, "Emulate the board")["run"] == "edgekit devices emulate rpi4"
    assert step(repository, "Cache the emulated board")["with"]["key"].endswith(
        "${{ hashFiles('.github/workflows/edgekit.yml') }}"
    )
    assert "--device emulated-rpi4" in step(repository, "Check the budgets")["run"]
    code, _, err = edgekit(*words[:5], "emulated-nothing", *words[6:], "--force")
    assert (code, "no board of target nothing" in err) == (2, True)


def test_a_name_with_two_dollars_is_none_for_a_workflow(repository):
    place = "a ${{ github.token }}"
    code, _, err = edgekit("gate", place, "--budget", "size_mb=9", "--init", "github")
    assert (code, "cannot stand in a workflow" in err) == (2, True)


def test_the_folder_of_a_run_is_gated_by_all_its_bundles(tmp_path):
    for format in ("onnx", "tflite"):
        make_bundle(tmp_path / "run" / "bundles" / format, format)
    budgets = ["--budget", "size_mb=100", "--budget", "size_mb=0.0001,format=tflite"]
    code, out, _ = edgekit("gate", tmp_path / "run", *budgets, "--json")
    found = [(row["format"], row["verdict"]["outcome"]) for row in json.loads(out)["verdicts"]]
    assert (code, found) == (1, [("onnx", "pass"), ("tflite", "pass"), ("tflite", "fail")])
    shutil.rmtree(tmp_path / "run" / "bundles" / "tflite")
    make_bundle(tmp_path / "run" / "bundles" / "again", "onnx")
    code, out, _ = edgekit("gate", tmp_path / "run", *budgets, "--json")
    assert (code, json.loads(out)["verdicts"][-1]["verdict"]["reason"]) == (3, "no tflite bundle was made")


def test_an_annotation_is_one_line_whatever_a_name_says():
    row = VerdictRow("a\n::stop-commands::x", "onnx", unmeasured(Budget(metric="size_mb", limit=1), "5 %\r\nof"), "")
    (line,) = github_annotations([row])
    assert line.startswith("::error title=UNMEASURED%3A size_mb=1::a ::stop-commands::x: 5 %25")
    assert "\n" not in line and "\r" not in line
