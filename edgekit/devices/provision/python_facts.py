"""Which Python a device has, and whether the runtimes come in wheels for it."""

from __future__ import annotations

from typing import Literal

import pydantic

from edgekit.devices.device_script import run_script
from edgekit.devices.transport import Transport
from edgekit.errors import DeviceError
from edgekit.schema.base_model import Strict
from edgekit.schema.runtimes import only_runtime, too_new, usual_runtimes
from edgekit.schema.schemes import RuntimeName

OLDEST = (3, 9)
# the architecture in a wheel's name, by what the kernel says and how wide the interpreter's pointers are:
# 32-bit Raspberry Pi OS has a 64-bit kernel
_WHEELS = {
    ("aarch64", 64): "aarch64",
    ("aarch64", 32): "armv7l",
    ("armv8l", 32): "armv7l",
    ("armv7l", 32): "armv7l",
    ("x86_64", 64): "x86_64",
}
# oldest and newest glibc of the manylinux tags that are asked for
_GLIBC_2 = (17, 99)


class PythonFacts(Strict):
    """A Python on a device; what a device says of itself is bounded here, and never used as a path."""

    version: tuple[int, int, int]
    implementation: str = pydantic.Field(max_length=50)
    system: str = pydantic.Field(max_length=50)
    machine: str = pydantic.Field(max_length=50)
    bits: Literal[32, 64]
    free_threaded: bool
    libc: str = pydantic.Field(max_length=50)
    libc_version: str = pydantic.Field(max_length=50)
    numpy: str | None = pydantic.Field(max_length=50)

    @property
    def short(self) -> str:
        """`3.11`."""
        return f"{self.version[0]}.{self.version[1]}"

    @property
    def arch(self) -> str:
        """The architecture as wheels name it."""
        return _WHEELS[self.machine, self.bits]

    @property
    def abi(self) -> str:
        """The ABI as wheels name it: `cp311`, `cp313t`."""
        return f"cp{self.version[0]}{self.version[1]}{'t' if self.free_threaded else ''}"

    @property
    def glibc_minor(self) -> int:
        """36 of glibc 2.36."""
        major, _, minor = self.libc_version.partition(".")
        digits = minor.partition(".")[0]
        return int(digits) if major == "2" and digits.isdecimal() else 0

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags that it takes, newest first (PEP 600)."""
        oldest, newest = _GLIBC_2
        minors = range(min(self.glibc_minor, newest), oldest - 1, -1)
        return (*(f"manylinux_2_{minor}_{self.arch}" for minor in minors), f"manylinux2014_{self.arch}")

    @property
    def runtimes(self) -> tuple[RuntimeName, ...]:
        """The runtimes that are set up on it where none is named."""
        return usual_runtimes(self.bits)

    @property
    def identity(self) -> str:
        """What a runtime was unpacked for: one for another Python does not import."""
        return f"{self.abi} {self.arch}"


def python_facts(transport: Transport, python: str) -> PythonFacts:
    """Ask `python` on the device what it is; `DeviceError` where there is none, or none that runtimes are made for."""
    facts = run_script(transport, python, "python_facts", PythonFacts)
    problem, cure = _problem(facts)
    if problem is not None:
        raise DeviceError(f"{transport.where}: {problem}", advice=cure)
    return facts


def _problem(facts: PythonFacts) -> tuple[str | None, str | None]:
    """Why there are no wheels for a Python, and what to do."""
    named = f"Python {facts.short}"
    another = "name another: --python PATH"
    if facts.version[:2] < OLDEST:
        return f"{named} is too old: the agent needs 3.9 or newer", another
    if facts.implementation != "CPython":
        return f"its Python is {facts.implementation}, and the runtimes have wheels for CPython alone", another
    if facts.system != "Linux":
        return f"it runs {facts.system or 'an unknown system'}, and runtimes are set up on Linux alone", (
            "install the runtime there by hand, and name that Python: --python PATH"
        )
    if facts.libc == "musl":
        return "its C library is musl, and the runtimes have wheels for glibc alone", (
            "use a system with glibc: Raspberry Pi OS, Debian, Ubuntu"
        )
    if facts.libc == "bionic":
        return "its C library is Android's, and the runtimes have no wheels for it", (
            "profile with Android's own tools: edgekit profile --tool"
        )
    if (facts.machine, facts.bits) not in _WHEELS:
        return f"the runtimes have no wheels for {facts.machine or 'its processor'}, {facts.bits} bits", (
            "there are wheels for aarch64, armv7l and x86_64"
        )
    only = only_runtime(facts.bits)
    if only is not None and (newest := too_new(only, facts.version)):
        return f"{only}, which alone serves {facts.bits} bits, stops at Python {newest}, and this is {facts.short}", (
            f"use 64-bit Raspberry Pi OS, or a {facts.bits}-bit one with Python {newest} (Bookworm)"
        )
    if facts.glibc_minor < _GLIBC_2[0]:
        libc = f"{facts.libc} {facts.libc_version}".strip()
        return f"its C library ({libc}) is older than what wheels are built for, glibc 2.17", None
    return None, None
