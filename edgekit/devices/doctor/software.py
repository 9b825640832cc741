"""What would stop a run: the system, its C library, its Python, what imports there, and the room for it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

from edgekit.devices.doctor.examine import NEEDED, Examined, Tried
from edgekit.devices.doctor.problems import Grade, Problem
from edgekit.devices.provision.python_facts import OLDEST
from edgekit.schema.runtime_ref import RuntimeRef

# MB: a bundle and the agent; the runtimes of `devices setup`, packed and unpacked
ROOM_FOR_A_RUN, ROOM_FOR_RUNTIMES = 100, 500
# the oldest glibc that wheels of onnxruntime for ARM are built for
_GLIBC = (2, 27)
# what is tried where a wheel ends in an illegal instruction, as onnxruntime 1.21.0 does on a Raspberry Pi 4
# (microsoft/onnxruntime#23957, #24112): the oldest that opens every file of edgekit's, then the last before 1.21
_CAREFUL, _OLDER = "1.23.2", "1.20.1"
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")


def software_problems(found: Examined, name: str) -> Iterator[Problem]:
    """The problems of what is installed. name: of the device, for commands"""
    yield from _system(found)
    if found.python is None:
        yield _no_python(found, name)
    elif found.python.version[:2] < OLDEST:
        yield _old_python(found, name)
    elif found.refused is not None:
        yield Problem(
            "stops", "its Python does not work", found.refused, "install Python again, or name another: --python"
        )
    else:
        yield from _imports(found, name)
    yield from _folder(found, name)
    yield from _room(found, name)


def _system(found: Examined) -> Iterator[Problem]:
    probe = found.probe
    if probe.arch == "armv6l":
        yield Problem(
            "stops",
            "its processor is ARMv6, as of a Raspberry Pi 1 or Zero",
            "no runtime has wheels for it",
            "use a Raspberry Pi Zero 2 W, 3, 4 or 5",
        )
    elif probe.arch == "armv7l":
        kernel = "a 64-bit kernel with 32-bit programs" if probe.kernel_bits == 64 else "a 32-bit system"
        yield Problem(
            "note",
            f"it is {kernel}",
            "of the runtimes only tflite-runtime has 32-bit wheels, and it runs TFLite files alone",
            "install the 64-bit Raspberry Pi OS, or choose a 32-bit target: edgekit export --target rpi4-32bit",
        )
    glibc = re.match(r"glibc (\d+)\.(\d+)", probe.c_library)
    if glibc and (int(glibc[1]), int(glibc[2])) < _GLIBC and not found.runnable:
        yield Problem(
            "stops",
            f"its C library is {probe.c_library}",
            f"the runtimes' wheels need glibc {'.'.join(map(str, _GLIBC))} or newer",
            "upgrade the system: Raspberry Pi OS Bookworm has glibc 2.36",
        )
    if probe.c_library.startswith(("musl", "bionic")) and not found.runnable and found.no_wheels is None:
        yield Problem(
            "stops",
            f"its C library is {probe.c_library}",
            "the runtimes have wheels for glibc alone",
            "profile with Android's own tools: edgekit profile --tool"
            if probe.android is not None
            else "use a system with glibc: Raspberry Pi OS, Debian, Ubuntu",
        )


def _no_python(found: Examined, name: str) -> Problem:
    others = [each for each in found.probe.pythons if each.version[:2] >= OLDEST]
    if others:
        wanted = found.wanted or "python3"
        cure = f"name one that is there: edgekit devices add {name} URL --force --python {others[0].name}"
        return Problem("stops", f"there is no {wanted}", "the agent is run by Python", cure)
    android = found.probe.android is not None
    cure = "profile without it: edgekit profile --tool" if android else "sudo apt install python3"
    return Problem("stops", "there is no Python", "the agent is run by Python 3.9 or newer", cure)


def _old_python(found: Examined, name: str) -> Problem:
    others = [each for each in found.probe.pythons if each.version[:2] >= OLDEST]
    cure = (
        f"name another that is there: edgekit devices add {name} URL --force --python {others[0].name}"
        if others
        else "upgrade the system: Raspberry Pi OS Bookworm has Python 3.11"
    )
    version = found.python.short if found.python else ""
    return Problem("stops", f"its Python is {version}", "the agent needs 3.9 or newer", cure)


def _imports(found: Examined, name: str) -> Iterator[Problem]:
    """What does not import; it stops a run only where nothing else can take its place."""
    grade: Grade = "note" if found.runnable else "stops"
    failed = [
        (project, runtime, tried)
        for project, places in found.imports.items()
        for runtime, tried in places
        if tried.version is None
    ]
    for project, runtime, tried in failed:
        where = f" in runtimes/{runtime}" if runtime else ""
        why, cure = _diagnosis(project, runtime, tried, found, name)
        yield Problem(grade, f"{project}{where} does not import", why, cure)
    if found.runnable:
        return
    if found.no_wheels is not None:
        reason, advice = found.no_wheels
        reason = reason.removeprefix(f"{found.where}: ")
        what = "no runtime works here, and none can be set up"
        yield Problem("stops", what, reason, advice or "use another device")
        return
    missing = [project for project in NEEDED if project not in found.imports]
    what = (
        "no runtime is installed" if not found.imports.keys() - set(NEEDED) else f"{' and '.join(missing)} are missing"
    )
    if missing or not failed:
        yield Problem("stops", what, "the agent runs a bundle by a runtime, numpy and tokenizers", _setup(name))


def _diagnosis(project: str, runtime: str | None, tried: Tried, found: Examined, name: str) -> tuple[str, str]:
    """Why a module does not import, and what to do."""
    if tried.signal == signal.SIGILL:
        why = f"an illegal instruction: it was made for processors with more than {found.probe.cpu} has"
        return why, _another(runtime, name) if runtime and project == "onnxruntime" else _setup(name)
    if tried.signal is not None:
        return f"it is ended by {_signal(tried.signal)}", _setup(name)
    message = tried.message or "it says nothing"
    if "_ARRAY_API" in message or "compiled using NumPy 1" in message or "numpy.core.multiarray failed" in message:
        return f"it needs numpy < 2 ({message})", _setup(name)
    if "failed to map segment" in message:
        return (
            f"its disk is mounted noexec ({message})",
            _elsewhere(name),
        )
    if library := _LIBRARY.search(message):
        return message, f"install what brings {library[1]} on the device: apt-file search {library[1]}"
    if "GLIBC_" in message:
        return message, "upgrade the system: it was built for a newer C library"
    return message, _setup(name)


def _another(runtime: str, name: str) -> str:
    """Which onnxruntime to try after the one in this folder."""
    if runtime != RuntimeRef(name="onnxruntime", version=_CAREFUL).folder:
        return f"{_setup(name)} --runtime onnxruntime=={_CAREFUL}"
    return f"{_setup(name)} --runtime onnxruntime=={_OLDER}, which opens all but decoders with integer weights"


def _folder(found: Examined, name: str) -> Iterator[Problem]:
    """What is wrong with the place of edgekit's folder."""
    probe = found.probe
    if probe.home_holds is not None:
        yield Problem(
            "stops",
            f"{probe.home} holds other files, as {probe.home_holds}",
            "everything in edgekit's folder is edgekit's alone, and may be removed by it",
            "name a folder that is empty or not there yet: --home DIR",
        )
    if not probe.home_writable:
        what = f"{probe.home} cannot be written"
        if probe.is_mounted("ro"):
            what += ": its file system is mounted read-only"
        elif probe.user_home_absent and probe.home.startswith(f"{probe.user_home or ''}/"):
            what += f": the user's home folder, {probe.user_home or 'which has no name'}, is not there"
        yield Problem("stops", what, "everything of edgekit on a device is in this folder", _elsewhere(name))
    if probe.is_mounted("noexec"):
        # a runtime that the device has by itself lies elsewhere
        own = any(place is None for place, _ in found.runnable)
        yield Problem(
            "note" if own else "stops",
            f"the file system of {probe.home} is mounted noexec",
            "a runtime that is brought there cannot be loaded",
            _elsewhere(name),
        )


def _elsewhere(name: str) -> str:
    """How edgekit's folder is put elsewhere, on a device by this name or URL."""
    device = f"NAME {name}" if ":" in name or name == "local" else f"{name} URL --force"
    return (
        f"have edgekit's folder on another file system, that this user may write to: edgekit devices add {device} "
        "--home DIR (or set EDGEKIT_DEVICE_HOME on the device)"
    )


def _room(found: Examined, name: str) -> Iterator[Problem]:
    probe = found.probe
    if probe.disk_free_kb is None:
        return
    free = probe.disk_free_kb * 1024 / 1e6
    if free < ROOM_FOR_A_RUN:
        yield Problem(
            "stops",
            f"its disk has {free:.0f} MB free",
            f"the agent and a bundle need up to {ROOM_FOR_A_RUN} MB",
            f"remove files on the device, or {_elsewhere(name)}",
        )
    elif free < ROOM_FOR_RUNTIMES and not found.runnable:
        yield Problem(
            "note",
            f"its disk has {free:.0f} MB free",
            f"setting up runtimes needs about {ROOM_FOR_RUNTIMES} MB",
            "remove files on the device first",
        )


def _setup(name: str) -> str:
    return f"edgekit devices setup {name}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
