"""What a device can do for edgekit, whichever way it is reached."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from edgekit.devices.channel import Channel


class Device(Protocol):
    """A machine that can run the agent. Entering it takes its lock, leaving it gives the lock back.

    Every method raises `DeviceError` when the device cannot be reached or breaks, and nothing of its transport's own.
    """

    @property
    def url(self) -> str:
        """How a person names this device: `local:`."""

    def __enter__(self) -> Self:
        """Reach the device and take its lock."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every agent started here and give the lock back."""

    def put(self, path: Path) -> str:
        """Bring a file or folder to the device; its path there. What is there already is not sent again."""

    def start_agent(self, python: str | None = None) -> Channel:
        """Start a fresh agent, by `python` or by the device's own default, and greet it."""
