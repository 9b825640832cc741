"""numpy for 32 bits out of Debian's packages."""

import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from edgekit.devices.provision.debian_numpy import as_wheel, debian_numpy
from edgekit.devices.provision.python_facts import PythonFacts
from edgekit.devices.provision.wheels import NoWheelError, fresh_folder
from edgekit.errors import ToolError

PI_32 = PythonFacts(
    version=(3, 11, 2),
    implementation="CPython",
    system="Linux",
    machine="aarch64",
    bits=32,
    free_threaded=False,
    libc="glibc",
    libc_version="2.36",
    numpy=None,
)
MODULES = "usr/lib/python3/dist-packages"
LIBRARIES = "usr/lib/arm-linux-gnueabihf"
NUMPY = {
    f"{MODULES}/numpy/__init__.py": "from . import _distributor_init",
    f"{MODULES}/numpy/_distributor_init.py": "",
    f"{MODULES}/numpy/core/_multiarray_umath.cpython-311-arm-linux-gnueabihf.so": "module",
    f"{MODULES}/numpy/core/tests/test_all.py": "",
    f"{MODULES}/numpy-1.24.2.egg-info/PKG-INFO": "Name: numpy\nVersion: 1.24.2\n",
    "usr/bin/f2py": "#!python",
    "usr/share/doc/python3-numpy/copyright": "",
}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def deb(folder, name, files, links=()):
    """A package of Debian's kind."""
    if shutil.which("dpkg-deb") is None:
        pytest.skip("dpkg-deb is not here")
    root = folder / f"{name}.root"
    for place, text in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(text)
    for place, target in links:
        (root / place).symlink_to(target)
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN").chmod(0o755)  # dpkg-deb refuses what a strict or an open umask leaves
    control = (
        f"Package: {name.partition('_')[0]}\nVersion: 1\nArchitecture: armhf\nMaintainer: t <t@t>\nDescription: t\n"
    )
    (root / "DEBIAN" / "control").write_text(control)
    path = folder / f"{name}.deb"
    subprocess.run(["dpkg-deb", "--build", str(root), str(path)], check=True, capture_output=True)
    return path


def library(folder, name, place):
    file = f"{LIBRARIES}/{place}"
    return deb(folder, f"{name}_1_armhf", {f"{file}.1.2": name}, [(file, Path(file).name + ".1.2")])


@pytest.fixture
def packages(tmp_path):
    return [
        deb(tmp_path, "python3-numpy_1%3a1.24.2-1+deb12u1_armhf", NUMPY),
        library(tmp_path, "libblas3", "blas/libblas.so.3"),
        library(tmp_path, "liblapack3", "lapack/liblapack.so.3"),
        library(tmp_path, "libgfortran5", "libgfortran.so.5"),
    ]


def test_modules_and_libraries_in_one_wheel(packages, tmp_path):
    as_wheel(packages, PI_32, tmp_path)
    with zipfile.ZipFile(tmp_path / "numpy-1.24.2-cp311-cp311-linux_armv7l.whl") as wheel:
        content = {name: wheel.read(name).decode() for name in wheel.namelist()}
    assert set(content) == {
        "numpy/__init__.py",
        "numpy/_distributor_init.py",
        "numpy/core/_multiarray_umath.cpython-311-arm-linux-gnueabihf.so",
        "numpy-1.24.2.egg-info/PKG-INFO",
        "numpy.libs/libblas.so.3",
        "numpy.libs/libgfortran.so.5",
        "numpy.libs/liblapack.so.3",
    }
    # links are read through
    assert content["numpy.libs/libblas.so.3"] == "libblas3"
    # each is loaded before what needs it
    preload = content["numpy/_distributor_init.py"]
    assert preload.index("libgfortran") < preload.index("libblas") < preload.index("liblapack")
    compile(preload, "_distributor_init.py", "exec")


def test_the_same_packages_give_the_same_wheel(packages, tmp_path):
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        as_wheel(packages[:: 1 if name == "one" else -1], PI_32, tmp_path / name)
        made.append(next((tmp_path / name).iterdir()).read_bytes())
    assert made[0] == made[1]


def test_packages_that_lack_something(packages, tmp_path):
    with pytest.raises(ToolError, match=r"lack numpy\.libs/libblas\.so\.3"):
        as_wheel([packages[0], *packages[2:]], PI_32, tmp_path)
    with pytest.raises(ToolError, match="lack numpy"):
        as_wheel(packages[1:], PI_32, tmp_path)
    packages[0].write_bytes(b"no package")
    with pytest.raises(ToolError, match="cannot be unpacked"):
        as_wheel(packages, PI_32, tmp_path)


def only(folder, monkeypatch, **programs):
    """A PATH with these shell scripts alone."""
    for name, text in programs.items():
        program = folder / name.replace("_", "-")
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_where_there_is_no_debian(tmp_path, monkeypatch):
    with pytest.raises(NoWheelError, match=r"no numpy < 2 for Python 3\.10 on 32 bits") as caught:
        debian_numpy(PI_32.model_copy(update={"version": (3, 10, 1)}))
    assert caught.value.advice == "on the device: sudo apt install python3-numpy"
    only(tmp_path, monkeypatch)
    with pytest.raises(NoWheelError, match="there is no apt here"):
        debian_numpy(PI_32)
    only(tmp_path, monkeypatch, apt_get="echo http://ports.example/ubuntu-ports/", dpkg_deb="")
    with pytest.raises(NoWheelError, match="which the apt here does not name"):
        debian_numpy(PI_32)
    only(tmp_path, monkeypatch, apt_get="echo 'E: no network' >&2; exit 100")
    with pytest.raises(ToolError, match="apt-get cannot fetch numpy for 32 bits: E: no network"):
        debian_numpy(PI_32)


@pytest.mark.slow
def test_the_real_packages():
    if shutil.which("apt-get") is None:
        pytest.skip("apt is not here")
    try:
        found = debian_numpy(PI_32)
    except (NoWheelError, ToolError) as error:
        pytest.skip(f"Debian is not reached: {error.message}")
    assert (found.project, found.version.split(".")[0]) == ("numpy", "1")
    with zipfile.ZipFile(found.path) as wheel:
        names = [name for name in wheel.namelist() if ".so" in name]
        heads = [wheel.read(name)[:20] for name in names]
    assert any("_multiarray_umath.cpython-311-arm-linux-gnueabihf.so" in name for name in names)
    # 32 bits, ARM (elf.h: EM_ARM)
    assert all(head[4] == 1 and struct.unpack_from("<H", head, 18) == (40,) for head in heads)
    before = found.path.stat().st_mtime_ns
    assert debian_numpy(PI_32) == found
    assert found.path.stat().st_mtime_ns == before


def test_a_fetching_folder_is_gone_in_the_end():
    with pytest.raises(ZeroDivisionError), fresh_folder() as folder:
        (folder / "half").write_text("")
        raise ZeroDivisionError
    assert not folder.exists()
