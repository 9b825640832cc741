"""Time spans and shares as a person says them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(part: int, whole: int) -> str:
    """`0.0031 %`, `2.4 %`, `100 %`."""
    share = 100 * part / whole
    return f"{share:.2g} %" if share < 99.5 else f"{share:.0f} %"
