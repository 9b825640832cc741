"""READMEs of packages: the model's own labels, texts in its language, today's versions, and what was run where."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from tiny_checkpoint import LABELS, TEXTS

from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.classifier import open_classifier
from edgekit.flows.export import export
from edgekit.flows.package import package
from edgekit.options.export_options import ExportOptions
from edgekit.options.package_options import PLATFORMS, PackageOptions
from edgekit.packaging.example import example_values, pair_values, quoted
from edgekit.packaging.label_coverage import LabelCoverage
from edgekit.packaging.runtimes import ANDROID, ANDROID_PLUGIN, APPLE, GRADLE, NODE, OLDER_KOTLIN, REACT_NATIVE, WEB
from edgekit.packaging.tried import TRIED

# what READMEs once said, whatever the model was
FOREIGN = ("lights_on", '"evening"', "turn the lights off", "turn on the light", "turn on the kitchen light")
FOLDERS = {"android": "module/src/main/assets/tiny", "ios": "Sources/TinyCore/Model", "web": "bundle"}


@pytest.fixture(scope="module")
def packages(tiny_checkpoint, tmp_path_factory):
    out = tmp_path_factory.mktemp("readmes")
    options = ExportOptions(format="onnx", scheme="float", max_length=32)
    bundle = export(tiny_checkpoint, out / "bundle", options, golden=TEXTS)[0]
    assert package(bundle, out / "packages", PackageOptions(name="tiny", no_wheels=True)).written
    return out / "packages"


@pytest.fixture(scope="module")
def readmes(packages):
    return {name: (packages / name / "README.md").read_text("utf-8") for name in PLATFORMS}


def test_the_example_is_a_text_of_the_vocabulary_with_the_models_own_answer(packages, readmes):
    found = {name: open_bundle(packages / name / folder) for name, folder in FOLDERS.items()}
    values = example_values(found["web"])
    assert all(example_values(bundle) == values for bundle in found.values())
    assert values["TEXT"] not in TEXTS, "no row of data"
    assert unicodedata.is_normalized("NFKC", values["TEXT"]), "as people type it"
    prediction = open_classifier(found["web"].folder).classify(values["TEXT"])
    assert values["ANSWER"] == f'"{prediction.label}" {prediction.score:.2f}'
    for name, readme in readmes.items():
        assert values["TEXT"] in readme, name
        assert (values["FIELDS"] if name == "linux" else values["ANSWER"]) in readme, name
        assert not any(foreign in readme for foreign in FOREIGN), name
        assert "@@" not in readme.replace(f"@{WEB.version}", "").replace(f"@{NODE.version}", ""), name


def test_a_model_of_pairs_is_shown_with_pairs(tiny_checkpoint, tmp_path):
    options = ExportOptions(format="onnx", scheme="float", max_length=32)
    pairs = list(zip(TEXTS, reversed(TEXTS), strict=True))
    bundle = export(tiny_checkpoint, tmp_path / "bundle", options, golden=pairs)[0]
    assert open_bundle(bundle).needs_pairs
    assert package(bundle, tmp_path / "packages", PackageOptions(name="tiny", no_wheels=True)).written
    values = pair_values(open_bundle(tmp_path / "packages" / "web" / FOLDERS["web"]))
    text, pair = values["TEXT"], values["PAIR"]
    prediction = open_classifier(bundle).classify(text, pair)
    assert values["ANSWER"] == f'"{prediction.label}" {prediction.score:.2f}'
    for name, calls in {
        "web": [f'classify("{text}", "{pair}")'],
        "ios": [f'classify("{text}", pair: "{pair}")'],
        "linux": [f'{{"text": "{text}", "pair": "{pair}"}}', f'classify("{text}", "{pair}")'],
        "android": ["classifier.classify(text, pair)", "predict(text, pair)", "(text: String, pair: String)"],
    }.items():
        readme = (tmp_path / "packages" / name / "README.md").read_text("utf-8")
        assert all(call in readme for call in calls), name
        assert "@@" not in readme.replace(f"@{WEB.version}", "").replace(f"@{NODE.version}", ""), name


def test_an_answer_over_http_is_one_of_this_model(readmes):
    [line] = [line.strip() for line in readmes["linux"].splitlines() if line.startswith('    {"label"')]
    answer = json.loads(line)
    assert answer["label"] in LABELS
    assert answer["scores"].keys() == set(LABELS)
    assert answer["score"] == max(answer["scores"].values())


def test_how_many_labels_golden_texts_reach_is_said_everywhere(packages, readmes):
    coverage = LabelCoverage.of(open_bundle(packages / "web" / FOLDERS["web"]))
    assert coverage.labels == len(LABELS)
    told = f"{len(LABELS) - len(coverage.unreached)} of {len(LABELS)} labels are reached by golden texts"
    for name, readme in readmes.items():
        assert told in " ".join(readme.split()), name


def test_what_was_run_is_said_in_the_same_words_everywhere(readmes):
    for name, readme in readmes.items():
        assert TRIED[name] in " ".join(readme.split())
    assert "Never run" in TRIED["android"] and "phone" in TRIED["web"]


def test_versions_are_those_that_the_build_files_use(packages, readmes):
    about = json.loads((packages / "web" / "package.json").read_text("utf-8"))
    for runtime in (WEB, NODE, REACT_NATIVE):
        assert about["peerDependencies"][runtime.package] == runtime.version
        assert f"{runtime.package}@{runtime.version}" in readmes["web"]
        assert set(re.findall(rf"{runtime.package}@([\d.]+\d)", readmes["web"])) == {runtime.version}
    swift = (packages / "ios" / "Package.swift").read_text("utf-8")
    assert f'{APPLE.package}", from: "{APPLE.version}"' in swift
    assert f"{APPLE.version} or newer" in " ".join(readmes["ios"].split())
    gradle = (packages / "android" / "module" / "build.gradle.kts").read_text("utf-8")
    assert f'implementation("{ANDROID["onnx"].coordinates}")' in gradle
    assert f"{ANDROID['onnx'].name} {ANDROID['onnx'].version}" in readmes["android"]
    plugins = (packages / "android" / "build.gradle.kts").read_text("utf-8")
    assert plugins.count(f'version "{ANDROID_PLUGIN}"') == 2
    assert OLDER_KOTLIN in plugins and f"Gradle {GRADLE}" in plugins
    assert f"Gradle {GRADLE}" in readmes["android"]
    for path in (packages / "android" / "repository").rglob("*.pom"):
        assert f"<version>{ANDROID['onnx'].version}</version>" in path.read_text("utf-8")


@pytest.mark.parametrize("label", ["a*/b", "`code`", "@@NAME@@", "line\nbreak", "</script>", "\\u000a", "\u2028"])
def test_a_label_ends_no_comment_and_no_piece_of_code(label):
    shown = quoted(label)
    assert json.loads(shown) == label
    assert not any(each in shown for each in ("*/", "`", "@@", "\n", "\u2028"))


def test_a_text_can_be_a_string_of_every_language(packages):
    bundle = open_bundle(packages / "web" / "bundle")
    assert re.fullmatch(r"[^\W\d_]+( [^\W\d_]+)+", example_values(bundle)["TEXT"])
