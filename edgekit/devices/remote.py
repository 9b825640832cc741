"""A device at the other end of a transport: its folder, its lock, what is brought there, the agents that run there."""

from __future__ import annotations

import os
import posixpath
import re
import time
from contextlib import suppress
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Self

import pydantic

from edgekit.devices.agent_client import AgentClient
from edgekit.devices.heartbeat import PATIENCE_SECONDS, Heartbeat
from edgekit.devices.lock import holder, in_use
from edgekit.devices.sync import Sync
from edgekit.devices.transport import Finished, RemoteProcess, Transport, readable
from edgekit.errors import DeviceError, NotFoundError
from edgekit.io.progress import SILENT, Progress
from edgekit.schema.base_model import Strict

OLDEST_PYTHON = (3, 9)
DEFAULT_PYTHON = "python3"
ENVIRONMENT = {"ORT_DISABLE_TELEMETRY": "1", "PYTHONDONTWRITEBYTECODE": "1"}
_LOCK_SECONDS = 60.0
_MOST_ANSWER = 10_000
# what the agent is called on a device
PACKAGE = "edgekit_agent"
# bundles and versions of the agent that are kept on a device, those used last
_KEPT_BUNDLES = 8
_KEPT_AGENTS = 2
_DEFAULT_RUNTIME = "runtimes/default"
_RUNTIME = 'cd -- "$1" 2>/dev/null || exit 1; cat runtime.json 2>/dev/null; exit 0'
# Python looks for modules in the folder that it is started in before anywhere else
_AGENT = 'cd -- "$1" && shift && exec "$@"'
_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


class _LockReply(Strict):
    """What the holder of the lock answers; held_by: who has it instead."""

    version: tuple[int, int, int]
    held_by: str | None = pydantic.Field(max_length=300)
    failed: str | None = pydantic.Field(max_length=1000)


