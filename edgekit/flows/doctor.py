"""What is installed on this machine: versions against the tested set, parts that are missing, and the cure of each."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution

from edgekit.parts import BASE, DISTRIBUTION, EXTRAS, FOREIGN, install_command, installed_version, tested_versions
from edgekit.version import __version__

# programs that some commands start, and what needs them
_PROGRAMS = {
    "ssh": "devices behind a ProxyCommand",
    "adb": "phones, where adbutils' own adb is not to be taken",
    "node": "trying a web package outside of a browser",
}
# what turns telemetry of libraries off; edgekit sets both before it imports them
_TELEMETRY = ("ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY")


@dataclass(frozen=True)
class Package:
    """A package that a part brings. version: "" where it is missing; tested: that of the tested set, "" for none"""

    name: str
    version: str
    tested: str


@dataclass(frozen=True)
class Part:
    """The base, or an extra. add: the command that adds what is missing of it, "" where nothing is"""

    name: str
    purpose: str
    packages: tuple[Package, ...]
    add: str


@dataclass(frozen=True)
class Installation:
    """What this machine has. programs: those that are missing, with what needs them; problems: each with its cure"""

    edgekit: str
    python: str
    system: str
    cores: int
    parts: tuple[Part, ...]
    accelerators: tuple[str, ...]
    programs: dict[str, str]
    telemetry: dict[str, str]
    problems: tuple[str, ...]


def examine_installation() -> Installation:
    """Look at packages, programs and settings; of all packages only torch is imported, which knows accelerators."""
    tested = tested_versions()
    base = Part("base", "predict, measure, decide, package", _packages(BASE, tested), "")
    return Installation(
        edgekit=__version__,
        python=f"{platform.python_version()}, {sys.executable}",
        system=f"{platform.system()} {platform.machine()}",
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        parts=(base, *(_extra(name, tested) for name in EXTRAS)),
        accelerators=_accelerators(),
        programs={name: purpose for name, purpose in _PROGRAMS.items() if shutil.which(name) is None},
        telemetry={name: os.environ.get(name, "") for name in _TELEMETRY},
        problems=_problems(),
    )


def _extra(name: str, tested: Mapping[str, str]) -> Part:
    packages = _packages(EXTRAS[name].modules, tested)
    whole = all(package.version for package in packages)
    return Part(name, EXTRAS[name].purpose, packages, "" if whole else install_command(name))


def _packages(modules: Iterable[str], tested: Mapping[str, str]) -> tuple[Package, ...]:
    names = [module.replace("_", "-") for module in modules]
    return tuple(Package(name, installed_version(name), tested.get(name, "")) for name in names)


def _accelerators() -> tuple[str, ...]:
    """Devices that training can take beside the CPU."""
    try:
        import torch
    except ModuleNotFoundError:
        return ()
    cuda = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return (*cuda, "Apple GPU") if torch.backends.mps.is_available() else tuple(cuda)


def _problems() -> tuple[str, ...]:
    """What keeps edgekit from working, each with its cure."""
    try:
        foreign = distribution(FOREIGN)
    except PackageNotFoundError:
        return ()
    return (
        f"{FOREIGN} {foreign.version} is installed, another project of that name on the index, and its files lie "
        f"among these: {sys.executable} -m pip uninstall {FOREIGN}, then install {DISTRIBUTION} again",
    )
