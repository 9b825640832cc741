"""The Android package: what lies in it, and that its Java code does what the agent does.

Neither Android nor a Java build of the runtimes is at hand here. So the Java code runs on the JVM over doubles of
`ai.onnxruntime` and `org.tensorflow.lite` that pipe tensors to the real onnxruntime and LiteRT in a Python process.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from java_programs import IDENTITY, jar_of, java_files, javac, kotlin_errors, needs_java, readme_example
from tiny_bundle import LABELS, ODD_FACTS, rewrite, seal, write_golden, zero_logits

from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.errors import EdgekitWarning, ToolError
from edgekit.io.hashing import file_sha256
from edgekit.packaging.android.write import write

PROMPT = "the fox and"


def aar_of(package):
    return package / "repository/com/example/smart-home/1.2.0/smart-home-1.2.0.aar"


@needs_java
@pytest.mark.parametrize("kind", ["onnx", "tflite", "decoder"])
def test_the_golden_cases_are_reproduced(run, android_bundles, kind):
    command = "test-generator" if kind == "decoder" else "test-classifier"
    code, output = run(kind, android_bundles[kind], command)
    cases = len((android_bundles[kind] / "golden.jsonl").read_text("utf-8").splitlines())
    assert code == 0, output
    assert output.startswith(f"{cases} golden cases reproduced")


@needs_java
@pytest.mark.parametrize("kind", ["onnx", "tflite"])
def test_labels_and_scores_are_the_agents(run, android_bundles, kind):
    agent = open_classifier(android_bundles[kind])
    for texts in [("turn on the light",), ("warmer please", "the bedroom fan"), ("",), ("open " * 100,)]:
        _, output = run(kind, android_bundles[kind], "classify", *texts)
        label, score, scores = output.rstrip("\n").split("\t")
        expected = agent.classify(*texts)
        assert label == expected.label
        assert float(score) == pytest.approx(expected.score, abs=1e-5)
        np.testing.assert_allclose(ast.literal_eval(scores), expected.scores, atol=1e-5)


@needs_java
@pytest.mark.parametrize(
    ("prompt", "most", "stops", "slide"),
    [
        (PROMPT, 20, (), ""),
        ("", 12, (), ""),
        (PROMPT, 200, (), ""),
        (PROMPT, 120, (), "slide"),
        (PROMPT, 40, ("e",), ""),
    ],
)
def test_texts_are_the_agents(run, android_bundles, prompt, most, stops, slide):
    limits = GenerationLimits(max_tokens=most, stops=stops, context_full="slide" if slide else "stop")
    expected = open_generator(android_bundles["decoder"]).start(prompt, limits=limits)
    text = "".join(expected)
    arguments = (prompt, most, 0, 0, 1, 0, slide or "stop", -1, *stops)
    code, output = run("decoder", android_bundles["decoder"], "generate", *arguments)
    finish, ids, found = output.split("\n", 2)
    assert code == 0
    assert json.loads(ids) == expected.ids
    assert found == text
    assert finish == {"eos": "END", "stop": "STOP", "length": "LENGTH", "context": "CONTEXT"}[expected.finish]


@needs_java
def test_a_seed_gives_one_text_and_cancelling_ends_it(run, android_bundles):
    folder = android_bundles["decoder"]
    sampled = [run("decoder", folder, "generate", PROMPT, 30, 1.5, 40, 0.9, s, "stop", -1) for s in (1, 1, 2)]
    assert sampled[0] == sampled[1] != sampled[2]
    _, output = run("decoder", android_bundles["decoder"], "generate", PROMPT, 90, 0, 0, 1, 0, "stop", 3)
    finish, ids, _ = output.split("\n", 2)
    assert finish == "CANCELLED"
    assert 3 <= len(json.loads(ids)) < 90


@needs_java
def test_a_pair_is_refused_where_the_model_takes_none(run, android_bundles, tmp_path):
    folder = rewrite(shutil.copytree(android_bundles["onnx"], tmp_path / "single"), pairs=False)
    assert run("onnx", folder, "classify", "open")[0] == 0
    code, output = run("onnx", folder, "classify", "open", "the door")
    assert code == 1
    assert "this model takes single texts, and was given a pair" in output
    rewrite(folder, pairs="only")
    assert run("onnx", folder, "classify", "open", "the door")[0] == 0
    code, output = run("onnx", folder, "classify", "open")
    assert code == 1
    assert "this model takes pairs of texts, and was given one" in output


@needs_java
@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "manifest.json"])
def test_a_changed_file_is_refused(run, android_bundles, tmp_path, name):
    changed = Path(shutil.copytree(android_bundles["onnx"], tmp_path / "changed"))
    content = bytearray((changed / name).read_bytes())
    at = content.index(b'"sha256": "') + 11 if name == "manifest.json" else len(content) // 2
    content[at] = ord("0") if content[at] != ord("0") else ord("1")
    (changed / name).write_bytes(content)
    code, output = run("onnx", changed, "classify", "open")
    assert code == 1
    assert ("content_hash" if name == "manifest.json" else name) in output


@needs_java
def test_what_decides_an_answer_is_under_the_content_hash(run, android_bundles, tmp_path):
    folder = Path(shutil.copytree(android_bundles["onnx"], tmp_path / "changed"))
    rewrite(folder, blocks=ODD_FACTS)
    assert run("onnx", folder, "test-classifier")[0] == 0
    sound = json.loads((folder / "manifest.json").read_text("utf-8"))
    changes = [{"labels": ["door", "light", "climate"]}, {"pad_id": 3}, {"blocks": []}, {"lengths": [8]}]
    for change in [*changes, {"parity": sound["parity"] | {"atol": 2e-4}}]:
        (folder / "manifest.json").write_text(json.dumps(sound | change), "utf-8")
        code, output = run("onnx", folder, "classify", "open")
        assert code == 1
        assert "manifest.json was changed: its content_hash does not follow from what it says" in output
    rewrite(folder, format_version=1)
    assert "is of an older format" in run("onnx", folder, "classify", "open")[1]


@needs_java
def test_a_bundle_for_another_task_is_refused(run, android_bundles):
    code, output = run("onnx", android_bundles["decoder"], "classify", "open")
    assert (code, output) == (1, "this bundle is for text-generation, not for text-classification\n")
    code, output = run("decoder", android_bundles["onnx"], "test-generator")
    assert (code, output) == (1, "this bundle is for text-classification, not for text-generation\n")


@needs_java
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda row: row["ids"].__setitem__(1, 7), "token 1 is"),
        (lambda row: row["logits"].__setitem__(2, 99.0), "logit 2 is"),
        (lambda row: row.__setitem__("label", "nothing"), "the label is"),
        (lambda row: row["ids"].append(3), "tokens, expected"),
    ],
)
def test_the_self_test_names_what_differs(run, android_bundles, tmp_path, change, named):
    wrong = Path(shutil.copytree(android_bundles["onnx"], tmp_path / "wrong"))
    rows = [json.loads(line) for line in (wrong / "golden.jsonl").read_text("utf-8").splitlines()]
    change(rows[1])
    (wrong / "golden.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    seal(wrong)
    code, output = run("onnx", wrong, "test-classifier")
    assert code == 1
    assert "golden case 2" in output
    assert named in output


@needs_java
@pytest.mark.parametrize(("kind", "command"), [("onnx", "test-classifier"), ("decoder", "test-generator")])
def test_a_tolerance_that_tells_nothing_is_refused(run, android_bundles, tmp_path, kind, command):
    folder = Path(shutil.copytree(android_bundles[kind], tmp_path / "wide"))
    rewrite(folder, parity={"atol": 60.0, "rtol": 0.0})
    code, output = run(kind, folder, command)
    assert code == 1
    assert "parity allows a logit to be 60.0 off" in output
    assert "wrong answers would pass" in output


@needs_java
def test_logits_that_are_all_the_same_are_refused(run, android_bundles, tmp_path):
    """Each is within the tolerance, as of a model that has hardly learned, and the runtime computes nothing."""
    folder = Path(shutil.copytree(android_bundles["onnx"], tmp_path / "same"))
    zero_logits(folder / "model.onnx")
    rows = [json.loads(line) for line in (folder / "golden.jsonl").read_text("utf-8").splitlines()]
    for number, row in enumerate(rows):
        row |= {"logits": [0.1, 0.01 * number, 0.0], "label": LABELS[0]}
    write_golden(folder, rows)
    rewrite(seal(folder), parity={"atol": 0.2, "rtol": 0.0})
    code, output = run("onnx", folder, "test-classifier")
    assert code == 1
    assert f"the logits of all {len(rows)} golden cases are the same, and should differ" in output


@pytest.mark.parametrize("kind", ["onnx", "decoder"])
def test_the_bundle_is_packed_as_it_is(android_packages, android_bundles, kind):
    package, added = android_packages[kind]
    bundle = open_bundle(android_bundles[kind])
    assert file_sha256(package / "module/src/main/assets/smart-home" / bundle.model.name) == bundle.model_sha256
    assert open_bundle(package / "module/src/main/assets/smart-home").content_hash == bundle.content_hash
    assert added.model == bundle.model.stat().st_size
    assert added.tokenizer == bundle.tokenizer.stat().st_size
    assert 0 < added.code < 1_000_000


@needs_java
def test_the_aar_maps_its_model_and_says_what_it_needs(android_packages, android_bundles):
    package = android_packages["onnx"][0]
    with zipfile.ZipFile(aar_of(package)) as archive:
        names = set(archive.namelist())
        assert {"AndroidManifest.xml", "R.txt", "classes.jar", "proguard.txt", "NOTICE"} <= names
        assert archive.read("NOTICE") == (package / "module" / "NOTICE").read_bytes()
        assert archive.testzip() is None
        raw = aar_of(package).read_bytes()
        for entry in archive.infolist():
            if entry.filename.startswith("assets/"):
                assert entry.compress_type == zipfile.ZIP_STORED
                name_bytes, extra_bytes = struct.unpack_from("<HH", raw, entry.header_offset + 26)
                assert (entry.header_offset + 30 + name_bytes + extra_bytes) % 4 == 0, entry.filename
        model = archive.read("assets/smart-home/model.onnx")
        assert model == (android_bundles["onnx"] / "model.onnx").read_bytes()
        manifest = ElementTree.fromstring(archive.read("AndroidManifest.xml"))  # noqa: S314
        assert manifest.get("package") == "com.example.app"
        sdk = manifest.find("uses-sdk").get("{http://schemas.android.com/apk/res/android}minSdkVersion")
        assert sdk == "24"


@needs_java
def test_the_jar_has_java_8_classes_of_the_package_alone(android_packages, tmp_path):
    with zipfile.ZipFile(jar_of(android_packages["tflite"][0], tmp_path)) as jar:
        found = [name for name in jar.namelist() if name.endswith(".class")]
        assert found
        assert all(name.startswith("com/example/app/") for name in found)
        assert {struct.unpack_from(">H", jar.read(name), 6)[0] for name in found} == {52}


@needs_java
def test_the_repository_is_one_that_maven_reads(android_packages):
    place = android_packages["onnx"][0] / "repository/com/example/smart-home"
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    pom = ElementTree.parse(place / "1.2.0/smart-home-1.2.0.pom").getroot()  # noqa: S314
    texts = [pom.findtext(f"m:{key}", namespaces=space) for key in ("groupId", "artifactId", "version", "packaging")]
    assert texts == ["com.example", "smart-home", "1.2.0", "aar"]
    assert pom.findtext(".//m:dependency/m:artifactId", namespaces=space) == "onnxruntime-android"
    assert ElementTree.parse(place / "maven-metadata.xml").findtext(".//release") == "1.2.0"  # noqa: S314
    for path in (place / "maven-metadata.xml", *place.glob("1.2.0/*.aar"), *place.glob("1.2.0/*.pom")):
        for kind in ("md5", "sha1", "sha256", "sha512"):
            assert (
                path.with_name(f"{path.name}.{kind}").read_text() == hashlib.new(kind, path.read_bytes()).hexdigest()
            )


@needs_java
@pytest.mark.parametrize(
    "kind", ["onnx", pytest.param("tflite", marks=pytest.mark.slow), pytest.param("decoder", marks=pytest.mark.slow)]
)
def test_sources_sample_and_readme_compile_as_written(android_packages, stubs, tmp_path, kind):
    package = android_packages[kind][0]
    sources = [*java_files(package / "module/src/main/java"), *java_files(package / "sample")]
    javac(tmp_path / "classes", [*sources, readme_example(package, tmp_path)], stubs)


def test_kotlin_is_kotlin(android_packages):
    for package, _ in android_packages.values():
        blocks = re.findall(r"```kotlin\n(.*?)```", (package / "README.md").read_text("utf-8"), re.DOTALL)
        files = [path.read_text("utf-8") for pattern in ("*.kt", "*.kts") for path in package.rglob(pattern)]
        assert len(blocks) == 3
        assert len(files) == 5
        for source in (*blocks, *files):
            assert not kotlin_errors(source), source


def test_build_files_are_for_a_plugin_that_brings_kotlin(android_packages):
    """Android's plugin 9 refuses Kotlin's, Kotlin 2.3 refuses `kotlinOptions`; a comment has the line of before."""
    package, _ = android_packages["onnx"]
    older = 'id("org.jetbrains.kotlin.android")'
    for path in package.rglob("build.gradle.kts"):
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        assert not [line for line in lines if "kotlinOptions" in line or line.startswith(older)], path
        commented = sum(line.startswith(f"// {older}") for line in lines)
        assert commented == (path.parent in (package, package / "module")), path
    readme = (package / "README.md").read_text("utf-8")
    assert "copy `repository/` into the root of your project" in readme
    for path, version in ((package / "build.gradle.kts", '"9.3.0"'), (package / "README.md", "9.3")):
        assert version in path.read_text("utf-8")


def test_nothing_is_left_to_fill_in(android_packages):
    for package, _ in android_packages.values():
        for path in package.rglob("*"):
            assert "@@" not in str(path)
            if path.suffix in (".java", ".kt", ".kts", ".md", ".xml", ".pro", ".properties", ".pom", ""):
                assert path.is_dir() or "@@" not in path.read_text("utf-8"), path


@needs_java
def test_the_same_bundle_gives_the_same_bytes(android_bundles, android_packages, tmp_path):
    write(open_bundle(android_bundles["onnx"]), IDENTITY, tmp_path)
    first, second = android_packages["onnx"][0], tmp_path
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files)


def test_without_a_jdk_the_module_is_written_and_the_repository_is_not(android_bundles, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.warns(EdgekitWarning, match="no javac"):
        added = write(open_bundle(android_bundles["onnx"]), IDENTITY, tmp_path)
    assert (tmp_path / "module/src/main/java/com/example/app/Classifier.java").is_file()
    assert not (tmp_path / "repository").exists()
    assert added.code > 0


def test_a_broken_jdk_is_told(android_bundles, tmp_path, monkeypatch):
    fake = tmp_path / "bin/javac"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 'error: release version 8 not supported' >&2\nexit 2\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=":")
    (tmp_path / "package").mkdir()
    with pytest.raises(ToolError, match="release version 8 not supported"):
        write(open_bundle(android_bundles["onnx"]), IDENTITY, tmp_path / "package")


@needs_java
def test_the_doubles_have_the_signatures_that_the_package_is_compiled_against(stubs, doubles):
    names = [path.relative_to(doubles).with_suffix("").as_posix() for path in sorted(doubles.rglob("*.class"))]
    same = [name for name in names if (stubs / f"{name}.class").exists()]
    assert len(same) >= 8
    assert _public(stubs, same) <= _public(doubles, same)


def _public(folder, names):
    """Each public member of some classes with the class before it."""
    words = ["javap", "-public", "-cp", folder, *(name.replace("/", ".") for name in names)]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found, owner = set(), ""
    for line in shown.splitlines():
        owner = line if line.endswith("{") else owner
        found.add((owner, line))
    return {(owner, line) for owner, line in found if line.startswith(" ")}
