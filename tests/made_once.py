"""What is dear to make and only read: made by the first worker that needs it, for all workers of a test run."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Made = TypeVar("Made")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Made]) -> Made:
    """What `make` returns for a folder of its own, which is empty at first; the others get a copy by pickle.

    A worker that makes it holds a lock for that time; where it fails, the next one tries again in a folder of its own.
    """
    # a worker's own folder lies in that of the whole test run
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    result = root / f"{name}.pickle"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            made = make(factory.mktemp(name))
            result.write_bytes(pickle.dumps(made))
        # what was pickled by a test of this very run
        return pickle.loads(result.read_bytes())  # noqa: S301
