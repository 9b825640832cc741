"""Installs the package that this file lies in, offline, into one folder; with root also as a systemd service.

    python3 install.py                      to ~/.local/share/NAME, or with root to /opt/NAME with the service
    python3 install.py --prefix DIR         to another folder
    python3 install.py --uninstall          remove it again; /opt/NAME/install.py does as well

Everything is checked and proven beside the folder before it takes its place: a failure leaves what was there before.
The Python that runs this file runs the service. Nothing is fetched, and nothing of the system's Python is changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import struct
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "app"))
# a package is read, and nothing is written into it
sys.dont_write_bytecode = True

from edgekit.devices.on_device import runtimes  # noqa: E402
from edgekit.packaging.linux.on_device.service_paths import obstacle, open_to_others, python_obstacle  # noqa: E402
from edgekit.packaging.linux.on_device.service_python import python_trouble  # noqa: E402

PACKAGE = "package.json"
UNITS = Path("/etc/systemd/system")
SELFTEST_SECONDS = 1800
_PLAIN = re.compile(r"[A-Za-z0-9/._+-]+")

# what `package.json` says
Package = dict[str, Any]


class InstallError(Exception):
    """What cannot be done here, as a sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Install or uninstall; the exit status."""
    package = json.loads((HERE / PACKAGE).read_bytes())
    options = _parser(package["name"]).parse_args(arguments)
    units = options.unit_folder if os.geteuid() == 0 and not options.no_service else None
    # whoever installs, the service's own user reads it
    os.umask(0o022)
    prefix = options.prefix or _usual_prefix(package["name"], options.uninstall)
    try:
        prefix = _whole(prefix)
        if options.uninstall:
            uninstall(package, prefix, units)
        else:
            install(package, prefix, units)
    except (InstallError, runtimes.InstallFailed) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"error: {error.filename or prefix}: {error.strerror or error}\n")
        return 2
    return 0


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=f"Install {name} on this machine, offline.")
    parser.add_argument("--prefix", type=Path, help=f"the folder to install into (default {_usual_prefix(name)})")
    parser.add_argument("--uninstall", action="store_true", help="remove the service and the folder")
    parser.add_argument("--no-service", action="store_true", help="with root: leave systemd alone")
    parser.add_argument("--unit-folder", type=Path, default=UNITS, help=f"where systemd's units lie (default {UNITS})")
    return parser


def _usual_prefix(name: str, installed: bool = False) -> Path:
    """The folder where nobody names one; of what is installed the one that this copy lies in, if it is one."""
    if installed and (HERE / "bin" / name).is_file():
        return HERE
    return Path("/opt") / name if os.geteuid() == 0 else Path.home() / ".local/share" / name


def _whole(prefix: Path) -> Path:
    """A prefix from the root on; `InstallError` where it begins in a folder that is gone."""
    try:
        return prefix.absolute()
    except FileNotFoundError:
        raise InstallError(
            f"the folder that this was started in is gone or was replaced, and --prefix {prefix} begins there: "
            f"cd into it again, or give the whole path"
        ) from None


def install(package: Package, prefix: Path, units: Path | None) -> None:
    """Install into `prefix`, and with `units` as a service; `InstallError` or OSError where it cannot."""
    _check_files(package)
    _check_python(package)
    if units is not None:
        _check_service(package, prefix, units)
    if not package["wheels"]:
        _check_imports(package["modules"])
    prefix = _real(prefix)
    _check_own(package, prefix)
    prefix.parent.mkdir(parents=True, exist_ok=True)
    incoming = prefix.with_name(f".{prefix.name}-{uuid.uuid4().hex[:8]}.tmp")
    try:
        incoming.mkdir()
        _copy(package, incoming)
        _unpack_runtime(package, incoming)
        _write_program(package, incoming, prefix)
        _selftest(incoming)
        _take_the_place(incoming, prefix)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    program = prefix / "bin" / package["name"]
    print(f"{package['name']} {package['version']} is in {prefix}")
    if units is None:
        print(f"  {program} serve")
    else:
        _add_unit(package, prefix, units)


def uninstall(package: Package, prefix: Path, units: Path | None) -> None:
    """Remove the folder, not a link to it, and the service that it is of, no other installation's.

    Raises `InstallError` where they are not of this package.
    """
    prefix = _real(prefix)
    _check_own(package, prefix)
    unit = _unit(package)
    if units is not None and (units / unit).exists():
        _remove_unit(package, prefix, units / unit)
    if not prefix.exists():
        raise InstallError(f"{package['name']} is not in {prefix}: name its folder, --prefix DIR")
    shutil.rmtree(prefix)
    print(f"{prefix} is removed")


def _remove_unit(package: Package, prefix: Path, unit: Path) -> None:
    program = re.escape(f"{prefix}/bin/{package['name']}")
    started = re.compile(rf'^ExecStart[ \t]*=[ \t]*[-+@!:|]*"?{program}(?:[\s"]|$)', re.MULTILINE)
    if not started.search(unit.read_text(encoding="utf-8", errors="replace")):
        print(f"{unit} stays: it starts no program in {prefix}, and is of another installation")
        return
    _systemctl("disable", "--now", unit.name)
    unit.unlink()
    _systemctl("daemon-reload")
    print(f"{unit} is removed")


def _check_files(package: Package) -> None:
    """What was cut off or changed on its way is not installed."""
    for name, sha256 in package["files"].items():
        path = HERE / name
        if not path.is_file():
            raise InstallError(f"{name} is missing: unpack the whole archive again")
        if _sha256(path) != sha256:
            raise InstallError(
                f"{name} is not the file that was packaged: its sha256 is {_sha256(path)}, not {sha256}"
            )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _check_python(package: Package) -> None:
    if sys.version_info < (3, 9):  # noqa: UP036
        raise InstallError(f"the service needs Python 3.9 or newer, and this is {platform.python_version()}")
    if not package["wheels"]:
        return
    expected, found = f"Python {package['python']} on {package['arch']}", _this_python()
    if found != expected:
        options = f"--arch {platform.machine()} --python {sys.version_info[0]}.{sys.version_info[1]}"
        raise InstallError(
            f"this package was made for {expected}, and this is {found}: start install.py with that Python, or "
            f"package the bundle again with {options}"
        )
    libc, version = platform.libc_ver()
    if libc != "glibc":
        raise InstallError(
            f"the runtime's wheels need glibc, and this is {f'{libc} {version}'.strip() or 'another libc'}"
        )


def _this_python() -> str:
    bits, machine = 8 * struct.calcsize("P"), platform.machine()
    # 32-bit Raspberry Pi OS has a 64-bit kernel
    arch = "armv7l" if bits == 32 and machine in ("aarch64", "armv8l") else machine
    return f"Python {sys.version_info[0]}.{sys.version_info[1]} on {arch}"


def _check_service(package: Package, prefix: Path, units: Path) -> None:
    """A service must read all that it runs, and is told its paths in a unit."""
    why = obstacle(prefix, replaced=True)
    if why is not None:
        raise InstallError(f"a service cannot read {why}: take another --prefix, or --no-service")
    why = open_to_others(prefix)
    if why is not None:
        raise InstallError(f"anybody could put another program there, {why}: take another --prefix, or --no-service")
    modules = () if package["wheels"] else package["modules"]
    why = python_obstacle()
    _check_python_serves(python_trouble(modules) if why is None else f"a service cannot read {why}")
    for path in (str(_real(prefix)), sys.executable):
        if not _PLAIN.fullmatch(path):
            raise InstallError(f"{path!r} cannot be written into a unit: take another --prefix, or --no-service")
    unit = units / _unit(package)
    if unit.resolve() == Path("/dev/null"):
        raise InstallError(f"{unit} is masked, and would never start: systemctl unmask {unit.name}, or --no-service")


def _check_python_serves(why: Optional[str]) -> None:  # noqa: UP045
    if why is not None:
        raise InstallError(f"{why}: start install.py with another Python, as /usr/bin/python3, or give --no-service")


def _real(prefix: Path) -> Path:
    """The folder that a prefix leads to: a link stays, and what it leads to is replaced."""
    # `Path.resolve` of older Pythons raises no `OSError` for links in a circle
    return Path(os.path.realpath(prefix))


def _check_own(package: Package, prefix: Path) -> None:
    """Nothing that is not an installation of this package is replaced or removed."""
    if not prefix.exists() or (prefix.is_dir() and not any(prefix.iterdir())):
        return
    try:
        found = json.loads((prefix / PACKAGE).read_bytes())["name"]
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    if found != package["name"] or not (prefix / "bin" / package["name"]).is_file():
        raise InstallError(f"{prefix} is there already, and is no installation of {package['name']}")


def _copy(package: Package, incoming: Path) -> None:
    for name in (*package["files"], PACKAGE):
        if name not in package["wheels"]:
            place = incoming / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / name, place)


def _unpack_runtime(package: Package, incoming: Path) -> None:
    """Unpack the wheels, if there are any, into a folder."""
    if not package["wheels"]:
        return
    archives = {Path(name).name: package["files"][name] for name in package["wheels"]}
    size = sum((HERE / name).stat().st_size for name in package["wheels"])
    runtime = {"name": "default", "incoming": ".incoming", "archives": archives, "modules": package["modules"]}
    runtime |= {"packages": package["packages"], "made_for": _this_python(), "bytes": 6 * size}
    runtimes.begin(incoming, runtime)
    for name in package["wheels"]:
        shutil.copyfile(HERE / name, incoming / "runtimes" / ".incoming" / Path(name).name)
    runtimes.install(incoming, runtime)


def _check_imports(modules: Sequence[str]) -> None:
    """Raise `InstallError` where this Python lacks a module."""
    missing = []
    for module in modules:
        # nothing is written, compiled modules neither
        command = [sys.executable, "-I", "-B", "-c", f"import {module}"]
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            missing.append(module.partition(".")[0].replace("_", "-"))
    if missing:
        raise InstallError(
            f"{sys.executable} lacks {', '.join(missing)}, and this package brings no wheels: pip install them"
        )


def _write_program(package: Package, incoming: Path, prefix: Path) -> None:
    program = incoming / "bin" / package["name"]
    program.parent.mkdir()
    command = shlex.join([sys.executable, "-I", str(prefix / "app" / "run.py")])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n', encoding="utf-8")
    program.chmod(0o755)


def _selftest(incoming: Path) -> None:
    """The golden cases, on this machine; it leaves compiled modules behind, which a service could not write."""
    command = [sys.executable, "-I", str(incoming / "app" / "run.py"), "selftest"]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=SELFTEST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise InstallError(f"the self-test took more than {SELFTEST_SECONDS} s: nothing is installed") from None
    if done.returncode:
        raise InstallError("the self-test failed: nothing is installed")
    print(done.stdout.strip())


def _take_the_place(incoming: Path, prefix: Path) -> None:
    before = prefix.with_name(f".{prefix.name}-{uuid.uuid4().hex[:8]}.before")
    if prefix.exists():
        prefix.rename(before)
    incoming.rename(prefix)
    shutil.rmtree(before, ignore_errors=True)


def _unit(package: Package) -> str:
    return f"{package['name']}.service"


def _add_unit(package: Package, prefix: Path, units: Path) -> None:
    unit = _unit(package)
    text = (prefix / "systemd" / unit).read_text(encoding="utf-8")
    units.mkdir(parents=True, exist_ok=True)
    (units / unit).write_text(text.replace(f"/opt/{package['name']}/", f"{prefix}/"), encoding="utf-8")
    print(f"{units / unit} is written")
    if _systemctl("daemon-reload") and _systemctl("enable", unit) and _systemctl("restart", unit):
        print(f"it answers: systemctl status {unit}")
    else:
        print(
            f"systemd does not run here, so {package['name']} was not started: where it does, "
            f"systemctl enable --now {unit}; without it, {prefix}/bin/{package['name']} serve"
        )


def _systemctl(*words: str) -> bool:
    """Tell systemd something; False where it does not run, as in a container, or while an image is built."""
    if not Path("/run/systemd/system").is_dir():
        return False
    if subprocess.run(["systemctl", *words], check=False).returncode:
        raise InstallError(f"systemctl {' '.join(words)} failed; journalctl -u {words[-1]} says why")
    return True


if __name__ == "__main__":
    sys.exit(main())
