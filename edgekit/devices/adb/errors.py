"""What goes wrong with adb, in edgekit's words: the one place that knows adbutils' errors and adb's states."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from edgekit.errors import DeviceError

try:
    import adbutils.errors
except ValueError as error:  # it reads that variable when it is imported
    raise DeviceError(f"ANDROID_ADB_SERVER_PORT names no port: {error}") from error

# everything that adbutils, a socket or a program that does not start raises; what it cannot parse is a ValueError,
# what ends too early an EOFError, what it thinks impossible a RuntimeError
FOREIGN = (adbutils.errors.AdbError, OSError, EOFError, ValueError, RuntimeError, subprocess.SubprocessError)

READY = "device"
# states that a device leaves by itself, mostly
PASSING = frozenset({"offline", "authorizing", "connecting"})
_TRUST = "unlock it and allow this computer when it asks; when it does not ask: adb kill-server, and plug it in again"
_BACK = "is it on? plug it in again, or: adb reconnect offline"
_INSTALL = "install adb: sudo apt-get install adb"
_RESTART = "start it as usual: adb reboot"
# by the states that `adb devices` prints: what is wrong, and the cure
_STATES = {
    "unauthorized": ("does not trust this computer yet", _TRUST),
    "authorizing": ("does not trust this computer yet", _TRUST),
    "offline": ("is offline", _BACK),
    "connecting": ("does not answer", _BACK),
    "no permissions": (
        "may not be opened by this user",
        "sudo apt-get install android-sdk-platform-tools-common; join the group plugdev, and log in again",
    ),
    "bootloader": ("is in its boot loader", "start it as usual: fastboot reboot"),
    "recovery": ("is in recovery", _RESTART),
    "rescue": ("is in rescue", _RESTART),
    "sideload": ("waits for an update", _RESTART),
}


@contextmanager
def adb_errors(where: str, what: str) -> Iterator[None]:
    """A block in which every foreign error becomes a `DeviceError`."""
    try:
        yield
    except FOREIGN as error:
        raise device_error(error, where, what) from error


def device_error(error: BaseException, where: str, what: str) -> DeviceError:
    """The error for whatever went wrong in `what`."""
    doing = what if what.endswith("ing") else f"starting {what}"
    if isinstance(error, adbutils.errors.AdbConnectionError):
        return DeviceError(
            f"{where}: no adb server answers: {_text(error)}",
            advice="start it: adb start-server; ANDROID_ADB_SERVER_HOST and _PORT may name another",
        )
    if isinstance(error, FileNotFoundError | PermissionError):
        return DeviceError(f"{where}: the program adb cannot be run: {_text(error)}", advice=_INSTALL)
    if isinstance(error, TimeoutError | adbutils.errors.AdbTimeout | subprocess.TimeoutExpired):
        return DeviceError(f"{where}: {doing} took too long", advice="is the device on, and in this network?")
    if isinstance(error, adbutils.errors.AdbError):
        return DeviceError(f"{where}: {doing}: adb says: {_text(error)}", advice=_advice(str(error)))
    if isinstance(error, EOFError | ConnectionError):
        return DeviceError(f"{where}: the adb server hung up while {doing}", advice="adb kill-server, then try again")
    return DeviceError(f"{where}: {doing}: {_text(error)}", advice="adb kill-server, then try again")


def server_error(answer: bytes) -> DeviceError:
    """The error for an adb server that does not start; `answer` is what it printed."""
    text = " ".join(answer.decode(errors="replace").split())[-300:]
    return DeviceError(f"adb: the server does not start: {text}", advice="run it by hand: adb start-server")


def not_ready(where: str, state: str | None, listed: Sequence[str], answer: str = "") -> DeviceError:
    """The error for a device that cannot be used.

    state:  by adb; None when it does not list the device
    listed: the devices that it lists
    answer:   what it answered when it was to connect to the device
    """
    because = f": {answer}" if answer else ""
    if state is None and answer:
        return DeviceError(
            f"{where}: adb cannot connect to it{because}",
            advice="is it on and in this network, with wireless debugging on? Android 11 and later: adb pair first",
        )
    if state is None:
        known = f"adb lists {', '.join(listed)}" if listed else "adb lists no device"
        return DeviceError(
            f"{where}: adb does not know this device; {known}",
            advice="plug it in and switch on USB debugging there; by the network it is adb://HOST:PORT",
        )
    wrong, advice = _STATES.get(state, (f"is in the state {state!r}", _BACK))
    return DeviceError(f"{where}: the device {wrong}{because}", advice=advice)


def _advice(answer: str) -> str:
    if "not found" in answer or "offline" in answer:
        return _BACK
    if "unauthorized" in answer:
        return _TRUST
    if "could be found" in answer:
        return _INSTALL
    return "adb kill-server, then try again"


def _text(error: BaseException) -> str:
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or " ".join(str(error).split())[:300] or type(error).__name__
