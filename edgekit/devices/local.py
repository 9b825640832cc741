"""This machine as a device, reached like any other: the agent runs in a process of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from edgekit.devices.agent_client import AgentClient
from edgekit.devices.local_transport import LocalTransport
from edgekit.devices.remote import RemoteDevice
from edgekit.errors import NotFoundError, UsageError
from edgekit.io.progress import SILENT, Progress


class LocalDevice(RemoteDevice):
    """The machine that edgekit runs on; see `base.Device`.

    Everything lives in `home`, or in the folder that `EDGEKIT_DEVICE_HOME` names, or in `~/.cache/edgekit/device`. The
    agent is run by `python`, or by the interpreter that runs edgekit.
    """

    def __init__(self, python: str | None = None, home: str | None = None) -> None:
        transport = LocalTransport()
        transport.folder = home
        super().__init__(transport, "local:", _program(python) if python else sys.executable)

    def put(self, path: Path, progress: Progress = SILENT) -> str:
        """The path itself, whole, as the files are here already; `NotFoundError` when they are not."""
        if not path.exists():
            raise NotFoundError(f"{path} does not exist")
        return str(path.resolve())

    def start_agent(self, python: str | None = None, runtime_folder: str | None = None) -> AgentClient:
        """Start a fresh agent; see `base.Device`."""
        return super().start_agent(_program(python) if python else None, runtime_folder)


def _program(python: str) -> str:
    found = shutil.which(python)
    if found is None:
        raise UsageError(f"there is no Python at {python}")
    return str(Path(found).absolute())
