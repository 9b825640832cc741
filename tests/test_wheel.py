"""The wheel, in an empty environment: with its base alone it predicts, measures and decides, from any folder."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile

import pytest

# MB of the base with all that it needs, but for pip itself and compiled modules
BASE_MB = 250


def run(*words, **kwargs):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_wheel_works_from_any_folder(tmp_path, request, onnx_bundle):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run(*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, request.config.rootpath)
    (wheel,) = tmp_path.glob("edgekit_deploy-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "edgekit/shipped/targets/rpi4.yaml" in names
    assert "edgekit/shipped/recipes/quickstart.yaml" in names
    assert "edgekit/report/templates/report.html.j2" in names
    assert not [name for name in names if name.startswith(("tests/", "scripts/"))]
    root = request.config.rootpath
    files = (path.relative_to(root) for path in (root / "edgekit/packaging").rglob("*") if path.is_file())
    templates = {path.as_posix() for path in files if not {"__pycache__", ".ruff_cache"} & set(path.parts)}
    assert templates <= set(names), "every template"

    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    pip[0] = python
    run(*pip, "install", "--no-compile", wheel)
    assert _megabytes(tmp_path / "env") < BASE_MB
    edgekit = tmp_path / "env/bin/edgekit"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "rpi4" in run(edgekit, "targets", "list", cwd=elsewhere)
    assert "smart-home" in run(edgekit, "recipes", "show", "quickstart", cwd=elsewhere)
    assert run(edgekit, "predict", onnx_bundle, "open the door", cwd=elsewhere).startswith("door")
    assert "p95 ms" in run(edgekit, "profile", onnx_bundle, "--min-seconds", "0.1", cwd=elsewhere)
    assert "PASS" in run(edgekit, "gate", onnx_bundle, "--budget", "size_mb=10", cwd=elsewhere)
    assert "web" in run(edgekit, "package", onnx_bundle, "--platform", "web", "-o", "package", cwd=elsewhere)
    found = subprocess.run([edgekit, "finetune", "x", "--data", "y"], capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert f'{python} -m pip install "edgekit-deploy[train] @ file://' in found.stderr


def _megabytes(environment):
    (packages,) = environment.glob("lib/python*/site-packages")
    files = [path for path in packages.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    own = [path for path in files if not path.relative_to(packages).parts[0].startswith(("pip", "setuptools"))]
    return sum(path.stat().st_size for path in own) / 1e6
