"""Keeps the chatter of native libraries from the person, and keeps it for an error message."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def captured_output() -> Iterator[Callable[[], str]]:
    """Send file descriptors 1 and 2 into a temporary file; yields a function that reads what has come so far.

    Python's own redirection would miss what C++ prints.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as log, _restored(1), _restored(2):
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield lambda: _read(log.fileno())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()


@contextmanager
def _restored(descriptor: int) -> Iterator[None]:
    """Afterwards the descriptor is what it was, whatever happens in between."""
    duplicate = os.dup(descriptor)
    try:
        yield
    finally:
        os.dup2(duplicate, descriptor)
        os.close(duplicate)


def _read(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode("utf-8", "replace")
