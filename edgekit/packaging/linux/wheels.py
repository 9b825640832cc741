"""The wheels that a package brings: the bundle's runtime, and the libraries of the service."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Literal, get_args

from edgekit.devices.provision.python_facts import OLDEST, PythonFacts
from edgekit.devices.provision.runtimes import collect
from edgekit.devices.provision.wheels import Archive, fetch_together, fetch_wheel
from edgekit.errors import UsageError
from edgekit.schema.runtime_ref import RuntimeRef
from edgekit.schema.runtimes import RUNTIMES, only_runtime, too_new
from edgekit.schema.target import Architecture

# pure Python, without dependencies; these versions are what the service is tested with
SERVICE = ("h11==0.16.0", "prometheus_client==0.26.0")
SERVICE_MODULES = ("h11", "prometheus_client")
# the glibc of the oldest common system whose python3 is of this version: Debian 11, Ubuntu 22.04, Debian 12, ...
_GLIBC = {"3.9": "2.31", "3.10": "2.35", "3.11": "2.36", "3.12": "2.39", "3.13": "2.41"}
_NEWEST_GLIBC = "2.41"


@dataclass(frozen=True)
class Wheels:
    """Wheels for one Python, and the modules that must import from them."""

    archives: tuple[Archive, ...]
    modules: tuple[str, ...]


def python_of(arch: str, python: str) -> PythonFacts:
    """A Python of the kind that Linux has on such a machine; `UsageError` for one that nothing is made for.

    arch:   as targets name it: `aarch64`, `armv7l`, `x86_64`
    python: as `3.11`
    """
    if arch not in get_args(Architecture):
        raise UsageError(
            f"there are no wheels for {arch}", advice=f"there are for {', '.join(get_args(Architecture))}"
        )
    parts = re.fullmatch(r"3\.(\d{1,2})", python)
    version = (3, int(parts[1]), 0) if parts else (0, 0, 0)
    if version[:2] < OLDEST:
        raise UsageError(f"the service runs on Python 3.9 or newer, not on {python}", advice="as in 3.11")
    bits: Literal[32, 64] = 32 if arch == "armv7l" else 64
    only = only_runtime(bits)
    if only is not None and (newest := too_new(only, version)):
        raise UsageError(f"{only}, which alone serves {bits} bits, stops at Python {newest}, not {python}")
    return PythonFacts(
        version=version,
        implementation="CPython",
        system="Linux",
        machine=arch,
        bits=bits,
        free_threaded=False,
        libc="glibc",
        libc_version=_GLIBC.get(python, _NEWEST_GLIBC),
        numpy=None,
    )


def fetch(runtime: RuntimeRef, facts: PythonFacts, tell: Callable[[str], None] = lambda _: None) -> Wheels:
    """Fetch everything that a bundle for `runtime` needs to be served; errors as `collect`."""
    provision = collect(runtime, facts, tell)
    together = fetch_together(SERVICE, facts)
    service = [together.get(requirement) or fetch_wheel(requirement, facts) for requirement in SERVICE]
    return Wheels((*provision.archives, *service), (*provision.modules, *SERVICE_MODULES))


def modules_of(runtime: RuntimeRef) -> tuple[str, ...]:
    """The modules that a Python must have where a package brings no wheels."""
    return ("numpy", "tokenizers", RUNTIMES[runtime.name].module, *SERVICE_MODULES)


def licence_of(archive: Archive) -> str:
    """What a wheel says of its licence; its full text lies in the wheel."""
    with zipfile.ZipFile(archive.path) as wheel:
        names = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = HeaderParser().parsestr(wheel.read(names[0]).decode(errors="replace")) if names else None
    found = [metadata[key] for key in ("License-Expression", "License") if metadata[key]] if metadata else []
    classified = (
        [line.rpartition(" :: ")[2] for line in (metadata.get_all("Classifier") or []) if line.startswith("License")]
        if metadata
        else []
    )
    return next((line for line in (*found, *classified) if len(line) < 80 and "\n" not in line), "see the wheel")
