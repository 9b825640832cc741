"""The processes of this machine, read while they come and go."""

from __future__ import annotations

import os
from pathlib import Path


def process_folders() -> list[Path]:
    """`/proc/PID` of each; reading in one whose process has ended raises OSError."""
    # listed by name: a glob with more behind the number looks into each, and trips over a process that ends meanwhile
    return [Path("/proc", name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208
