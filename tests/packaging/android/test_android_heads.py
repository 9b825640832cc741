"""The Android packages of a multi-label model and a regression on the JVM: answers and refusals are the agent's."""

from __future__ import annotations

import ast
import json
import re

import pytest
from head_faults import TEXTS, other_labels, unsound_manifests, with_golden
from java_programs import BundleRunner, BundleRunners, compiled, java_files, javac, kotlin_errors, needs_java
from tiny_bundle import make_bundle, seal, zero_logits

from edgekit.agent.errors import BadInput
from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.classifier import open_classifier
from tests.command_line import edgekit

pytestmark = needs_java

MULTI_LABEL, REGRESSION = "multi_label_classification", "regression"


@pytest.fixture(scope="module")
def bundles(telling_bundle, regression_bundle):
    return {MULTI_LABEL: telling_bundle, REGRESSION: regression_bundle}


@pytest.fixture(scope="module")
def packages(bundles, tmp_path_factory):
    """As the command line writes them."""
    found = {}
    for kind, bundle in bundles.items():
        out = tmp_path_factory.mktemp(f"android-{kind}")
        words = ("--platform", "android", "--name", "tiny-model", "--id", "com.example.app", "-o", out)
        code, _, err = edgekit("package", bundle, *words)
        assert code == 0, err
        found[kind] = out / "android"
    return found


@pytest.fixture(scope="module")
def run(packages, stubs, doubles, tmp_path_factory):
    """Runs bundles with the classes of a package's AAR; its sample and its README compile too."""

    def classes(kind):
        return compiled(packages[kind], tmp_path_factory.mktemp("classes"), kind, doubles, stubs)

    runners = BundleRunners(tmp_path_factory, classes)
    yield runners
    runners.close()


def reproduced(folder):
    """What the self-test says of a bundle."""
    cases = len((folder / "golden.jsonl").read_text("utf-8").splitlines())
    return f"{cases} golden cases reproduced"


def answers(run, kind, folder):
    """What the self-test says, what the classifier says of itself, and the parts of each answer."""
    code, output = run(kind, folder, "classify-each", *TEXTS)
    assert code == 0, output
    tested, head, *lines = output.removesuffix("\n").split("\n")
    return tested, head, [line.split("\t") for line in lines]


def test_the_readmes_kotlin_is_kotlin(packages):
    for package in packages.values():
        text = (package / "README.md").read_text("utf-8")
        (block,) = [block for block in re.findall(r"```kotlin\n(.*?)```", text, re.DOTALL) if "suspend" in block]
        assert not kotlin_errors(block), block


def test_a_multi_label_model_gives_the_labels_that_hold(run, bundles):
    folder = bundles[MULTI_LABEL]
    agent = open_classifier(folder)
    tested, head, found = answers(run, MULTI_LABEL, folder)
    labels, thresholds = head.split("\t")
    assert tested.startswith(reproduced(folder))
    assert labels.split(",") == list(agent.bundle.labels)
    assert ast.literal_eval(thresholds) == list(agent.head.thresholds)
    held = set()
    for text, (labels, scores, logits, shown) in zip(TEXTS, found, strict=True):
        wanted = agent.classify(text)
        assert labels.split(",") == list(wanted.answer or [""])
        assert ast.literal_eval(scores) == pytest.approx(list(wanted.scores), abs=1e-5)
        assert ast.literal_eval(logits) == pytest.approx(list(wanted.logits), abs=1e-4)
        assert re.findall(r"[a-z]+(?= \d)", shown) == list(wanted.answer)
        held.add(wanted.answer)
    assert len(held) > 1, "the texts tell labels apart"


def test_a_regression_gives_its_number(run, bundles):
    folder = bundles[REGRESSION]
    agent = open_classifier(folder)
    tested, _, found = answers(run, REGRESSION, folder)
    assert tested.startswith(reproduced(folder))
    for text, (value, logits, shown) in zip(TEXTS, found, strict=True):
        assert float(value) == pytest.approx(agent.classify(text).answer, abs=1e-4)
        assert ast.literal_eval(logits) == [float(value)]
        assert shown == value


