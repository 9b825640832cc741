"""From a device's name or URL to a device."""

from __future__ import annotations

from edgekit.devices.base import Device
from edgekit.devices.registry import resolve
from edgekit.devices.transport import Transport
from edgekit.schema.device import DeviceUrl, KnownDevice


def open_device(name: str) -> Device:
    """The device of this name or URL, not yet reached: enter it. `UsageError` for one that cannot be reached."""
    known = resolve(name)
    url = DeviceUrl.parse(known.url)
    if url.scheme == "local":
        from edgekit.devices.local import LocalDevice

        return LocalDevice(known.python, known.home)
    from edgekit.devices.remote import RemoteDevice

    return RemoteDevice(known_transport(known), str(url), known.python)


def open_transport(name: str) -> Transport:
    """The link alone to a device of this name or URL, not yet connected: enter it. It takes no lock."""
    return known_transport(resolve(name))


def known_transport(known: KnownDevice) -> Transport:
    """The link alone to a device, which need not have a name yet; as `open_transport`."""
    transport = _transport(DeviceUrl.parse(known.url))
    transport.folder = known.home
    return transport


def _transport(url: DeviceUrl) -> Transport:
    if url.scheme == "local":
        from edgekit.devices.local_transport import LocalTransport

        return LocalTransport()
    if url.scheme == "adb":
        from edgekit.devices.adb.transport import AdbTransport

        return AdbTransport(url.serial)
    from edgekit.devices.ssh.transport import SshTransport

    return SshTransport(url.host, url.user, url.port)
