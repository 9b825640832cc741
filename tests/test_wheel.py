"""The wheel, in an empty environment: with its base alone it predicts, measures and decides, from any folder."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile

import pytest

# MB of the base with all that it needs, but for pip itself and compiled modules
BASE_MB = 250


def run(*words, **kwargs):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory, request):
    """The wheel as it is published: built from the source distribution alone."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", out, request.config.rootpath)
    (source,) = out.glob("edgekit_deploy-*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "README.md",
        "README.zh-CN.md",
        "CHANGELOG.md",
        "CITATION.cff",
        "LICENSE",
        "recipes/quickstart.yaml",
    } <= names
    assert not [name for name in names if name.startswith((".venv", "runs/"))]
    (wheel,) = out.glob("edgekit_deploy-*.whl")
    return wheel


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(tmp_path, built):
    """Short trainings; torch and all else are those that the tests have, since no CI installs 2.5 GB twice."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env/bin/python"
    (packages,) = (tmp_path / "env").glob("lib/python*/site-packages")
    (packages / "beneath.pth").write_text(f"import site; site.addsitedir('{sysconfig.get_path('purelib')}')\n")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--ignore-installed", built)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    short = [f"--set=stages.{stage}.epochs=0.05" for stage in ("finetune", "distill", "prune")]
    code = "import edgekit; print(edgekit.__file__)"
    assert run(python, "-c", code, cwd=elsewhere).startswith(str(packages))
    words = [tmp_path / "env/bin/edgekit", "run", "quickstart", *short]
    done = subprocess.run([str(word) for word in words], cwd=elsewhere, capture_output=True, text=True, check=False)
    # next to nothing was learned: accuracy fails, all else is there
    assert done.returncode in (1, 3), done.stderr
    assert {path.name for path in (elsewhere / "runs/quickstart/bundles").iterdir()} == {"onnx", "tflite"}
    assert (elsewhere / "runs/quickstart/report.html").is_file()
    assert len(list((elsewhere / "runs/quickstart/packages").iterdir())) == 4


@pytest.mark.slow
def test_wheel_works_from_any_folder(tmp_path, request, onnx_bundle, built):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheel = built
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
