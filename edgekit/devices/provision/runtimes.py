"""Runtimes on a device that has no internet: fetched here, pushed with checksums, unpacked in edgekit's own folder."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pydantic

from edgekit.devices.base import ConnectedDevice
from edgekit.devices.device_script import run_script
from edgekit.devices.provision.debian_numpy import debian_numpy
from edgekit.devices.provision.python_facts import PythonFacts
from edgekit.devices.provision.wheels import Archive, NoWheelError, fetch_together, fetch_wheel
from edgekit.errors import DeviceError, UsageError
from edgekit.schema.base_model import Strict
from edgekit.schema.runtime_ref import RuntimeRef
from edgekit.schema.runtimes import RUNTIMES, too_new

DEFAULT = "default"
# an SD card writes a few MB a second, and the first import of a runtime reads most of it back
INSTALL_SECONDS = 1800.0
REMOVE_SECONDS = 300.0


@dataclass(frozen=True)
class Provision:
    """What goes into one runtime's folder.

    name:    of the folder
    modules: what must import from it
    notes:   what was left out, and why
    """

    name: str
    archives: tuple[Archive, ...]
    modules: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Of all archives."""
        return sum(archive.path.stat().st_size for archive in self.archives)

    @property
    def unpacked_bytes(self) -> int:
        """Of all that is in them."""
        return sum(archive.unpacked_bytes for archive in self.archives)

    @property
    def packages(self) -> dict[str, str]:
        """Versions by project."""
        return {archive.project: archive.version for archive in self.archives}


class Installed(Strict):
    """A runtime that is on a device, as its record says."""

    archives: dict[str, str] = pydantic.Field(max_length=100)
    packages: dict[str, str] = pydantic.Field(max_length=100)
    made_for: str = pydantic.Field(max_length=100)
    bytes: pydantic.NonNegativeInt


class _Begun(Strict):
    there: bool


class _RuntimesReply(Strict):
    runtimes: dict[str, Installed] = pydantic.Field(max_length=1000)


class _Removed(Strict):
    freed_bytes: pydantic.NonNegativeInt


class _DoneReply(Strict):
    pass


def collect(runtime: RuntimeRef | None, facts: PythonFacts, tell: Callable[[str], None] = lambda _: None) -> Provision:
    """Fetch what a device needs for one runtime, or (None) for every runtime that there are wheels of.

    tell: is told what is being fetched
    Raises `NoWheelError` where there are none, `ToolError` when they cannot be fetched, `DeviceError` for a runtime
    that is not made for such a device.
    """
    wanted = [RuntimeRef(name=name) for name in facts.runtimes] if runtime is None else [runtime]
    for reference in wanted:
        _check_runtime(reference, facts)
    others = ["tokenizers", *([] if facts.bits == 32 else [_numpy(wanted)])]
    requirements = [*(reference.requirement for reference in wanted), *others]
    tell(", ".join(requirements))
    together = fetch_together(requirements, facts)
    archives, modules, notes = [], [], []
    for reference in wanted:
        try:
            archives.append(together.get(reference.requirement) or fetch_wheel(reference.requirement, facts))
        except NoWheelError as error:
            if runtime is not None:
                raise
            notes.append(error.message)
            continue
        modules.append(RUNTIMES[reference.name].module)
    if not archives:
        raise NoWheelError("; ".join(notes))
    name = DEFAULT if runtime is None else RuntimeRef(name=runtime.name, version=archives[0].version).folder
    archives += [together.get(other) or fetch_wheel(other, facts) for other in others]
    if facts.bits == 32 and not _has_numpy(facts):
        tell("numpy, of Debian")
        archives.append(debian_numpy(facts))
    return Provision(name, tuple(archives), ("numpy", "tokenizers", *modules), tuple(notes))


def install(
    device: ConnectedDevice,
    python: str,
    facts: PythonFacts,
    provision: Provision,
    advance: Callable[[int], None] = lambda _: None,
) -> bool:
    """Bring a runtime to the device; False where it is there already.

    python:  of the device, which `facts` are about
    advance: is told the bytes sent so far
    The archives are checked against their sha256 on the device, unpacked beside the runtime's place, and imported;
    only then do they take the place. Raises `DeviceError`; what was begun is removed then, or by the next try.
    """
    # a name of this side's choice: what a device says is no path
    incoming = f".incoming-{uuid.uuid4().hex[:8]}"
    folder = f"{device.home}/runtimes/{incoming}"
    archives = {archive.path.name: archive.sha256 for archive in provision.archives}
    fields: dict[str, Any] = {"home": device.home, "name": provision.name, "incoming": incoming, "archives": archives}
    fields |= {"made_for": facts.identity, "packages": provision.packages, "modules": list(provision.modules)}
    room = provision.bytes + provision.unpacked_bytes
    if run_script(device.transport, python, "runtimes", _Begun, do="begin", bytes=room, **fields).there:
        return False
    try:
        sent = 0
        for archive in provision.archives:
            place = f"{folder}/{archive.path.name}"
            device.transport.push(archive.path, place, lambda done, before=sent: advance(before + done))  # type: ignore[misc]
            sent += archive.path.stat().st_size
        run_script(device.transport, python, "runtimes", _DoneReply, timeout=INSTALL_SECONDS, do="install", **fields)
    except BaseException:
        # the next try sweeps it away, where the device is not to be reached any more
        with suppress(DeviceError):
            device.transport.run(["rm", "-rf", "--", folder], timeout=10)
        raise
    return True


def installed(device: ConnectedDevice, python: str) -> dict[str, Installed]:
    """The runtimes on a device, by name."""
    return run_script(device.transport, python, "runtimes", _RuntimesReply, do="list", home=device.home).runtimes


def remove(device: ConnectedDevice, python: str, name: str | None) -> int:
    """Remove one runtime, or (None) all that edgekit brought but what was deployed; how many bytes that freed."""
    fields = {"do": "remove", "home": device.home, "name": name}
    return run_script(device.transport, python, "runtimes", _Removed, timeout=REMOVE_SECONDS, **fields).freed_bytes


def _check_runtime(runtime: RuntimeRef, facts: PythonFacts) -> None:
    """Say what pip would say in more words: this runtime is not made for such a device."""
    if newest := too_new(runtime.name, facts.version):
        raise DeviceError(
            f"{runtime.name} stops at Python {newest}, and the device has {facts.short}",
            advice="take ai-edge-litert on 64 bits, or name an older Python: --python PATH",
        )
    if facts.bits not in RUNTIMES[runtime.name].bits:
        others = " and ".join(name for name, known in RUNTIMES.items() if facts.bits in known.bits)
        raise UsageError(f"{runtime.name} has no wheels for {facts.bits} bits", advice=f"there is {others}")


def _has_numpy(facts: PythonFacts) -> bool:
    """Whether the device's own numpy serves: one below 2, on 32 bits, where there is no wheel of any."""
    return facts.numpy is not None and facts.numpy.split(".")[0] in ("0", "1")


def _numpy(runtimes: Sequence[RuntimeRef]) -> str:
    """The numpy that runtimes take: one built before numpy 2 was there takes no newer one."""
    return "numpy<2" if any(_is_old(runtime) for runtime in runtimes) else "numpy"


def _is_old(runtime: RuntimeRef) -> bool:
    since = RUNTIMES[runtime.name].numpy_2_since
    if since is None or runtime.version is None:
        return since is None
    return tuple(int(part) for part in runtime.version.split(".")[:2] if part.isdecimal()) < since
