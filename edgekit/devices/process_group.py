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
# of silence where something else was said: a program that asks and waits for an answer is no shell
SILENT_SECONDS = 20.0
# the first line that comes back, after whatever a login script prints
_MARK = b"edgekit-group "
# the fifth field of /proc/PID/stat is the process group (proc(5)); the second is "(sh)", without blanks. It is read by
# another process, as QEMU makes up what a program reads of itself
_START = 'group=$(cut -d " " -f 5 "/proc/$$/stat") && echo "edgekit-group $group" && exec "$@"'
# what any login shell reads alike, csh and fish among them: one line, no `!`, within single quotes neither a quote nor
# a backslash. The command comes on stdin; `read` takes no more of that than the first line
FED = """exec sh -c 'IFS= read -r line && eval "$(printf %b "$line")"'"""
_KILL = 'kill -s KILL -- "-$1"'
# of what a login script prints, bytes that are passed over
_MOST_CHATTER = 100_000
# of that, and of what is said on stderr, bytes that may be told
_MOST_TOLD = 2000
_OWN_COMMAND = (
    "see what it answers by hand; where its login shell or a command of its own (command= in authorized_keys, "
    "ForceCommand) stands in the way, use another account or key"
)


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
    return "exec " + shlex.join(["sh", "-c", _START, "edgekit-start", *_with_variables(command, environment)])


def fed(command: Sequence[str], environment: Mapping[str, str]) -> bytes:
    """What goes first into the stdin of `FED` to run `command` with these variables, as one line of printable ASCII.

    After it comes the command's own input. `learn_group` reads the first line of the output.
    """
    script = f"set -- {shlex.join(_with_variables(command, environment))}; {_START}"
    plain_bytes = script.encode(errors="surrogateescape")
    # as `printf %b` reads it
    line = "".join(chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\0{byte:03o}" for byte in plain_bytes)
    return f"{line}\n".encode("ascii")


def _with_variables(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    return ["env", *(f"{name}={value}" for name, value in environment.items()), *command]


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
    started = time.monotonic()
    passed = bytearray()
    begun = 0
    while True:
        if not _goes_on(process, passed, started + timeout):
            waited = time.monotonic() - started
            raise _no_start(process, f"{where}: the device did not start a command within {waited:.0f} s", passed)
        # byte by byte, as what follows the line is the command's own
        piece = os.read(process.stdout, 1)
        passed += piece
        if not piece or len(passed) > _MOST_CHATTER:
            raise _no_start(process, f"{where}: the device starts no commands", passed)
        if piece != b"\n":
            continue
        line, begun = bytes(passed[begun:]), len(passed)
        number = line.rpartition(_MARK)[2].strip() if _MARK in line else b""
        if number.isdigit() and len(number) < 10 and int(number) > 1:
            return int(number)


def _goes_on(process: RemoteProcess, passed: bytearray, deadline: float) -> bool:
    """Whether more comes before the deadline, or sooner where something was said already, on stderr too."""
    if readable(process.stdout, min(SILENT_SECONDS, deadline - time.monotonic())):
        return True
    if passed or readable(process.stderr, 0):
        return False
    return readable(process.stdout, deadline - time.monotonic())


def _no_start(process: RemoteProcess, what: str, passed: bytearray) -> DeviceError:
    """The error for a command that did not start, with what the device said instead; that of a link that is gone."""
    output = passed[-_MOST_TOLD:]
    if readable(process.stderr, 1.0):
        output += b" " + os.read(process.stderr, _MOST_TOLD)
    text = plain(bytes(output), 300)
    if not text:
        try:
            code = process.wait(1.0)
        except DeviceError as lost:
            return lost
        if code is not None:
            text = f"it said nothing, and ended with {f'signal {-code}' if code < 0 else f'exit status {code}'}"
    return DeviceError(f"{what}: {text}" if text else what, advice=_OWN_COMMAND)
