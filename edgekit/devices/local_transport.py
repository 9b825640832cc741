"""This machine as if it were a device: commands run here, in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from io import FileIO
from typing import cast

from edgekit.devices.transport import RemoteProcess, Transport
from edgekit.errors import DeviceError


class LocalTransport(Transport):
    """This machine; see `transport.Transport`."""

    where = "local"

    def _connect(self) -> None:
        """There is no link."""

    def _disconnect(self) -> None:
        """There is no link."""

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> RemoteProcess:
        """Start a command, in a process group of its own, with these variables beside our own.

        Raises `DeviceError` for a program that cannot be started.
        """
        try:
            popen = subprocess.Popen(
                list(command),
                bufsize=0,
                env=os.environ | environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # a group of its own: Ctrl-C reaches edgekit alone, which then ends the group as a whole
                start_new_session=True,
            )
        except FileNotFoundError:
            # as a shell on a remote device answers
            return self.start(["sh", "-c", 'echo "$1: not found" >&2; exit 127', "sh", command[0]], environment)
        except (OSError, ValueError) as error:
            raise DeviceError(f"{self.where}: {command[0]} cannot be started: {error}") from error
        return self._keep(_LocalProcess(popen))


class _LocalProcess(RemoteProcess):
    """A process group of this machine."""

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        super().__init__(*(cast(FileIO, stream) for stream in (popen.stdin, popen.stdout, popen.stderr)))
        self._popen = popen
        self._killed = False

    @property
    def ended(self) -> bool:
        """See `transport.RemoteProcess`: one that has ended by itself may have left others in its group."""
        return self._killed

    def wait(self, timeout: float) -> int | None:
        """See `transport.RemoteProcess`."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """See `transport.RemoteProcess`."""
        if self._killed:
            return
        # the group outlives its first process when that started others; when all are gone there is no such group
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except PermissionError:  # as macOS says of a group of which only ended processes are left
            self._popen.kill()
        self._popen.wait()
        self._killed = True
