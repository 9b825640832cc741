"""What a machine says of itself before anything of edgekit is there: one small program for its `sh`, strictly read."""

from __future__ import annotations

import re
from importlib import resources
from typing import Annotated, Literal

import pydantic

from edgekit.agent.machine.cpu import CORTEX, FEATURES
from edgekit.devices.transport import Transport
from edgekit.errors import DeviceError
from edgekit.schema.base_model import Strict
from edgekit.schema.measurement import Fingerprint

# an emulated board on a busy host takes most of this
PROBE_SECONDS = 120.0
_BYTES, _LINES = 64_000, 400
_FIRST, _LAST = "edgekit-probe 1", "edgekit-probe end"
# no control character comes through: what a device says is printed
_LINE = re.compile(r"(?P<key>[a-z_]{1,30})=(?P<value>[^\x00-\x1f\x7f-\x9f]*)")
# e_machine in an ELF header's first byte, and its class: what programs of this machine are made for
_ELF = {(40, 1): "armv7l", (183, 2): "aarch64", (62, 2): "x86_64", (3, 1): "i686", (243, 2): "riscv64"}
_KERNEL_BITS = {"aarch64": 64, "arm64": 64, "x86_64": 64, "amd64": 64, "riscv64": 64}
_SEVERAL = ("part", "features", "cpu_name", "vendor_id", "runtime", "python")
_PYTHON = re.compile(r"(?P<name>.{1,400}) (?P<version>\d{1,2}\.\d{1,3}\.\d{1,3}) (?P<bits>32|64)")

ShortText = Annotated[str, pydantic.Field(max_length=600)]
Count = Annotated[int, pydantic.Field(ge=0, lt=1 << 50)]


class FoundPython(Strict):
    """A Python on the device. name: what it was called by"""

    name: ShortText
    version: tuple[int, int, int]
    bits: Literal[32, 64]

    @property
    def short(self) -> str:
        """`3.11`."""
        return f"{self.version[0]}.{self.version[1]}"


