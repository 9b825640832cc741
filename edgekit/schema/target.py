"""A target: a class of device, as data, every figure with its source."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from edgekit.errors import UsageError
from edgekit.io.hashing import value_sha256
from edgekit.schema.base_model import Strict
from edgekit.schema.budget import Budget
from edgekit.schema.measurement import Fingerprint
from edgekit.schema.runtimes import RUNTIMES
from edgekit.schema.schemes import FormatName, RuntimeName, Scheme
from edgekit.tasks.registry import DEFAULT_TASK
from edgekit.tasks.task import TaskName

Architecture = Literal["aarch64", "armv7l", "x86_64"]
System = Literal["linux", "android", "macos"]
# names of C libraries that tell nothing of whose target it is
_LIBCS = ("glibc", "musl", "bionic")


class Figure(Strict):
    """A number and where it comes from."""

    value: pydantic.PositiveFloat
    source: str = pydantic.Field(min_length=3)


class Cpu(Strict):
    """The processor.

    parts:  implementer/part ids of `/proc/cpuinfo`, as `0x41/0xd08`; empty: any
    boards: what the name of the board begins with, as the device tree gives it (`Raspberry Pi 4`); empty: any
    """

    model: str
    cores: pydantic.PositiveInt
    clock_ghz: Figure | None = None
    features: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    boards: tuple[Annotated[str, pydantic.Field(min_length=1)], ...] = ()


class Memory(Strict):
    """Sizes it is sold with, in GB, and the read bandwidth that was measured, in GB/s."""

    size_gb: tuple[pydantic.PositiveFloat, ...] = ()
    read_gb_s: Figure | None = None


class Peak(Strict):
    """Peak arithmetic rates over all cores: fp32 in GFLOP/s, int8 in GOP/s (2 per multiply-add)."""

    fp32_gflops: Figure | None = None
    int8_gops: Figure | None = None


class TargetRuntime(Strict):
    """A runtime of the target, and the schemes that it executes correctly there."""

    name: RuntimeName
    schemes: tuple[Scheme, ...] = pydantic.Field(min_length=1)
    note: str = ""

    @property
    def format(self) -> FormatName:
        """The file format that this runtime reads."""
        return RUNTIMES[self.name].format


class Target(Strict):
    """A class of device: what it is, what runs on it correctly, and what it may cost.

    cooling: what carries its heat away as it is sold; None where that is not known
    budgets: of models of each task; a list alone is of classifiers
    """

    name: str = pydantic.Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    os: System
    arch: Architecture
    libc: str
    cpu: Cpu
    memory: Memory = Memory()
    peak: Peak = Peak()
    runtimes: tuple[TargetRuntime, ...] = pydantic.Field(min_length=1)
    threads: pydantic.PositiveInt
    cooling: Literal["none", "passive", "active"] | None = None
    scheme: dict[TaskName, Scheme]
    lengths: tuple[pydantic.PositiveInt, ...] = (16, 32, 64, 128)
    budgets: dict[TaskName, tuple[Budget, ...]] = pydantic.Field(default_factory=dict)

    @pydantic.field_validator("budgets", mode="before")
    @classmethod
    def _of_classifiers(cls, value: object) -> object:
        return {DEFAULT_TASK: value} if isinstance(value, (list, tuple)) else value

    @pydantic.field_validator("lengths")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or list(value) != sorted(set(value)):
            raise ValueError("lengths must be ascending, without repeats")
        return value

    @pydantic.model_validator(mode="after")
    def _default_scheme_runs(self) -> Target:
        for task, scheme in self.scheme.items():
            if not any(scheme in runtime.schemes for runtime in self.runtimes):
                raise ValueError(f"the default scheme of {task}, {scheme}, is executed correctly by no runtime here")
        return self

    def unnamed(self) -> Target:
        """What an app may need of somebody's own target: its system, its runtimes and its threads.

        A hash stands for its name, its processor and all else that it says, and matches no device.
        """
        name = f"own-{value_sha256(self.model_dump(mode='json'))[:12]}"
        return Target(
            name=name,
            title=name,
            os=self.os,
            arch=self.arch,
            libc=self.libc if self.libc in _LIBCS else name,
            cpu=Cpu(model=name, cores=self.cpu.cores, parts=(name,)),
            runtimes=tuple(runtime.model_copy(update={"note": ""}) for runtime in self.runtimes),
            threads=self.threads,
            scheme=self.scheme,
            lengths=self.lengths,
        )

    @property
    def formats(self) -> tuple[FormatName, ...]:
        """The formats that some runtime of this target reads, in order of preference."""
        return tuple(dict.fromkeys(runtime.format for runtime in self.runtimes))

    @property
    def multiplies_signed(self) -> bool:
        """Whether products with int8 weights take fewer instructions than with the same integers as uint8.

        onnxruntime's kernels for ARM cores without dot products and for x86-64 with VNNI have the shorter way for
        signed ones alone; on x86-64 without VNNI they are made unsigned when the file is opened.
        """
        return self.arch == "x86_64" or (self.arch == "aarch64" and "dotprod" not in self.cpu.features)

    def runtime_for(self, format: FormatName, scheme: Scheme) -> TargetRuntime:
        """The preferred runtime that reads `format` and executes `scheme` correctly, else `UsageError`."""
        readers = [runtime for runtime in self.runtimes if runtime.format == format]
        if not readers:
            raise UsageError(
                f"target {self.name} has no runtime for {format}",
                advice=f"it reads {', '.join(self.formats)}",
            )
        for runtime in readers:
            if scheme in runtime.schemes:
                return runtime
        raise UsageError(
            f"target {self.name}: {readers[0].name} does not execute {scheme} correctly. {readers[0].note}".strip(),
            advice=f"schemes that it does: {', '.join(readers[0].schemes)}",
        )

    def matches(self, fingerprint: Fingerprint) -> bool:
        """Whether the device of this fingerprint is of this target's class.

        Every core must be one that the target names: a phone with Cortex-A76 beside others is no Raspberry Pi 5. Where
        boards are named, cores are not enough: a Raspberry Pi 3 has those of a Zero 2 W, at another clock.
        """
        return (
            fingerprint.arch == self.arch
            and _system(fingerprint.os) == self.os
            and (not self.cpu.parts or _among(fingerprint.cpu_parts, self.cpu.parts))
            and (not self.cpu.boards or fingerprint.device.startswith(self.cpu.boards))
        )


def _among(parts: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """False for a device that names no cores."""
    return bool(parts) and set(parts) <= set(known)


def _system(os: str) -> System:
    """Which system a fingerprint's text means; a Linux says the name of its distribution."""
    text = os.lower()
    if "android" in text:
        return "android"
    return "macos" if text.startswith(("darwin", "macos")) else "linux"
