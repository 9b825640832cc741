"""Detect: the targets that a machine is of."""

from __future__ import annotations

from edgekit.devices.doctor.probe import Probe, probe
from edgekit.devices.open_device import open_transport
from edgekit.devices.registry import resolve
from edgekit.schema.measurement import Fingerprint
from edgekit.schema.resources import load_target, shipped_files
from edgekit.schema.target import Target


def detect(name: str) -> tuple[Probe, tuple[str, ...]]:
    """What a device is, and the shipped targets (and its own) that it matches, the most specific first.

    Raises `DeviceError` when it cannot be reached.
    """
    device = resolve(name)
    with open_transport(name) as transport:
        found = probe(transport, device.python)
    return found, matching_targets(found.fingerprint(), device.target)


def matching_targets(fingerprint: Fingerprint, own: str | None = None) -> tuple[str, ...]:
    """The targets that a machine is of, the one that says most of it first.

    own: a target to try beside the shipped ones, by its name or the path of its file
    """
    names = dict.fromkeys([*([own] if own is not None else []), *shipped_files("targets")])
    targets = {name: load_target(name) for name in names}
    matches = [name for name, target in targets.items() if target.matches(fingerprint)]
    return tuple(sorted(matches, key=lambda name: not is_specific(targets[name])))


def is_specific(target: Target) -> bool:
    """Whether a target means one kind of board or processor, and not every machine of an architecture."""
    return bool(target.cpu.boards or target.cpu.parts)