class Probe(Strict):
    """The answers, under the keys of `on_device/probe.sh`; None where the machine does not say. Sizes in KiB."""

    kernel: ShortText | None = None
    machine: ShortText
    os: ShortText | None = None
    android: Count | None = None
    time: Count | None = None
    elf_class: Annotated[int, pydantic.Field(ge=1, le=2)] | None = None
    elf_machine: Annotated[int, pydantic.Field(ge=0, le=255)] | None = None
    long_bit: Annotated[int, pydantic.Field(ge=32, le=64)] | None = None
    libc: ShortText | None = None
    ldd: ShortText | None = None
    model: ShortText | None = None
    vendor: ShortText | None = None
    product: ShortText | None = None
    virtual: bool = False
    part: tuple[Annotated[str, pydantic.Field(pattern=r"^0x[0-9a-f]{2}/0x[0-9a-f]{3}$")], ...] = ()
    features: tuple[Annotated[str, pydantic.Field(max_length=4000)], ...] = ()
    cpu_name: tuple[ShortText, ...] = ()
    vendor_id: tuple[ShortText, ...] = ()
    cores: Annotated[int, pydantic.Field(ge=1, le=4096)] = 1
    governor: ShortText | None = None
    clock_khz: Count | None = None
    clock_limit_khz: Count | None = None
    clock_max_khz: Count | None = None
    temperature_millic: Annotated[int, pydantic.Field(ge=-300_000, le=300_000)] | None = None
    throttled: ShortText | None = None
    throttled_refused: ShortText | None = None
    throttled_sysfs: ShortText | None = None
    under_voltage_alarm: Annotated[int, pydantic.Field(ge=0, le=1)] | None = None
    ram_kb: Count | None = None
    ram_available_kb: Count | None = None
    swap_kb: Count | None = None
    swap_free_kb: Count | None = None
    load: Annotated[float, pydantic.Field(ge=0, le=1e6)] | None = None
    home: Annotated[str, pydantic.Field(max_length=600)]
    home_writable: bool = False
    home_holds: ShortText | None = None
    user_home: ShortText | None = None
    user_home_absent: bool = False
    mount_options: ShortText | None = None
    disk_free_kb: Count | None = None
    runtime: tuple[Annotated[str, pydantic.Field(max_length=200)], ...] = ()
    python: tuple[ShortText, ...] = ()

    @property
    def arch(self) -> str:
        """What programs here are made for: under a 64-bit kernel that may be 32 bits."""
        made_for = _ELF.get((self.elf_machine or 0, self.elf_class or 0))
        if made_for == "armv7l" and self.machine == "armv6l":
            return "armv6l"
        if made_for:
            return made_for
        if self.long_bit == 32 and self.machine in ("aarch64", "armv8l"):
            return "armv7l"
        return {"arm64": "aarch64", "amd64": "x86_64", "armv8l": "armv7l"}.get(self.machine, self.machine)

    @property
    def bits(self) -> int:
        """The width of its programs."""
        if self.elf_class is not None:
            return 32 * self.elf_class
        return self.long_bit or self.kernel_bits

    @property
    def kernel_bits(self) -> int:
        """The width of its kernel."""
        return _KERNEL_BITS.get(self.machine, 32)

    @property
    def system(self) -> str:
        """The system's name, as a fingerprint says it."""
        if self.android is not None:
            return f"Android, API level {self.android}"
        return self.os or self.kernel or "unknown"

    @property
    def c_library(self) -> str:
        """`glibc 2.36`, `musl 1.2.4`, `bionic` or `unknown`."""
        if self.android is not None:
            return "bionic"
        if self.libc and re.fullmatch(r"glibc \d+\.\d+(\.\d+)?", self.libc):
            return self.libc
        version_text = self.ldd or ""
        if "musl" in version_text:
            version = re.search(r"Version (\d+(?:\.\d+)+)", version_text)
            return f"musl {version[1]}" if version else "musl"
        version = re.search(r"(?i)(?:glibc|gnu libc)\D.*?(\d+\.\d+)\b", version_text)
        return f"glibc {version[1]}" if version else "unknown"

    @property
    def board(self) -> str:
        """The board, or what the maker calls the machine."""
        return self.model or " ".join(part for part in (self.vendor, self.product) if part) or "unnamed machine"

    @property
    def cpu(self) -> str:
        """The kinds of cores."""
        if self.part:
            return " + ".join(CORTEX.get(part, part) for part in self.part)
        return self.cpu_name[0] if self.cpu_name else "unknown"

    @property
    def flags(self) -> frozenset[str]:
        """Of what every core can do, by the kernel's names, that which decides the speed of a model."""
        cores = [frozenset(line.split()) for line in self.features]
        return frozenset.intersection(*cores) & FEATURES if cores else frozenset()

    @property
    def bits_of_throttling(self) -> int | None:
        """A Raspberry Pi's bits: now in 0 to 3, since it was started in 16 to 19. None where nothing tells them."""
        for bits in (self.throttled, self.throttled_sysfs):
            if bits and re.fullmatch(r"(0x)?[0-9a-fA-F]{1,8}", bits):
                return int(bits, 16)
        return None

    def is_mounted(self, how: str) -> bool:
        """Whether the file system of edgekit's folder is mounted `noexec`, `ro` or another way."""
        return how in (self.mount_options or "").split(",")

    @property
    def emulated(self) -> bool:
        """Whether this is no real machine of its architecture."""
        arm = self.arch in ("aarch64", "armv7l", "armv6l")
        return arm and (self.virtual or (bool(self.vendor_id) and not self.part))

    @property
    def pythons(self) -> tuple[FoundPython, ...]:
        """The Pythons that answered with their version, as they were tried; the one asked for first."""
        found = (_PYTHON.fullmatch(line) for line in self.python)
        return tuple(
            FoundPython.model_validate(
                {"name": line["name"], "version": line["version"].split("."), "bits": int(line["bits"])}
            )
            for line in found
            if line
        )

    def fingerprint(self) -> Fingerprint:
        """Which machine this is, as the agent on it would say."""
        python = self.pythons[0] if self.pythons else None
        return Fingerprint(
            device=self.board,
            arch=self.arch,
            cpu_model=self.cpu,
            cpu_parts=self.part if self.arch in ("aarch64", "armv7l", "armv6l") else (),
            cores=self.cores,
            features=tuple(sorted(self.flags)),
            os=self.system,
            libc=self.c_library,
            python=".".join(map(str, python.version)) if python else "none",
            ram_mb=self.ram_kb * 1024 / 1e6 if self.ram_kb else None,
            emulated=self.emulated,
        )


def probe(transport: Transport, python: str | None = None) -> Probe:
    """Have the device's `sh` say what it is; `DeviceError` for an answer that is none. Nothing is written there.

    python: a Python to look at before those on PATH
    """
    script = resources.files("edgekit.devices.on_device").joinpath("probe.sh").read_bytes()
    command = ["sh", "-s", "--", python or "", transport.folder or ""]
    done = transport.run(command, stdin=script, timeout=PROBE_SECONDS, limit=_BYTES)
    try:
        return read_probe(done.stdout)
    except ValueError as error:
        stderr = done.stderr.decode(errors="replace").strip()[-200:]
        raise DeviceError(
            f"{transport.where} did not answer as a POSIX system does: {error}"
            + (f" (it said {stderr!r})" if stderr else "")
        ) from None


def read_probe(output: bytes) -> Probe:
    """The answers in what was printed, between its marks; `ValueError` for anything else.

    What stands before the first mark is a greeting of the shell's own, and not looked at.
    """
    text = output.decode(errors="replace")
    _, begin, rest = text.partition(f"{_FIRST}\n")
    answers, end, _ = rest.partition(f"{_LAST}\n")
    if not begin or not end:
        raise ValueError("its answer has no end" if begin else f"it answered {text[:80]!r}")
    values: dict[str, str | list[str]] = {}
    lines = answers.split("\n")[:-1]
    if len(lines) > _LINES:
        raise ValueError(f"it answered {len(lines)} lines")
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise ValueError(f"it answered {line[:80]!r}")
        key, value = found["key"], found["value"].strip()
        if key in _SEVERAL:
            values[key] = [*values.get(key, []), value]
        else:
            values[key] = value
    try:
        return Probe.model_validate(values)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
