"""install.py as root: what a service could not read is refused by where it really lies, before anything is written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from linux_package import NAME, package

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a service is installed by root, and this is none")
PYTHON = Path("/usr/bin/python3")
LIBRARY = Path("/usr/lib")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An unpacked package without wheels."""
    from tiny_bundle import make_bundle

    folder = tmp_path_factory.mktemp("bare")
    return package(make_bundle(folder / "bundle", "onnx"), folder / "out", wheels=False)


@pytest.fixture(autouse=True)
def open_umask():
    """What a test makes is open to a service, unless it closes it."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def open_folder():
    """A folder that a service can read."""
    yield from _folder(Path("/opt"))


@pytest.fixture
def hidden_folder():
    """A folder that no service sees."""
    yield from _folder(Path("/root"))


def _folder(parent):
    folder = parent / f"edgekit-test-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def python():
    """The system's Python."""
    asked = [PYTHON, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False) if PYTHON.exists() else None
    if done is None or done.returncode or not (LIBRARY / f"python{done.stdout.strip()}" / "os.py").exists():
        pytest.skip("the system has no Python of its own that makes environments: apt install python3-venv")
    return PYTHON


@pytest.fixture(scope="module")
def modules(linux_home, python):
    """What the wheels of a package brought, where a service can read it, for a Python of the same version."""
    wanted = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not (LIBRARY / f"python{wanted}" / "os.py").exists():
        pytest.skip(f"the system has no Python {wanted}")
    for folder in _folder(Path("/opt")):
        copied = shutil.copytree(linux_home / "runtimes" / "default", folder / "modules")
        subprocess.run(["chmod", "-R", "go+rX", copied], check=True)
        yield copied


def install(unpacked, python, prefix, units, *words):
    command = [python, unpacked / "install.py", "--prefix", prefix, "--unit-folder", units, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def environment(folder: Path, *modules: Path, words=()) -> Path:
    """The Python of a virtual environment of the system's, which finds modules in these folders."""
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", *words, folder], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "runtime.pth").write_text("".join(f"{each}\n" for each in modules))
    return folder / "bin/python3"


def files(*folders: Path) -> list[str]:
    return sorted(str(path) for folder in folders for path in folder.rglob("*"))


def check_refused(unpacked, python, prefix, folders, says):
    """It is refused in one sentence that says this, and nothing is written."""
    units, before = folders[0] / "units", files(*folders)
    done = install(unpacked, python, prefix, units)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert says in line
    assert "--no-service" in line
    assert files(*folders) == before


HIDDEN = "all in /root is hidden from services"


@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_python_behind_a_link_through_a_home_is_refused(bare, python, open_folder, hidden_folder, place):
    (hidden_folder / "python3").symlink_to(python)
    link = open_folder / ("python3" if place == "file" else "link/python3")
    if place == "file":
        link.symlink_to(hidden_folder / "python3")
    else:
        link.parent.symlink_to(hidden_folder)
    says = f"a service cannot read {link}: it leads to /root, and {HIDDEN}: start install.py with another Python"
    check_refused(bare, link, open_folder / "home", (open_folder, hidden_folder), says)


@pytest.mark.parametrize("words", [(), ("--copies",)])
def test_an_environment_over_a_python_in_a_home_is_refused(bare, python, open_folder, hidden_folder, words):
    found = environment(open_folder / "venv", words=words)
    # as a Python that root built for itself
    (hidden_folder / "bin").mkdir()
    (hidden_folder / "bin/python3").symlink_to(python.resolve())
    (hidden_folder / "lib").symlink_to(LIBRARY)
    config = open_folder / "venv/pyvenv.cfg"
    config.write_text(config.read_text().replace("home = /usr/bin", f"home = {hidden_folder}/bin"))
    if not words:
        found.unlink()
        found.symlink_to(hidden_folder / "bin/python3")
    check_refused(bare, found, open_folder / "home", (open_folder, hidden_folder), HIDDEN)


def test_modules_that_a_service_cannot_read_are_refused(bare, modules, open_folder):
    own = shutil.copytree(modules / "h11", open_folder / "own/h11") / "__init__.py"
    own.chmod(0o600)
    found = environment(open_folder / "venv", open_folder / "own", modules)
    check_refused(bare, found, open_folder / "home", (open_folder,), f"cannot read {own}: others may not read {own}")


@pytest.mark.parametrize("name", ["link", "link/home", "link/new/home", "link/../home", "chain/home"])
def test_a_prefix_through_a_link_into_a_home_is_refused(bare, python, open_folder, hidden_folder, name):
    (hidden_folder / "inner").mkdir()
    (open_folder / "link").symlink_to(hidden_folder / "inner")
    (open_folder / "chain").symlink_to("link")
    says = f"{HIDDEN}: take another --prefix"
    check_refused(bare, python, open_folder / name, (open_folder, hidden_folder), says)


@pytest.mark.parametrize("name", ["closed/home", "closed/new/home", "link/home", "into"])
def test_a_prefix_below_a_closed_folder_is_refused(bare, python, open_folder, name):
    closed = open_folder / "closed"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0o700)
    (open_folder / "link").symlink_to(closed / "inner")
    (open_folder / "into").symlink_to(closed / "home")
    says = f"others may not enter {closed} (chmod o+x {closed}): take another --prefix"
    check_refused(bare, python, open_folder / name, (open_folder,), says)


def test_a_unit_that_is_masked_is_refused(bare, python, open_folder):
    (open_folder / "units").mkdir()
    (open_folder / "units" / f"{NAME}.service").symlink_to("/dev/null")
    check_refused(bare, python, open_folder / "home", (open_folder,), f"systemctl unmask {NAME}.service")


def test_links_in_a_circle_are_told(bare, modules, open_folder):
    found = environment(open_folder / "venv", modules)
    (open_folder / "link").symlink_to("link")
    done = install(bare, found, open_folder / "link", open_folder / "units")
    assert (done.returncode, "circle" in done.stderr, len(done.stderr.splitlines())) == (2, True, 1)
    done = install(bare, found, open_folder / "link", open_folder / "units", "--no-service")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr


def test_a_prefix_that_is_a_link_is_followed(bare, modules, open_folder):
    found, units = environment(open_folder / "venv", modules), open_folder / "units"
    real, link, unit = open_folder / "disk/home", open_folder / "link", units / f"{NAME}.service"
    link.symlink_to("disk/home")
    for _ in range(2):
        done = install(bare, found, link, units)
        assert done.returncode == 0, done.stderr
        assert link.is_symlink()
        assert f"ExecStart={real}/bin/{NAME} serve" in unit.read_text()
        assert f"{real}/app/run.py" in (real / "bin" / NAME).read_text()
        assert [path.name for path in real.parent.iterdir()] == ["home"]
    as_nobody = {"user": 65534, "group": 65534, "extra_groups": [], "env": {}, "cwd": "/"}
    subprocess.run([real / "bin" / NAME, "selftest"], check=True, **as_nobody)
    done = install(bare, found, link, units, "--uninstall")
    assert done.returncode == 0, done.stderr
    assert link.is_symlink()
    assert not real.exists()
    assert not unit.exists()