def test_what_a_bundle_must_not_say_is_refused_as_the_agent_does(run, bundles, tmp_path):
    cases = unsound_manifests(bundles[MULTI_LABEL], tmp_path)
    code, output = run(MULTI_LABEL, bundles[MULTI_LABEL], "test-each", *cases)
    assert code == 0
    for (folder, why), line in zip(cases.items(), output.splitlines(), strict=True):
        assert why in line, folder.name
        with pytest.raises(BadInput):
            open_bundle(folder)


def test_the_self_test_compares_the_answers(run, bundles, tmp_path):
    labels, number = bundles[MULTI_LABEL], bundles[REGRESSION]
    single = make_bundle(tmp_path / "single", "onnx")
    cases = other_labels(labels, tmp_path) | {
        number: f"of problem type {MULTI_LABEL}, and the bundle is of regression",
        single: f"of problem type {MULTI_LABEL}, and the bundle is of single_label_classification",
        labels: reproduced(labels),
    }
    _, output = run(MULTI_LABEL, labels, "test-each", *cases)
    assert all(why in line for why, line in zip(cases.values(), output.splitlines(), strict=True)), output
    cases = {with_golden(number, tmp_path / "value", value=7.5): "the value is ", labels: "of problem type regression"}
    _, output = run(REGRESSION, number, "test-each", *cases)
    assert all(why in line for why, line in zip(cases.values(), output.splitlines(), strict=True)), output


def test_a_score_at_its_threshold_holds(run, tmp_path):
    """A logit of exactly 0 is a score of exactly 0.5: whether it holds is the same everywhere."""
    folder = make_bundle(tmp_path / "zero", "onnx")
    zero_logits(folder / "model.onnx")
    row = {"text": "open", "ids": [2, 12, 3], "logits": [0.0] * 3, "labels": ["light", "climate"]}
    (folder / "golden.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    seal(folder, problem_type=MULTI_LABEL, thresholds=(0.5, 0.5000001, 0.4999999))
    assert open_classifier(folder).classify("open").answer == ("light", "climate")
    assert run(MULTI_LABEL, folder, "test-each", folder)[1].startswith("1 golden cases reproduced")


@pytest.mark.slow
@pytest.mark.parametrize("kind", [MULTI_LABEL, REGRESSION])
def test_sources_compile_without_a_warning(packages, stubs, tmp_path, kind):
    javac(tmp_path, java_files(packages[kind] / "module/src/main/java"), stubs)


@pytest.mark.slow
def test_a_multi_label_model_in_tflite(stubs, doubles, tmp_path):
    """The second of the runtimes, behind which the same code reads the logits."""
    folder = make_bundle(tmp_path / "tiny", "tflite")
    rows = [json.loads(line) for line in (folder / "golden.jsonl").read_text("utf-8").splitlines()]
    labels = open_bundle(folder).labels
    for row in rows:
        row.pop("label")
        row["labels"] = [label for label, logit in zip(labels, row["logits"], strict=True) if logit >= 0]
    (folder / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    seal(folder, problem_type=MULTI_LABEL, thresholds=(0.5, 0.5, 0.5))
    words = ("--platform", "android", "--name", "tiny-model", "--id", "com.example.app", "-o", tmp_path / "out")
    assert edgekit("package", folder, *words)[0] == 0
    (tmp_path / "made").mkdir()
    runner = BundleRunner(compiled(tmp_path / "out/android", tmp_path / "made", MULTI_LABEL, doubles, stubs), tmp_path)
    code, output = runner.run(folder, "test-classifier")
    runner.close()
    assert code == 0
    assert output.startswith(f"{len(rows)} golden cases reproduced")
