"""A board that runs: started in namespaces of its own, found again, ended with all that it started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from edgekit.devices.emulation.boards import cpuinfo
from emulated_pi.failure import Failure
from emulated_pi.place import Place
from emulated_pi.root import USER

_START = Path(__file__).with_name("start.sh")
_START_SECONDS = 60.0
_END_SECONDS = 20.0
_NAMESPACES = ("--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child")


def running(place: Place) -> int | None:
    """The process of the board's namespaces, as long as it is the one that was started."""
    try:
        state = json.loads(place.state.read_text(encoding="ascii"))
        pid, started = int(state["pid"]), int(state["started"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if _started(pid) == started else None


def start(place: Place) -> None:
    """Start the board's servers and wait until ssh answers."""
    board = place.board
    port, adb_port = (_free(port) for port in (board.port, board.adb_port))
    cpus = place.folder / "cpuinfo"
    cpus.write_text(cpuinfo(board), encoding="ascii")
    arguments = [*map(str, (place.root, cpus, board.host, board.qemu, board.qemu_cpu, USER))]
    arguments += [str(port), str(adb_port)]
    with place.log.open("wb") as log:
        process = subprocess.Popen(
            ["unshare", *_NAMESPACES, "sh", str(_START), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    state = {"pid": process.pid, "started": _started(process.pid), "port": port, "adb_port": adb_port}
    place.state.write_text(json.dumps(state), encoding="ascii")
    try:
        _wait_for_ssh(place, process)
    except BaseException:
        stop(place)
        raise


def stop(place: Place) -> bool:
    """End the board with everything that runs on it; whether it ran."""
    pid = running(place)
    if pid is not None:
        # the first process inside takes all others with it, and the mounts with them; then its parent ends by itself
        for victim in (*_children(pid), pid):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + _END_SECONDS
        while _started(pid) is not None:
            if time.monotonic() > deadline:
                raise Failure(f"{place.board.host} does not end; process {pid}")
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.05)
    place.state.unlink(missing_ok=True)
    return pid is not None


def answers(place: Place) -> bool:
    """Whether its SSH server says who it is."""
    try:
        with socket.create_connection(("127.0.0.1", place.ports[0]), 5) as link:
            link.settimeout(5)
            return link.recv(8).startswith(b"SSH-2.0-")
    except OSError:
        return False


def _wait_for_ssh(place: Place, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not answers(place):
        if process.poll() is not None or time.monotonic() > deadline:
            said = place.log.read_text(encoding="utf-8", errors="replace").strip()[-600:]
            raise Failure(f"{place.board.host} did not start: {said or 'its SSH server does not answer'}")
        time.sleep(0.1)


def _free(port: int) -> int:
    """The port itself, or another where something listens on it already."""
    for wanted in (port, 0):
        with suppress(OSError), socket.create_server(("127.0.0.1", wanted)) as probe:
            return int(probe.getsockname()[1])
    raise Failure("no port of loopback is free")


def _started(pid: int) -> int | None:
    """When a process was started, in the kernel's ticks; None when there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _children(pid: int) -> list[int]:
    try:
        return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []
