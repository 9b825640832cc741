"""From a device's name to a device."""

from __future__ import annotations

from edgekit.devices.base import Device
from edgekit.spec.errors import UsageError


def open_device(url: str) -> Device:
    """The device that `url` names, not yet reached: enter it. `UsageError` for one that cannot be reached."""
    if url in ("local", "local:"):
        from edgekit.devices.local import LocalDevice

        return LocalDevice()
    raise UsageError(
        f"{url!r} is not a device that this version reaches; use local",
        advice="copy the bundle to the device, install edgekit there, and run edgekit profile on it",
    )
