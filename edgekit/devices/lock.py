"""A lock on a device's folder: two runs on one device would spoil each other's measurements."""

from __future__ import annotations

import fcntl
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from edgekit.devices.sanitize import plain
from edgekit.errors import DeviceError


class Lock:
    """An exclusive lock on a file that says who holds it: process, machine, since when.

    The kernel gives it back when the holder ends, however it ends, so a file left behind locks nobody out.
    """

    def __init__(self, path: Path, where: str) -> None:
        self._path = path
        self._where = where
        self._descriptor: int | None = None

    def acquire(self) -> Self:
        """Take the lock, or raise `DeviceError` that names the process which has it."""
        while self._descriptor is None:
            descriptor = self._locked()
            # a holder that made the folder for nothing removes the file at its end; a lock on that holds nobody off
            if os.fstat(descriptor).st_nlink:
                self._descriptor = descriptor
            else:
                os.close(descriptor)
        return self

    def _locked(self) -> int:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, holder().encode())
        except BlockingIOError:
            holder_text = os.read(descriptor, 200).decode(errors="replace")
            os.close(descriptor)
            raise in_use(self._where, holder_text) from None
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def in_use(where: str, holder_text: str) -> DeviceError:
    """The error for a lock that another has; `holder_text` is what that one wrote into it."""
    shown = plain(holder_text, 200)
    return DeviceError(
        f"{where} is in use by process {shown or 'unknown'}",
        advice="wait for it to end; two runs at once would spoil each other's measurements",
    )


def holder() -> str:
    """What a lock says of who has it."""
    return f"{os.getpid()} on {platform.node() or 'this machine'} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC"
