"""numpy for 32-bit ARM, of which there are no wheels: Debian's package, with the libraries it needs, as a wheel."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from edgekit.devices.provision.python_facts import PythonFacts
from edgekit.devices.provision.wheels import Archive, NoWheelError, cache_archive, cached_archive, fresh_folder
from edgekit.errors import ToolError

APT_SECONDS = 900
# the release of Debian whose python3 is of this version: an extension module imports in no other
_RELEASES = {"3.9": "bullseye", "3.11": "bookworm"}
_PACKAGES = ("python3-numpy", "libblas3", "liblapack3", "libgfortran5")
# in the order in which they need each other
_LIBRARIES = ("libgfortran.so.5", "libblas.so.3", "liblapack.so.3")
_MODULES = PurePosixPath("usr/lib/python3/dist-packages")
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_CURE = "on the device: sudo apt install python3-numpy"
# numpy imports this file first, and says of it that a distributor can replace it
_PRELOAD = f'''"""The libraries of Debian's numpy, from beside it: loaded once, its modules find them by name."""

import ctypes
import os

_folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "numpy.libs")
for _name in {_LIBRARIES!r}:
    ctypes.CDLL(os.path.join(_folder, _name))
'''


def debian_numpy(facts: PythonFacts) -> Archive:
    """Debian's numpy for a 32-bit Python, fetched by this machine's apt from where its own sources are, once.

    Nothing of this machine's apt is changed: it works on lists and folders of its own, and checks signatures as ever.
    Raises `NoWheelError` where there is none to fetch, `ToolError` when fetching fails.
    """
    cached = cached_archive("python3-numpy", facts)
    if cached is not None:
        return cached
    release = _RELEASES.get(facts.short)
    if release is None:
        raise NoWheelError(f"Debian has no numpy < 2 for Python {facts.short} on 32 bits", advice=_CURE)
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NoWheelError("numpy for 32 bits comes as a package of Debian, and there is no apt here", advice=_CURE)
    with tempfile.TemporaryDirectory(prefix="edgekit-apt-") as apt, fresh_folder() as fresh:
        packages = _fetch(Path(apt), release, _debian_address())
        as_wheel(packages, facts, fresh)
        return cache_archive("python3-numpy", facts, fresh)


def _debian_address() -> str:
    """Where this machine's own apt finds Debian."""
    output = _apt(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
    found = [line for line in output.splitlines() if re.search(r"/debian/?$", line)]
    if not found:
        raise NoWheelError("numpy for 32 bits comes from Debian, which the apt here does not name", advice=_CURE)
    return found[0]


def _fetch(root: Path, release: str, address: str) -> list[Path]:
    """Debian's packages for armhf in a folder of apt's own."""
    for name in ("lists/partial", "archives/partial", "sources", "packages"):
        (root / name).mkdir(parents=True)
    signed = f" [signed-by={_KEYRING}]" if _KEYRING.is_file() else ""
    (root / "sources/debian.list").write_text(f"deb{signed} {address} {release} main\n", encoding="utf-8")
    settings = {
        "APT::Architecture": "armhf",
        "APT::Architectures": "armhf",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "1",
        "Dir::Cache": root,
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": root / "sources",
        "Dir::State": root,
        "Dir::State::status": "/dev/null",
    }
    options = [argument for key, value in settings.items() for argument in ("-o", f"{key}={value}")]
    _apt([*options, "update", "--error-on=any"])
    _apt([*options, "download", *_PACKAGES], cwd=root / "packages")
    return sorted((root / "packages").glob("*.deb"))


def _apt(arguments: list[str], cwd: Path | None = None) -> str:
    command = ["apt-get", "-q", *arguments]
    try:
        done = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=APT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"apt-get took more than {APT_SECONDS} s", advice=_CURE) from None
    if done.returncode:
        output = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise ToolError(f"apt-get cannot fetch numpy for 32 bits: {output[-1][:500]}", advice=_CURE)
    return done.stdout.decode(errors="replace")


def as_wheel(packages: list[Path], facts: PythonFacts, into: Path) -> None:
    """Put the modules and the libraries of the packages into one zip that is laid out as a wheel is.

    Raises `ToolError` for packages that do not hold them.
    """
    files = {name: content for package in packages for name, content in _wanted(package).items()}
    files["numpy/_distributor_init.py"] = _PRELOAD.encode()
    missing = [f"numpy.libs/{name}" for name in _LIBRARIES if f"numpy.libs/{name}" not in files]
    versions = [re.fullmatch(r"python3-numpy_([0-9]%3a)?(?P<version>[0-9.]+).*", path.name) for path in packages]
    version = next((found["version"] for found in versions if found), None)
    if missing or version is None:
        raise ToolError(f"Debian's packages of numpy lack {', '.join(missing) or 'numpy'}", advice=_CURE)
    name = f"numpy-{version.rstrip('.')}-{facts.abi}-{facts.abi}-linux_{facts.arch}.whl"
    with zipfile.ZipFile(into / name, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in sorted(files):
            # a date of its own would give the same content another hash each time
            wheel.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), files[path], zipfile.ZIP_DEFLATED)


def _wanted(package: Path) -> dict[str, bytes]:
    """What the device needs of a package, by its place in the wheel; nothing is written to disk under its own name."""
    done = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], capture_output=True, check=False)
    if done.returncode:
        raise ToolError(f"{package.name} cannot be unpacked: {done.stderr.decode(errors='replace').strip()[:500]}")
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        for member in archive:
            place = _place(PurePosixPath(member.name))
            # a link is read through to the file of the same package
            file = archive.extractfile(member) if place and not member.isdir() else None
            if place and file is not None:
                found[place] = file.read()
    return found


def _place(path: PurePosixPath) -> str | None:
    """Where a file of a package belongs: modules by their names, libraries in `numpy.libs`, all else nowhere."""
    if path.name in _LIBRARIES:
        return f"numpy.libs/{path.name}"
    if path.is_relative_to(_MODULES) and "tests" not in path.parts and ".." not in path.parts:
        return str(path.relative_to(_MODULES))
    return None
