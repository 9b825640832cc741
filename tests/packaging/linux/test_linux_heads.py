"""The Linux packages of a multi-label model and a regression, installed: their service answers as the agent does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile

import pytest
from head_bundles import rehash
from linux_package import NAME, code_blocks, install, run_blocks, serving
from tiny_bundle import rewrite

from edgekit.agent.inference.classifier import open_classifier
from edgekit.packaging.example import example_values
from tests.command_line import edgekit
from tests.head_checkpoints import LABELS

TEXTS = ("turn on the kitchen lights", "what is the weather", "lock the door", "play " * 90)


@pytest.fixture(scope="module")
def unpacked(telling_bundle, regression_bundle, tmp_path_factory):
    """What the tarball of each kind holds, as the command line packs it, without wheels."""
    found = {}
    for kind, bundle in (("multi_label", telling_bundle), ("regression", regression_bundle)):
        out = tmp_path_factory.mktemp(f"linux-{kind}")
        code, _, err = edgekit("package", bundle, "--platform", "linux", "--no-wheels", "--name", NAME, "-o", out)
        assert code == 0, err
        with tarfile.open(next((out / "linux").glob("*.tar.gz"))) as packed:
            packed.extractall(out, filter="data")
        found[kind] = out / f"{NAME}-1.0.0"
    return found


@pytest.mark.parametrize("kind", ["multi_label", "regression"])
def test_the_service_answers_as_the_agent_does(unpacked, kind, linux_python, tmp_path):
    home = tmp_path / "home"
    cases = len((unpacked[kind] / "bundle" / "golden.jsonl").read_text("utf-8").splitlines())
    assert f"ok: {cases} golden cases" in install(unpacked[kind], home, python=linux_python)
    agent = open_classifier(home / "bundle")
    blocks = code_blocks((home / "README.md").read_text())[2:]
    with serving(home, tmp_path / "log") as service:
        _, _, found = service.ask("POST", "/classify", {"texts": TEXTS})
        facts = service.ask("GET", "/healthz")[2]
        said = run_blocks(blocks, service)
        shown = service.classify(example_values(agent.bundle)["TEXT"])
    for text, answer in zip(TEXTS, found["results"], strict=True):
        wanted = agent.classify(text)
        fields = wanted.fields(agent.bundle.labels)
        assert answer == json.loads(json.dumps(fields)) | {"truncated": text == TEXTS[-1]}
    assert facts["problem_type"] == agent.head.problem_type
    assert facts.get("thresholds", {}) == dict(zip(agent.head.labels, agent.head.thresholds, strict=False))
    assert json.loads(said[0]) == shown
    if kind == "multi_label":
        assert found["results"][0].keys() == {"labels", "scores", "truncated"}
        assert len({tuple(answer["labels"]) for answer in found["results"]}) > 1
        assert said[1] == f"{shown['labels']} {shown['scores']}\n"
    else:
        assert found["results"][0].keys() == {"value", "truncated"}
        assert said[1] == f"{shown['value']}\n"


def test_a_threshold_that_was_changed_is_refused_at_the_self_test(unpacked, tmp_path):
    folder = shutil.copytree(unpacked["multi_label"], tmp_path / "package")
    sealed = json.loads((folder / "bundle" / "manifest.json").read_text("utf-8"))["content_hash"]
    rewrite(folder / "bundle", thresholds=[0.4, 0.4, 0.5], content_hash=sealed)
    command = [sys.executable, folder / "app" / "run.py", "selftest"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "was changed since edgekit wrote it" in done.stderr) == (2, True), done.stderr


def test_no_label_steers_a_terminal(unpacked, linux_python, tmp_path):
    home = tmp_path / "home"
    install(unpacked["multi_label"], home, python=linux_python)
    labels = ["\x1b[2Jtoxic", "two\nlines", "\u202eright"]
    golden = home / "bundle" / "golden.jsonl"
    rows = [json.loads(line) for line in golden.read_text("utf-8").splitlines()]
    for row in rows:
        row["labels"] = [labels[LABELS.index(label)] for label in row["labels"]]
    golden.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    rewrite(home / "bundle", labels=labels)
    rehash(home / "bundle")
    ran = subprocess.run(
        [linux_python, "-I", home / "app" / "run.py", "classify", TEXTS[0]], capture_output=True, text=True, check=True
    )
    assert ran.stdout.count("\n") == 1
    assert ran.stdout.replace("\t", "").rstrip("\n").isprintable()
