"""Which machine this is, and what could spoil a measurement on it. What cannot be read is None, never "fine"."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from .cpu import cpu_facts

_UNDER_VOLTAGE_NOW, _THROTTLED_NOW = 1 << 0, (1 << 1) | (1 << 2) | (1 << 3)
_SINCE_BOOT_SHIFT = 16


def fingerprint() -> dict[str, Any]:
    """The machine, with the keys of `spec.measurement.Fingerprint`. Holds no host name and no serial number."""
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


def conditions(bits_before: int | None = None) -> dict[str, Any]:
    """The state of the machine now, with the keys of `spec.measurement.Conditions`.

    bits_before: `throttle_bits()` of an earlier moment; what happened since then counts as well
    """
    bits = throttle_bits()
    memory = _meminfo()
    swap = None
    if "SwapTotal" in memory and "SwapFree" in memory:
        swap = memory["SwapTotal"] - memory["SwapFree"]
    return {
        "load_1min": _load(),
        "governor": _governor(),
        "clock_mhz": _clock_mhz(),
        "temperature_c": _temperature_c(),
        "throttled": _raised(bits, bits_before, _THROTTLED_NOW),
        "under_voltage": _raised(bits, bits_before, _UNDER_VOLTAGE_NOW),
        "swap_used_mb": swap,
    }


def throttle_bits() -> int | None:
    """The bits of a Raspberry Pi's `vcgencmd get_throttled`; None on other machines.

    Bits 0 to 3 say that it is under voltage, capped, throttled, at its soft temperature limit now; 16 to 19 that it
    was, since it started.
    """
    command = shutil.which("vcgencmd")
    if command is None:
        return None
    try:
        answer = subprocess.run([command, "get_throttled"], capture_output=True, text=True, timeout=5, check=True)
        return int(answer.stdout.strip().partition("=")[2], 16)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _raised(bits: int | None, before: int | None, mask: int) -> bool | None:
    if bits is None:
        return None
    since_boot = mask << _SINCE_BOOT_SHIFT
    # the bits since boot stay set for ever: only those that were not set before are news
    news = 0 if before is None else bits & ~before & since_boot
    return bool(bits & mask or news)


def _device_name() -> str:
    model = read(Path("/proc/device-tree/model"))
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
