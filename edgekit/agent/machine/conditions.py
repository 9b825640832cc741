"""Which machine this is, and what could spoil a measurement on it. What cannot be read is None, never "fine"."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from ..json_object import JsonObject
from .cpu import cpu_facts
from .throttling import SLOWED, UNDER_VOLTAGE, raised, throttle_bits


def fingerprint() -> JsonObject:
    """The machine, with the keys of `schema.measurement.Fingerprint`. Holds no host name and no serial number."""
    libc, libc_version = platform.libc_ver()
    memory = _meminfo()
    return {
        "device": _device_name(),
        **cpu_facts(),
        "os": _os_name(),
        "libc": f"{libc} {libc_version}".strip() or "unknown",
        "python": platform.python_version(),
        "ram_mb": memory.get("MemTotal"),
    }


def conditions(bits_before: int | None = None) -> JsonObject:
    """The state of the machine now, with the keys of `schema.measurement.Conditions`.

    bits_before: `throttle_bits()` of an earlier moment; what happened since then counts as well
    """
    return state(throttle_bits(), bits_before)


def state(bits: int | None, bits_before: int | None) -> JsonObject:
    """As `conditions`, for one who has asked for the bits already."""
    memory = _meminfo()
    swap = None
    if "SwapTotal" in memory and "SwapFree" in memory:
        swap = memory["SwapTotal"] - memory["SwapFree"]
    return {
        "load_1min": _load(),
        "governor": _governor(),
        "clock_mhz": _clock_mhz(),
        "temperature_c": _temperature_c(),
        "throttled": raised(bits, bits_before, SLOWED),
        "under_voltage": raised(bits, bits_before, UNDER_VOLTAGE),
        "swap_used_mb": swap,
        "available_mb": memory.get("MemAvailable"),
    }


def _device_name() -> str:
    # the first is a link to the second, where the kernel has both
    model = read(Path("/proc/device-tree/model")) or read(Path("/sys/firmware/devicetree/base/model"))
    if model:
        return model
    parts = [read(Path("/sys/class/dmi/id") / name) for name in ("sys_vendor", "product_name")]
    return " ".join(part for part in parts if part) or "unnamed machine"


def _os_name() -> str:
    # only a Python built for Android has this; its kernel calls itself Linux
    level = getattr(sys, "getandroidapilevel", None)
    if level is not None:
        return f"Android, API level {level()}"
    release = read(Path("/etc/os-release")) or ""
    for line in release.splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip().strip('"')
    return f"{platform.system()} {platform.release()}"


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _governor() -> str | None:
    """The governor of the cores, joined by + where they differ."""
    found = {read(path) for path in _cpufreq("scaling_governor")} - {None, ""}
    return "+".join(sorted(str(name) for name in found)) or None


def _clock_mhz() -> float | None:
    """The clock of the fastest core at this moment."""
    khz = [float(text) for text in map(read, _cpufreq("scaling_cur_freq")) if text and text.isdigit()]
    if khz:
        return max(khz) / 1e3
    clocks = []
    for line in (read(Path("/proc/cpuinfo")) or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "cpu MHz":
            clocks.append(float(value))
    return max(clocks) if clocks else None


def _cpufreq(name: str) -> list[Path]:
    return sorted(Path("/sys/devices/system/cpu").glob(f"cpu[0-9]*/cpufreq/{name}"))


def _temperature_c() -> float | None:
    """The hottest thermal zone."""
    texts = [read(path) for path in Path("/sys/class/thermal").glob("thermal_zone*/temp")]
    degrees = [int(text) / 1e3 for text in texts if text and text.lstrip("-").isdigit()]
    return max(degrees) if degrees else None


def _meminfo() -> dict[str, float]:
    """`/proc/meminfo` in MB (10^6 bytes)."""
    sizes = {}
    for line in (read(Path("/proc/meminfo")) or "").splitlines():
        key, _, value = line.partition(":")
        words = value.split()
        if words and words[0].isdigit():
            sizes[key] = int(words[0]) * 1024 / 1e6
    return sizes


def read(path: Path) -> str | None:
    """The text of a small kernel file without NUL and blanks around it; None where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").replace("\0", "").strip()
    except OSError:
        return None
