"""Projects with npm packages: of a classifier without and with its runtime, and of a classifier and a decoder."""

from __future__ import annotations

import shutil
from pathlib import Path

import npm
import pytest
from installed_package import modules_of, packaged
from tiny_bundle import make_bundle

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import WEB_RUNTIME, write


@pytest.fixture(scope="session")
def two_packages(decoder_checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the packages smart-home and story, and the runtimes of Node and of the web."""
    from edgekit.flows.export import export
    from edgekit.options.export_options import ExportOptions

    try:
        modules = [npm.fetched("node", npm.RUNTIMES), npm.fetched("web", (f"onnxruntime-web@{WEB_RUNTIME}",))]
    except npm.Missing as missing:
        pytest.skip(str(missing))
    root = tmp_path_factory.mktemp("two-packages")
    # Deno looks for packages beside one
    (root / "package.json").write_text('{"private": true}', encoding="utf-8")
    options = ExportOptions(format="onnx", scheme="float")
    bundles = {
        "smart-home": make_bundle(root / "bundle", "onnx"),
        "story": export(decoder_checkpoints["llama"], root / "out", options)[0],
    }
    for name, bundle in bundles.items():
        package = root / "node_modules" / name
        package.mkdir(parents=True)
        write(open_bundle(bundle), Identity(name=name, version="1.2.3", id="com.example.tiny"), package)
    for path in (each for folder in modules for each in sorted(folder.iterdir())):
        if not path.name.startswith(".") and not (root / "node_modules" / path.name).exists():
            (root / "node_modules" / path.name).symlink_to(path)
    return root


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A project with the package in it, and no runtime."""
    try:
        npm.tool("node")
    except npm.Missing as missing:
        pytest.skip(str(missing))
    root = tmp_path_factory.mktemp("bare")
    packaged(make_bundle(root / "bundle", "onnx"), root / "node_modules" / "tiny-model")
    return root


@pytest.fixture(scope="module")
def project(bare, tmp_path_factory):
    """A project with the package and onnxruntime-node."""
    root = tmp_path_factory.mktemp("loading")
    shutil.copytree(bare / "node_modules", root / "node_modules")
    for path in sorted(modules_of("node", npm.RUNTIMES).iterdir()):
        if not path.name.startswith("."):
            (root / "node_modules" / path.name).symlink_to(path)
    return root
