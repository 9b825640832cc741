"""Whether a Raspberry Pi is slowed down or under voltage, now and since it was last asked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

UNDER_VOLTAGE, SLOWED = 1 << 0, (1 << 1) | (1 << 2) | (1 << 3)
_SINCE_BOOT_SHIFT = 16
_PLATFORM = Path("/sys/devices/platform")


def throttle_bits() -> int | None:
    """The bits of a Raspberry Pi's `vcgencmd get_throttled`; None on other machines.

    Bits 0 to 3 say that it is under voltage, capped, throttled, at its soft temperature limit now; 16 to 19 that it
    was, since it started. Where there is no vcgencmd, as in a container, from the file of the Pi's kernel, which
    forgets the upper bits when they are read.
    """
    answer = vcgencmd("get_throttled")
    if answer is not None:
        return _hexadecimal(answer.partition("=")[2])
    return _bits_of_kernel(_PLATFORM)


def vcgencmd(question: str) -> str | None:
    """What the firmware of a Raspberry Pi answers; None on other machines."""
    command = shutil.which("vcgencmd")
    if command is None:
        return None
    try:
        # with the descriptors left open Python need not copy this process, which may be large, to start another
        answer = subprocess.run(
            [command, question], capture_output=True, encoding="ascii", timeout=5, check=True, close_fds=False
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def raised(bits: int | None, before: int | None, mask: int) -> bool | None:
    """Whether any bit of `mask` is set now, or was at some time after `before` was read; None where none is known."""
    if bits is None:
        return None
    since_boot = mask << _SINCE_BOOT_SHIFT
    # the bits since boot stay set for ever: only those that were not set before are news
    news = 0 if before is None else bits & ~before & since_boot
    return bool(bits & mask or news)


def _bits_of_kernel(platform: Path) -> int | None:
    for path in platform.glob("soc*/soc*firmware/get_throttled"):
        try:
            return _hexadecimal(path.read_text(encoding="ascii", errors="replace").strip())
        except OSError:
            continue
    return None


def _hexadecimal(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None
