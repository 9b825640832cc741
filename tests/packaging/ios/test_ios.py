"""The Swift package as it is written: what it holds, and that all its sources are Swift."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path

import pytest
from swift_package import HERE, NAME, PASCAL, ROOT, code_blocks, fill_folder

from edgekit.agent.inference.bundle import GENERATION, Bundle, open_bundle
from edgekit.errors import UsageError
from edgekit.packaging.identity import Identity
from edgekit.packaging.ios.write import FORMATS, write

IOS = ROOT / "edgekit" / "packaging" / "ios"
LINES = 400
# a line of the tables is as long as it needs to be
LONGEST = 119


@pytest.fixture
def package(onnx_bundle, tmp_path):
    folder = tmp_path / NAME
    folder.mkdir()
    write(open_bundle(onnx_bundle), Identity(name=NAME, version="1.2.3", id="com.example.demo"), folder)
    return folder


def swift_files():
    return sorted(path for place in (IOS, HERE) for path in place.rglob("*.swift"))


def syntax_errors(text):
    """The lines that a grammar of Swift cannot read."""
    tree_sitter = pytest.importorskip("tree_sitter", reason="the dev extra is not installed")
    grammar = pytest.importorskip("tree_sitter_swift", reason="the dev extra is not installed")
    parser = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
    nodes, wrong = [parser.parse(text.encode()).root_node], []
    while nodes:
        node = nodes.pop()
        if node.is_error or node.is_missing:
            wrong.append(text.splitlines()[node.start_point.row])
        nodes += [child for child in node.children if child.has_error or child.is_missing]
    return wrong


def test_the_bundle_is_in_it_byte_for_byte_and_nothing_is_left_to_fill_in(package, onnx_bundle):
    model = package / "Sources" / f"{PASCAL}Core" / "Model"
    listed = {path.name for path in onnx_bundle.iterdir() if path.is_file()}
    assert {path.name for path in model.iterdir()} == listed
    assert all((model / name).read_bytes() == (onnx_bundle / name).read_bytes() for name in listed)
    for path in package.rglob("*"):
        assert "@@" not in path.name
        if path.is_file() and model not in path.parents:
            assert "@@" not in path.read_text(encoding="utf-8"), path


def test_what_it_adds_to_an_app_is_what_an_app_ships(onnx_bundle, tmp_path):
    folder = tmp_path / "package"
    folder.mkdir()
    added = write(open_bundle(onnx_bundle), Identity(name=NAME, id="com.example.demo"), folder)
    assert added.model == (onnx_bundle / "model.onnx").stat().st_size
    assert added.tokenizer == (onnx_bundle / "tokenizer.json").stat().st_size
    shipped = sum(path.stat().st_size for path in (folder / "Sources").rglob("*") if path.is_file())
    assert added.total == shipped
    assert FORMATS == ("onnx",)


@pytest.mark.parametrize("name", ["foundation", "swift-ui", "onnxruntime"])
def test_a_module_that_is_there_already_is_no_name(onnx_bundle, tmp_path, name):
    with pytest.raises(UsageError, match=f"cannot be called {name}") as raised:
        write(open_bundle(onnx_bundle), Identity(name=name, id="com.example.demo"), tmp_path)
    assert f"--name {name}-model" in str(raised.value.advice)


def test_licences_are_in_it(package):
    assert (package / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    notice = (package / "NOTICE").read_text(encoding="utf-8")
    assert "SPDX-License-Identifier: Apache-2.0" in notice
    assert "SPDX-License-Identifier: MIT" in notice
    assert "demo-model 1.2.3" in notice


def test_its_description_names_targets_that_have_sources(package):
    text = (package / "Package.swift").read_text(encoding="utf-8")
    assert text.startswith("// swift-tools-version: 5.9\n")
    for kind, name in re.findall(r'\.(target|testTarget)\(\s*name: "(\w+)"', text):
        folder = package / ("Sources" if kind == "target" else "Tests") / name
        assert list(folder.rglob("*.swift")), folder
    assert ".iOS(.v15)" in text


def test_the_readme_says_what_was_not_run_and_how_to_use_it(package):
    text = (package / "README.md").read_text(encoding="utf-8")
    assert "Never run: anything on a phone" in " ".join(text.split())
    blocks = code_blocks(text)
    assert len(blocks) == 2
    assert all(f"import {PASCAL}\n" in block for block in blocks)
    assert "Classifier.load()" in blocks[0]
    assert "Classifier.load()" in blocks[1]


def test_a_decoders_readme_writes_text(onnx_bundle, tmp_path):
    folder = tmp_path / "package"
    folder.mkdir()
    bundle = open_bundle(onnx_bundle)
    decoder = Bundle(bundle.folder, bundle.manifest | {"task": GENERATION})
    write(decoder, Identity(name=NAME, id="com.example.demo"), folder)
    blocks = code_blocks((folder / "README.md").read_text(encoding="utf-8"))
    assert "Generator.load()" in blocks[0]
    assert "Generator.load()" in blocks[1]


@pytest.mark.parametrize("path", swift_files(), ids=lambda path: path.relative_to(path.parents[3]).as_posix())
def test_every_source_is_swift(path):
    text = path.read_text(encoding="utf-8").replace("@@PASCAL@@", PASCAL)
    assert syntax_errors(text) == []


def test_the_grammar_finds_errors():
    assert syntax_errors("func f() -> Int { return 1 }\n") == []
    assert syntax_errors("func f( -> Int { return 1 \n")


@pytest.mark.parametrize("path", swift_files(), ids=lambda path: path.relative_to(path.parents[3]).as_posix())
def test_sources_are_short_and_say_what_they_are(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) < LINES
    assert lines[0].startswith("// ")
    if not path.name.startswith("Unicode"):
        assert [line for line in lines if len(line) > LONGEST] == []


def test_a_package_is_filled_as_it_is_for_building(tmp_path):
    fill_folder(tmp_path)
    text = (tmp_path / NAME / "Package.swift").read_text(encoding="utf-8")
    assert "https://" not in text
    assert Path(tmp_path / "libonnxruntime.so").stat().st_size > 1_000_000


def test_the_toolchain_says_that_it_is_not_there_yet(tmp_path):
    words = [ROOT / "scripts" / "swift-toolchain", "where"]
    environment = os.environ | {"EDGEKIT_SWIFT": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{tmp_path}/root-")
    words = [ROOT / "scripts" / "swift-toolchain", "run", tmp_path, "swift", "--version"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert "scripts/swift-toolchain build" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_the_tables_of_unicode_are_those_of_the_library(tmp_path, monkeypatch):
    found = importlib.util.spec_from_file_location("swift_unicode", ROOT / "scripts" / "swift_unicode.py")
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    kept = script._PLACE
    monkeypatch.setattr(script, "_PLACE", tmp_path)
    script.main()
    for name in ("UnicodeRanges.swift", "UnicodeMappings.swift"):
        assert (tmp_path / name).read_bytes() == (kept / name).read_bytes(), "run scripts/swift_unicode.py"
