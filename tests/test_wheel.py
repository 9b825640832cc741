"""The wheel, in an environment of its own: targets and recipes travel in it, and the door opens from any folder."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile

import pytest

# what the commands below import; the rest of the dependencies is only needed for models
LIGHT = ("click", "pydantic", "pyyaml", "rich")


def run(*words, **kwargs):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **kwargs)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_wheel_works_from_any_folder(tmp_path, request):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run(*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, request.config.rootpath)
    (wheel,) = tmp_path.glob("edgekit-*.whl")
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
    run(python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", *LIGHT)
    run(python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps", wheel)
    edgekit = tmp_path / "env/bin/edgekit"
    (tmp_path / "elsewhere").mkdir()
    assert "rpi4" in run(edgekit, "targets", "list", cwd=tmp_path / "elsewhere")
    assert "smart-home" in run(edgekit, "recipes", "show", "quickstart", cwd=tmp_path / "elsewhere")
