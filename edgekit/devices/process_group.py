"""Starting a command through a device's login shell, so that its process group is known and can be ended."""

from __future__ import annotations

import os
import shlex
import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence

from edgekit.devices.sanitize import plain
from edgekit.devices.transport import RemoteProcess, readable
from edgekit.errors import DeviceError

START_SECONDS = 60.0
# the first line that comes back, after whatever a login script prints
_MARK = b"edgekit-group "
# the fifth field of /proc/PID/stat is the process group (proc(5)); the second is "(sh)", without blanks. It is read by
# another process, as QEMU makes up what a program reads of itself
_START = 'group=$(cut -d " " -f 5 "/proc/$$/stat") && echo "edgekit-group $group" && exec "$@"'
_KILL = 'kill -s KILL -- "-$1"'
# of what a login script prints, bytes that are passed over
_MOST_CHATTER = 100_000


class GroupedProcess(RemoteProcess):
    """A command that was started by `wrapped`. group: its process group on the device, once that is known."""

    group: int | None = None
    _killed = False

    def kill(self) -> None:
        """See `transport.RemoteProcess`."""
        if not self._killed:
            self._killed = True
            self._kill()

    @abstractmethod
    def _kill(self) -> None:
        """End the group, which outlives its first process when that started others, and the link to that process."""


def wrapped(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """A line for the device's shell that runs `command` with these variables; `learn_group` reads its first line."""
    variables = [f"{name}={value}" for name, value in environment.items()]
    return "exec " + shlex.join(["sh", "-c", _START, "edgekit-start", "env", *variables, *command])


def killing(group: int) -> str:
    """A line for the device's shell that ends a process group."""
    return "exec " + shlex.join(["sh", "-c", _KILL, "edgekit-kill", str(group)])


def learn_group(process: GroupedProcess, where: str, timeout: float = START_SECONDS) -> None:
    """Note the group of what was just started; where it did not start it is closed, and a `DeviceError` says so."""
    try:
        process.group = _started_group(process, where, timeout)
    except BaseException:
        process.close()
        raise


def _started_group(process: RemoteProcess, where: str, timeout: float) -> int:
    deadline = time.monotonic() + timeout
    line = b""
    passed = 0
    while True:
        if not readable(process.stdout, deadline - time.monotonic()):
            raise DeviceError(f"{where}: the device did not start a command within {timeout:g} s")
        # byte by byte, as what follows the line is the command's own
        piece = os.read(process.stdout, 1)
        passed += 1
        if not piece or passed > _MOST_CHATTER:
            raise DeviceError(f"{where}: the device starts no commands{_output_of(process, line)}")
        if piece != b"\n":
            line += piece
            continue
        number = line.rpartition(_MARK)[2].strip() if _MARK in line else b""
        if number.isdigit() and len(number) < 10 and int(number) > 1:
            return int(number)
        line = b""


def _output_of(process: RemoteProcess, line: bytes) -> str:
    """What came instead, for a message."""
    ready = readable(process.stderr, 1.0)
    output = line + (b" " + os.read(process.stderr, 500) if ready else b"")
    text = plain(output, 300)
    return f": {text}" if text else ""
