"""Naming a device, after it was seen to be what its name will say."""

from __future__ import annotations

from edgekit.devices.doctor.probe import probe
from edgekit.devices.open_device import known_transport
from edgekit.devices.registry import add_device
from edgekit.errors import DeviceError
from edgekit.flows.devices.detect import matching_targets
from edgekit.schema.device import KnownDevice
from edgekit.schema.resources import load_target


def add_known(name: str, device: KnownDevice, *, force: bool = False, check: bool = False) -> KnownDevice:
    """Give a device a name; what was kept.

    check: reach it first: `DeviceError` where it does not answer, is none of its target, or has no use of its `home`
    Raises `UsageError` for a name that is taken, unless `force`, and for an unknown target.
    """
    if check:
        _check(device)
    return add_device(name, device, force=force)


def _check(device: KnownDevice) -> None:
    with known_transport(device) as transport:
        found = probe(transport, device.python)
    if device.home is not None and (found.home_holds is not None or not found.home_writable):
        why = f"holds other files, as {found.home_holds}" if found.home_holds is not None else "cannot be written"
        raise DeviceError(f"{device.url}: {device.home} {why}", advice="name another folder: --home DIR")
    if device.target is None:
        return
    target = load_target(device.target)
    if not target.matches(found.fingerprint()):
        matching = ", ".join(matching_targets(found.fingerprint())) or "none that is known"
        raise DeviceError(
            f"{device.url} is no {target.name} ({target.title}): {found.board}, {found.cpu}, {found.arch}",
            advice=f"its targets: {matching}; a new one: edgekit targets detect --device {device.url} -o FILE.yaml",
        )
