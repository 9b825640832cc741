"""Two names change places in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

# <linux/fs.h> and Darwin's <sys/stdio.h>; for both, "swap" is 2, and Linux' "relative to the current folder" is -100
_SWAP, _HERE = 2, -100


def exchange(one: Path, other: Path) -> bool:
    """Let two existing paths change names at once; False where the system or the file system cannot.

    By renameat2(2) with RENAME_EXCHANGE on Linux, by renamex_np(2) with RENAME_SWAP on macOS.
    """
    library = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(first, second, _SWAP)
        else:
            failed = library.renameat2(_HERE, first, _HERE, second, _SWAP)
    except AttributeError:  # a C library of before 2018
        return False
    return not failed
