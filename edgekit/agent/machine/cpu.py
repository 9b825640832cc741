"""The processor: model, ARM part ids, features that decide the speed of a model, and whether it is emulated."""

from __future__ import annotations

import os
import platform
import struct
from pathlib import Path

from ..json_object import JsonObject

# of the many flags of a kernel, those that a matrix product cares for, by the kernel's names
FEATURES = frozenset(
    {
        *("neon", "vfpv4", "asimd", "asimdhp", "asimddp", "i8mm", "sve", "sve2", "bf16"),
        *("sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "amx_int8", "amx_bf16"),
        *("avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16"),
    }
)
_VNNI = {"avx_vnni", "avx512_vnni"}
CORTEX = {
    "0x41/0xd03": "Cortex-A53",
    "0x41/0xd04": "Cortex-A35",
    "0x41/0xd05": "Cortex-A55",
    "0x41/0xd07": "Cortex-A57",
    "0x41/0xd08": "Cortex-A72",
    "0x41/0xd0b": "Cortex-A76",
}
_ARM = ("aarch64", "armv7l", "armv6l")
_MACHINES = {"arm64": "aarch64", "amd64": "x86_64", "armv8l": "armv7l"}


def cpu_facts(cpuinfo: Path = Path("/proc/cpuinfo")) -> JsonObject:
    """arch, cpu_model, cpu_parts, cores, features and emulated, as in `schema.measurement.Fingerprint`."""
    entries = _entries(cpuinfo)
    arch = _arch()
    # an emulator that shows the processor of its host gives no ARM parts, so such a run can match no ARM target
    parts = {f"{entry['CPU implementer']}/{entry['CPU part']}" for entry in entries if _has_part(entry)}
    flags = {flag for entry in entries for flag in (entry.get("Features") or entry.get("flags") or "").split()}
    return {
        "arch": arch,
        "cpu_model": _model(entries, sorted(parts)),
        "cpu_parts": sorted(parts) if arch in _ARM else [],
        "cores": os.cpu_count() or 1,
        "features": sorted(flags & FEATURES),
        "emulated": _emulated(arch, entries),
    }


def saturates(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether onnxruntime's kernels here add two products of uint8 and int8 in 16 bits, which saturates.

    Those for AVX2 and AVX-512 do; with VNNI all is added in 32 bits, and ARM cores have no such instruction. Where the
    flags of an x86-64 core cannot be read, it may.
    """
    if _arch() not in ("x86_64", "i686"):
        return False
    entries = _entries(cpuinfo)
    flags = [set((entry.get("flags") or "").split()) for entry in entries if "flags" in entry]
    return not flags or not all(each & _VNNI for each in flags)


def _entries(path: Path) -> list[dict[str, str]]:
    """The blocks of `/proc/cpuinfo`; none on other systems."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    blocks = []
    for block in text.split("\n\n"):
        pairs = (line.partition(":") for line in block.splitlines())
        entry = {key.strip(): value.strip() for key, colon, value in pairs if colon}
        if entry:
            blocks.append(entry)
    return blocks


def _arch() -> str:
    """The architecture that this process runs as: 32-bit Raspberry Pi OS has a 64-bit kernel."""
    machine = platform.machine().lower()
    machine = _MACHINES.get(machine, machine)
    if struct.calcsize("P") == 4:
        return {"aarch64": "armv7l", "x86_64": "i686"}.get(machine, machine)
    return machine


def _has_part(entry: dict[str, str]) -> bool:
    return "CPU implementer" in entry and "CPU part" in entry


def _model(entries: list[dict[str, str]], parts: list[str]) -> str:
    if parts:
        return " + ".join(CORTEX.get(part, part) for part in parts)
    names = [entry["model name"] for entry in entries if entry.get("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _emulated(arch: str, entries: list[dict[str, str]]) -> bool:
    # user-mode QEMU, as a person or a CI job sets it up; it shows nothing else of itself
    if "QEMU_CPU" in os.environ or "QEMU_LD_PREFIX" in os.environ or Path("/run/edgekit-emulated").exists():
        return True
    foreign = arch in _ARM and any("vendor_id" in entry and not _has_part(entry) for entry in entries)
    virtual_board = "dummy-virt" in _board()
    return foreign or (virtual_board and arch in _ARM)


def _board() -> str:
    try:
        return Path("/proc/device-tree/compatible").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
