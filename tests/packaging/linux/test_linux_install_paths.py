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
    files = (path for folder in folders for path in folder.rglob("*"))
    # what a Python compiles of itself when it starts
    return sorted(str(path) for path in files if "__pycache__" not in path.parts)


def check_refused(unpacked, python, prefix, folders, says):
    """It is refused in one sentence that says this, and nothing is written."""
    units, before = folders[0] / "units", files(*folders)
    done = install(unpacked, python, prefix, units)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert says in line
    assert "--no-service" in line
    assert files(*folders) == before


ASKED = {"capture_output": True, "text": True, "check": True}
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


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o757])
@pytest.mark.parametrize("name", ["shared/home", "shared/inner/home", "link/home"])
def test_a_prefix_below_a_folder_that_everybody_writes_in_is_refused(bare, python, open_folder, mode, name):
    """Whoever may write there could put another program in the place of the service's."""
    shared = open_folder / "shared"
    (shared / "inner").mkdir(parents=True)
    shared.chmod(mode)
    (open_folder / "link").symlink_to(shared / "inner")
    says = f"others may write in {shared} (chmod o-w {shared}): take another --prefix"
    check_refused(bare, python, open_folder / name, (open_folder,), says)


@pytest.fixture(scope="module")
def relocatable():
    """The base of this Python and its name, which lies in a folder that no service sees, as its library does."""
    base = Path(sys.base_prefix)
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if not base.is_relative_to("/root") or not (base / "lib" / f"lib{name}.so.1.0").exists():
        pytest.skip("this Python has no shared library of its own below /root")
    return base, name


def copied(relocatable, folder: Path, mode: int = 0o755) -> Path:
    """A copy that a service may read; its program still names the library in the folder that it was built for."""
    base, name = relocatable
    ignored = shutil.ignore_patterns("site-packages", "test", "__pycache__", "idlelib", "config-*", "*.a")
    (folder / "bin").mkdir(parents=True)
    shutil.copy2(base / "bin" / name, folder / "bin" / name)
    shutil.copytree(base / "lib" / name, folder / "lib" / name, ignore=ignored)
    subprocess.run(["chmod", "-R", "go+rX", folder], check=True)
    return folder / "bin" / name


def test_a_python_whose_shared_library_lies_in_a_home_is_refused(bare, relocatable, open_folder):
    found = copied(relocatable, open_folder / "py")
    says = f"a service cannot read {relocatable[0]}/lib/lib{relocatable[1]}.so.1.0: {HIDDEN}: start install.py with"
    check_refused(bare, found, open_folder / "home", (open_folder,), says)


@pytest.mark.parametrize("name", ["encodings", "json", "lib-dynload", "xml/sax"])
def test_a_python_with_a_closed_folder_is_refused(bare, python, open_folder, name):
    """The standard library of an environment, all of whose files but these a service may read."""
    version = subprocess.run([python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"], **ASKED).stdout
    library = LIBRARY / version.strip()
    if not (library / name).is_dir():
        pytest.skip(f"{library} has no {name}")
    ignored = shutil.ignore_patterns("dist-packages", "test", "__pycache__", "config-*")
    own = shutil.copytree(library, open_folder / "base/lib" / library.name, ignore=ignored, symlinks=True)
    (open_folder / "base/bin").mkdir()
    found = shutil.copy2(python.resolve(), open_folder / "base/bin" / library.name)
    (own / name).chmod(0o700)
    says = f"others may not enter {own / name} (chmod o+x {own / name}): start install.py with another Python"
    check_refused(bare, found, open_folder / "home", (open_folder,), says)


def test_a_python_that_another_user_cannot_start_is_refused(bare, python, open_folder):
    """Rights say nothing of it: what it does at its start depends on who starts it."""
    found = environment(open_folder / "venv")
    (site,) = (open_folder / "venv").glob("lib/python3*/site-packages")
    (site / "broken.pth").write_text("import os, sys; os.geteuid() and sys.exit('not for you')\n")
    says = f"{found} does not start as a service's user: SystemExit: not for you: start install.py with another Python"
    check_refused(bare, found, open_folder / "home", (open_folder,), says)


def test_of_two_installations_the_unit_of_one_is_not_the_others(bare, modules, open_folder):
    found, units = environment(open_folder / "venv", modules), open_folder / "units"
    unit = units / f"{NAME}.service"
    for name in ("one", "one2"):
        done = install(bare, found, open_folder / name, units)
        assert done.returncode == 0, done.stderr
    text = unit.read_text()
    assert f"ExecStart={open_folder}/one2/bin/{NAME} serve" in text
    done = install(bare, found, open_folder / "one", units, "--uninstall")
    assert done.returncode == 0, done.stderr
    assert f"{unit} stays: it starts no program in {open_folder}/one, and is of another installation" in done.stdout
    assert (unit.read_text(), (open_folder / "one").exists()) == (text, False)
    done = install(bare, found, open_folder / "one2", units, "--uninstall")
    assert done.returncode == 0, done.stderr
    assert not unit.exists()


@pytest.mark.parametrize("words", [("--prefix", "."), ("--prefix", "new", "--uninstall")])
def test_a_folder_that_is_gone_is_told_in_a_sentence(bare, python, open_folder, words):
    (open_folder / "gone").mkdir()
    program = "import os, sys; os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"
    command = [python, "-c", program, open_folder / "gone", python, bare / "install.py", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, "the folder that this was started in is gone" in line) == (2, True), line


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
