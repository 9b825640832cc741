"""Another project's `edgekit` in the place of this one: one sentence says so, whichever way it hides it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import edgekit

ROOT = Path(edgekit.__file__).parents[1]
THEIRS = '"""A software development kit for workers."""\nclass Worker: ...\n'


@pytest.fixture(params=["before this one", "among the files of this one"])
def site(request, tmp_path):
    """A folder for packages, where another project's was found first, or was unpacked last."""
    package = tmp_path / "edgekit"
    package.mkdir()
    if request.param == "among the files of this one":
        for path in (ROOT / "edgekit").iterdir():
            if path.name != "__init__.py":
                (package / path.name).symlink_to(path)
    (package / "__init__.py").write_text(THEIRS)
    (package / "worker.py").write_text("raise SystemExit('theirs was run')\n")
    return tmp_path


def test_the_command_says_it_in_one_sentence(site):
    environment = os.environ | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    words = [sys.executable, "-c", "import edgekit_deploy; edgekit_deploy.main()", "--version"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, cwd=site)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"the package edgekit at {site / 'edgekit'} is another project's" in done.stderr
    assert "pip uninstall edgekit, then install edgekit-deploy again" in done.stderr
    module = subprocess.run(
        [sys.executable, "-m", "edgekit", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=site,
    )
    assert module.returncode != 0
    if (site / "edgekit" / "cli").exists():
        assert module.stderr == done.stderr


def test_this_one_is_taken_for_itself(capsys):
    import edgekit_deploy

    edgekit_deploy.check_import()
    assert capsys.readouterr().err == ""
