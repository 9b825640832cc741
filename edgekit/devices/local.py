"""This machine as a device, reached like any other: the agent runs in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from edgekit.devices.agent_files import PACKAGE, agent_files, agent_hash
from edgekit.devices.channel import Channel
from edgekit.devices.lock import Lock
from edgekit.spec.errors import DeviceError, NotFoundError, UsageError

HOME_VARIABLE = "EDGEKIT_DEVICE_HOME"


class LocalDevice:
    """The machine that edgekit runs on; see `base.Device`.

    Everything lives in `~/.cache/edgekit/device`, or in the folder that `EDGEKIT_DEVICE_HOME` names.
    """

    url = "local:"

    def __init__(self) -> None:
        self._home = Path(os.environ.get(HOME_VARIABLE) or Path.home() / ".cache" / "edgekit" / "device")
        self._lock = Lock(self._home / "lock", "local")
        self._channels: list[Channel] = []

    def __enter__(self) -> Self:
        try:
            self._home.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except OSError as error:
            raise DeviceError(f"local: {self._home} cannot be used: {error.strerror or error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in self._channels:
            channel.close()
        self._channels.clear()
        self._lock.release()

    def put(self, path: Path) -> str:
        """The path itself, whole, as the files are here already; `NotFoundError` when they are not."""
        if not path.exists():
            raise NotFoundError(f"{path} does not exist")
        return str(path.resolve())

    def start_agent(self, python: str | None = None) -> Channel:
        """Start an agent by `python`, or by the interpreter that runs edgekit."""
        program = sys.executable if python is None else shutil.which(python)
        if program is None:
            raise UsageError(f"there is no Python at {python}")
        environment = os.environ | {"ORT_DISABLE_TELEMETRY": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            process = subprocess.Popen(
                [program, "-m", PACKAGE],
                cwd=self._install(),
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # a group of its own: Ctrl-C reaches edgekit alone, which then ends the group as a whole
                start_new_session=True,
            )
        except OSError as error:
            raise DeviceError(f"local: the agent cannot be started: {error.strerror or error}") from error
        channel = Channel(process, "local")
        self._channels.append(channel)
        channel.greet()
        return channel

    def _install(self) -> Path:
        """The folder that holds the agent's package, written anew where it is missing or was changed."""
        files = agent_files()
        folder = self._home / "agents" / agent_hash(files)
        package = folder / PACKAGE
        if _holds(package, files):
            return folder
        temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")
        try:
            (temporary / PACKAGE).mkdir(parents=True)
            for name, content in files.items():
                (temporary / PACKAGE / name).write_bytes(content)
            shutil.rmtree(folder, ignore_errors=True)
            temporary.rename(folder)
        except OSError as error:
            raise DeviceError(f"local: {folder} cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return folder


def _holds(package: Path, files: dict[str, bytes]) -> bool:
    try:
        return all((package / name).read_bytes() == content for name, content in files.items())
    except OSError:
        return False
