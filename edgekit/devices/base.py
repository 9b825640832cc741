"""What a device can do for edgekit, whichever way it is reached."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from edgekit.devices.agent_client import AgentClient
from edgekit.devices.transport import Transport
from edgekit.io.progress import SILENT, Progress


class ConnectedDevice(Protocol):
    """A machine that can run the agent, and whose lock is held.

    Every method raises `DeviceError` when the device breaks, and nothing of its transport's own.
    """

    @property
    def url(self) -> str:
        """How a person names this device: `local:`."""

    @property
    def transport(self) -> Transport:
        """The link to it, connected."""

    @property
    def home(self) -> str:
        """The folder there that edgekit owns."""

    @property
    def python(self) -> str:
        """The Python there that runs what has to be run, unless another is asked for."""

    def put(self, path: Path, progress: Progress = SILENT) -> str:
        """Bring a file or folder to the device; its path there. What is there already is not sent again."""

    def start_agent(self, python: str | None = None, runtime_folder: str | None = None) -> AgentClient:
        """Start a fresh agent, by `python` or by the device's own default, and greet it.

        runtime_folder: a path on the device that Python looks into first, as `runtimes/onnxruntime-1.20.1`; None takes
        `runtimes/default` where that is there
        """


class Device(ConnectedDevice, Protocol):
    """A machine that is reached by entering it. Raises `DeviceError` when it cannot be."""

    def __enter__(self) -> Self:
        """Reach the device and take its lock."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every agent started here and give the lock back."""
