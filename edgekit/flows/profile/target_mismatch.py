"""What a device was registered as, checked against what it says of itself."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from edgekit.devices.registry import resolve
from edgekit.errors import EdgekitWarning
from edgekit.schema.measurement import TimedRecord
from edgekit.schema.resources import load_target


def say_mismatches(by_device: Mapping[str, Sequence[TimedRecord]]) -> None:
    """Warn of each device whose measurements will count for no budget of the target that it was registered as."""
    for name, measurements in by_device.items():
        wanted = resolve(name).target
        if wanted is None or not measurements:
            continue
        target, machine = load_target(wanted), measurements[0].fingerprint
        if not target.matches(machine):
            warnings.warn(
                EdgekitWarning(
                    f"{name} is registered as {target.name}, and is none: {machine.device}, {machine.cpu_model}, "
                    f"{machine.arch}; edgekit targets detect --device {name}"
                ),
                stacklevel=2,
            )
