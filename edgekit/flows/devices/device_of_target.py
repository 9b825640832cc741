"""Which of a person's devices is one of a target, so that hints name it."""

from __future__ import annotations

from edgekit.agent.machine.conditions import fingerprint
from edgekit.devices.registry import known_devices
from edgekit.errors import UsageError
from edgekit.schema.measurement import Fingerprint
from edgekit.schema.target import Target


def device_of(target: Target) -> str | None:
    """The name of a device that was added as one of this target; `local` where this machine is one; else None.

    An emulated one, which tells no time, is none.
    """
    try:
        known = known_devices()
    except UsageError:  # a hint is no place for it: whoever uses the file is told
        known = {}
    named = [name for name, device in known.items() if device.target == target.name and device.url != "local:"]
    if named:
        return named[0]
    return "local" if target.matches(Fingerprint.model_validate(fingerprint())) else None