class RemoteDevice:
    """A machine at the other end of a transport; see `base.Device`.

    url:    how a person names it
    python: what runs the agent there, unless another is asked for
    """

    def __init__(self, transport: Transport, url: str, python: str | None = None) -> None:
        self.transport = transport
        self.url = url
        self.python = python or DEFAULT_PYTHON
        self.home = ""
        self._holder: RemoteProcess | None = None
        self._heartbeat: Heartbeat | None = None
        self._channels: list[AgentClient] = []
        self._checked: dict[str, tuple[int, int, int]] = {}
        self._agent: str | None = None

    def __enter__(self) -> Self:
        self.transport.__enter__()
        try:
            self.home = self.transport.home()
            self._take_lock()
        except BaseException:
            self._leave(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(kind, error, trace)

    def put(self, path: Path, progress: Progress = SILENT) -> str:
        """Bring a file or folder to the device, into `files/HASH/`; its path there."""
        files = _files(path)
        self._check_lock()
        with progress.task(f"push {path.name}") as advance:
            folder = self._sync().bring(
                "files", files, _KEPT_BUNDLES, lambda done, of: advance(done, f"{done / 1e6:.1f} of {of / 1e6:.1f} MB")
            )
        return folder if path.is_dir() else f"{folder}/{path.name}"

    def start_agent(self, python: str | None = None, runtime_folder: str | None = None) -> AgentClient:
        """Start a fresh agent; see `base.Device`."""
        python = python or self.python
        self._check_lock()
        self._check_python(python)
        if self._agent is None:
            self._agent = self._bring_agent()
        command = [python, "-m", PACKAGE, "--patience", f"{PATIENCE_SECONDS:g}"]
        process = self.transport.start(
            ["sh", "-c", _AGENT, "edgekit-agent", self._agent, *command], self._environment(python, runtime_folder)
        )
        channel = AgentClient(process, self.transport.where, beating=True)
        self._channels.append(channel)
        channel.greet()
        return channel

    def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for channel in self._channels:
                channel.close()
            if self._heartbeat is not None:
                self._heartbeat.stop()
            if self._holder is not None:
                self._holder.close()
        finally:
            self._channels.clear()
            self._checked.clear()
            self._holder = self._heartbeat = self._agent = None
            self.transport.__exit__(kind, error, trace)

    def _take_lock(self) -> None:
        source = resources.files("edgekit.devices.on_device").joinpath("hold.py").read_text(encoding="utf-8")
        command = [self.python, "-B", "-c", source, self.home, holder(), f"{PATIENCE_SECONDS:g}"]
        self._holder = process = self.transport.start(command, {})
        answer = self._answer_of(process)
        self._check_version(self.python, answer.version)
        if answer.failed is not None:
            raise DeviceError(
                f"{self.transport.where}: {self.home} cannot be used: {answer.failed}",
                advice="have edgekit's folder elsewhere: edgekit devices add NAME URL --home DIR",
            )
        if answer.held_by is not None:
            raise in_use(self.transport.where, answer.held_by)
        self._heartbeat = Heartbeat(lambda: os.write(process.stdin, b"\n"))

    def _check_lock(self) -> None:
        """A host that slept has lost it: another may have the device by now."""
        if self._holder is None:
            raise DeviceError(f"{self.transport.where}: not connected")
        if self._holder.wait(0) is not None:
            raise DeviceError(
                f"{self.transport.where}: the device was not heard of for too long, and its lock is lost",
                advice="run it again; a host that sleeps in between loses the device",
            )

    def _answer_of(self, process: RemoteProcess) -> _LockReply:
        """The first line of what was started; `DeviceError` with what it complains about where there is none."""
        line = b""
        deadline = time.monotonic() + _LOCK_SECONDS
        while b"\n" not in line and len(line) < _MOST_ANSWER:
            if not readable(process.stdout, deadline - time.monotonic()):
                raise DeviceError(f"{self.transport.where}: {self.python} said nothing for {_LOCK_SECONDS:g} s")
            piece = os.read(process.stdout, _MOST_ANSWER)
            if not piece:
                break
            line += piece
        try:
            return _LockReply.model_validate_json(line)
        except pydantic.ValidationError:
            raise self._no_python(self.python, _rest(process, line)) from None

    def _check_python(self, python: str) -> None:
        if python in self._checked:
            return
        done = self.transport.run([python, "-c", _VERSION])
        found = re.fullmatch(rb"(\d{1,2})\.(\d{1,3})\.(\d{1,3})\s*", done.stdout)
        if done.code != 0 or found is None:
            raise self._no_python(python, done)
        major, minor, micro = (int(part) for part in found.groups())
        self._check_version(python, (major, minor, micro))

    def _check_version(self, python: str, version: tuple[int, int, int]) -> None:
        if version[:2] < OLDEST_PYTHON:
            raise DeviceError(
                f"{self.transport.where}: {python} is Python {'.'.join(map(str, version))}, and the agent needs 3.9",
                advice="install a newer one there, or name the one it has: --python PATH",
            )
        self._checked[python] = version

    def _no_python(self, python: str, done: Finished) -> DeviceError:
        return DeviceError(
            f"{self.transport.where}: {python} does not run there: {done.complaint()}",
            advice="install Python 3.9 or newer there, or name the one it has: --python PATH",
        )

    def _sync(self) -> Sync:
        return Sync(self.transport, self.home, self.python)

    def _bring_agent(self) -> str:
        files = {f"{PACKAGE}/{name}": path for name, path in agent_paths().items()}
        return self._sync().bring("agents", files, _KEPT_AGENTS)

    def _environment(self, python: str, runtime_folder: str | None) -> dict[str, str]:
        folder = posixpath.join(self.home, runtime_folder or _DEFAULT_RUNTIME)
        major, minor, _ = self._checked[python]
        found = self.transport.run(["sh", "-c", _RUNTIME, "edgekit-runtime", folder])
        is_there, made_for = found.code == 0, _python_of_runtime(found.stdout)
        if is_there and made_for in (f"{major}{minor}", None):
            return ENVIRONMENT | {"PYTHONPATH": folder}
        if runtime_folder is None:
            # one for another Python is of no use to this one, which may have all that it needs
            return ENVIRONMENT
        problem = f"{folder} is for another Python than {major}.{minor}" if is_there else f"there is no {folder}"
        raise DeviceError(f"{self.transport.where}: {problem}", advice="bring it there: edgekit devices setup DEVICE")


def _python_of_runtime(record: bytes) -> str | None:
    """The Python that a runtime was unpacked for, as `311`, by its record; None where nothing is said."""
    found = re.search(rb'"made_for": "cp([0-9]{2,4})t?[" ]', record)
    return found[1].decode() if found else None


def _rest(process: RemoteProcess, line: bytes) -> Finished:
    """What a command that does not do as it should says of it."""
    output = b""
    with suppress(OSError):
        while len(output) < _MOST_ANSWER and readable(process.stderr, 1.0):
            piece = os.read(process.stderr, _MOST_ANSWER)
            if not piece:
                break
            output += piece
    code = process.wait(1.0)
    return Finished(1 if code is None else code, line, output or line)


def _files(path: Path) -> dict[str, Path]:
    """The files that are sent of a path, by their place in the folder: of a bundle no measurements, nothing hidden."""
    if path.is_file():
        return {path.name: path}
    if not path.is_dir():
        raise NotFoundError(f"{path} does not exist")
    found = {}
    for file in path.rglob("*"):
        parts = file.relative_to(path).parts
        if file.is_file() and parts[0] != "measurements" and not any(part.startswith(".") for part in parts):
            found["/".join(parts)] = file
    return found


def agent_paths() -> dict[str, Path]:
    """The agent's modules by their path in its folder."""
    folder = Path(str(resources.files("edgekit.agent")))
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.py"))}
