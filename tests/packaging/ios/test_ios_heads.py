"""The Swift packages of a multi-label model and a regression on Linux: answers and refusals are the agent's."""

from __future__ import annotations

import re

import pytest
from head_faults import TEXTS, other_labels, unsound_manifests, with_golden
from swift_package import answers, code_blocks, refused
from tiny_bundle import make_bundle

from edgekit.agent.inference.classifier import open_classifier
from tests.command_line import edgekit


@pytest.fixture(scope="module")
def multi_label(build_swift_package, telling_bundle):
    return build_swift_package("multi-label", telling_bundle)


@pytest.fixture(scope="module")
def regression(build_swift_package, regression_bundle):
    return build_swift_package("regression", regression_bundle)


@pytest.mark.parametrize(
    ("kind", "use", "compared"),
    [
        ("telling_bundle", "prediction.labels", "token, logit or label"),
        ("regression_bundle", "prediction.value", "token, logit or value"),
    ],
)
def test_the_command_line_writes_a_package_that_speaks_of_its_answers(request, tmp_path, kind, use, compared):
    bundle = request.getfixturevalue(kind)
    code, _, err = edgekit("package", bundle, "--platform", "ios", "--name", "tiny-model", "-o", tmp_path)
    assert code == 0, err
    readme = (tmp_path / "ios/README.md").read_text("utf-8")
    assert use in code_blocks(readme)[0]
    assert "prediction.label," not in readme
    assert f"names the first {compared} that differs" in readme
    head = (tmp_path / "ios/Sources/TinyModel/Head.swift").read_text("utf-8")
    assert f"public let {use.removeprefix('prediction.')}: " in head
    assert "public let label:" not in head.split("public struct LabelScore")[0]


@pytest.mark.slow
@pytest.mark.timeout(3000)
class TestCompiled:
    def test_the_packages_own_tests_and_readme_run(self, multi_label, regression, telling_bundle):
        for package in (multi_label, regression):
            done = package.test()
            assert done.returncode == 0, done.stdout + done.stderr
            done = package.run("usage-classifier")
            assert done.returncode == 0, done.stderr
            assert re.match(r"(?s).*\d\d cases, the largest difference of a logit ", done.stdout)

    def test_a_multi_label_model_gives_the_labels_that_hold(self, multi_label, telling_bundle):
        found = answers(multi_label.run("model", "classify", telling_bundle, lines=TEXTS))
        agent = open_classifier(telling_bundle)
        held = set()
        for text, answer in zip(TEXTS, found, strict=True):
            wanted = agent.classify(text)
            assert answer.keys() == {"labels", "scores", "logits"}
            assert answer["labels"] == list(wanted.answer)
            scores = dict(zip(agent.bundle.labels, map(float, wanted.scores), strict=True))
            assert answer["scores"] == pytest.approx(scores, abs=1e-5)
            assert answer["logits"] == pytest.approx(list(wanted.logits), abs=1e-4)
            held.add(wanted.answer)
        assert len(held) > 1, "the texts tell labels apart"
        (tested,) = answers(multi_label.run("model", "selftest", telling_bundle))
        cases = len((telling_bundle / "golden.jsonl").read_text("utf-8").splitlines())
        assert tested == {"cases": cases, "maxDifference": pytest.approx(0, abs=1e-4)}

    def test_a_regression_gives_its_number(self, regression, regression_bundle):
        found = answers(regression.run("model", "classify", regression_bundle, lines=TEXTS))
        agent = open_classifier(regression_bundle)
        for text, answer in zip(TEXTS, found, strict=True):
            assert answer == {
                "value": pytest.approx(agent.classify(text).answer, abs=1e-4),
                "logits": [answer["value"]],
            }

    def test_what_a_bundle_must_not_say_is_refused(self, multi_label, telling_bundle, tmp_path):
        for folder, why in unsound_manifests(telling_bundle, tmp_path).items():
            assert why in refused(multi_label.run("model", "selftest", folder)), folder.name

    def test_the_self_test_compares_labels(self, multi_label, telling_bundle, regression_bundle, tmp_path):
        single = make_bundle(tmp_path / "single", "onnx")
        cases = other_labels(telling_bundle, tmp_path) | {
            regression_bundle: "the model is a regression, and this package is for a multi-label classifier",
            single: "the model is a single-label classifier, and this package is for a multi-label classifier",
        }
        for folder, why in cases.items():
            assert why in refused(multi_label.run("model", "selftest", folder)), folder.name

    def test_the_self_test_compares_numbers(self, regression, telling_bundle, regression_bundle, tmp_path):
        message = refused(regression.run("model", "selftest", telling_bundle))
        assert "the model is a multi-label classifier, and this package is for a regression" in message
        wrong = with_golden(regression_bundle, tmp_path / "value", value=7.5)
        assert "the value is " in refused(regression.run("model", "selftest", wrong))
