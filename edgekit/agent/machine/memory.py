"""Memory of this process."""

from __future__ import annotations

import sys


def peak_rss_mb() -> float:
    """The most memory that this process ever held, in MB (10^6 bytes), its runtime and Python included.

    From VmHWM; where the kernel does not offer it, from getrusage, which on Linux also counts what the process that
    started this one held, so it may read high.
    """
    high_water = _status_kb("VmHWM")
    if high_water is not None:
        return high_water * 1024 / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def rss_mb() -> float | None:
    """The memory that this process holds now, in MB (10^6 bytes); None where the kernel does not tell."""
    resident = _status_kb("VmRSS")
    return None if resident is None else resident * 1024 / 1e6


def _status_kb(key: str) -> int | None:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:  # noqa: PTH123
            for line in status:
                if line.startswith(key + ":"):
                    return int(line.split()[1])
    except OSError:
        return None
    return None
