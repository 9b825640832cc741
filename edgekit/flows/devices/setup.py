"""Setup: bring runtimes to a device that has no internet, several versions side by side, and remove them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.devices.base import ConnectedDevice
from edgekit.devices.provision.python_facts import PythonFacts, python_facts
from edgekit.devices.provision.runtimes import collect, install, remove
from edgekit.errors import UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.io.progress import SILENT, Progress
from edgekit.schema.runtime_ref import RuntimeRef


@dataclass(frozen=True)
class RuntimeSetUp:
    """A runtime that is on the device now.

    name:     of its folder: `default`, or as in `onnxruntime-1.20.1`
    packages: versions by project
    brought:  False where it was there already, made of the same
    notes:    what was left out, and why
    """

    name: str
    packages: dict[str, str]
    brought: bool
    sent_mb: float
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SetUp:
    """What was set up on a device, for which Python."""

    python: str
    arch: str
    runtimes: tuple[RuntimeSetUp, ...]


def setup(
    devices: Sequence[str],
    runtimes: Sequence[RuntimeRef] = (),
    *,
    python: str | None = None,
    progress: Progress = SILENT,
) -> dict[str, SetUp]:
    """Fetch the wheels for devices here, push them with checksums, and unpack them in edgekit's folder there.

    devices:  names or URLs, served in parallel; what came of each is under its name
    runtimes: each goes into a folder of its own, named by its version; none stands for every runtime that there are
              wheels of, in the folder `default`, which is used where nothing else is asked for
    python:   of the device; None for the one it was registered with, else its `python3`
    Nothing is installed system-wide, and no root is needed. Each module is imported on the device before the runtime
    takes its place. Raises `DeviceError` when a device cannot be served or fails, `UsageError` for a version that has
    no wheel for it, `ToolError` when wheels cannot be fetched, `SomeDevicesFailed` for some of several.
    """

    def work(device: ConnectedDevice, progress: Progress) -> SetUp:
        chosen = python or device.python
        facts = python_facts(device.transport, chosen)
        done = tuple(_bring(device, chosen, facts, reference, progress) for reference in runtimes or (None,))
        return SetUp(".".join(map(str, facts.version)), facts.arch, done)

    return on_each(devices, work, progress)


def clear(
    devices: Sequence[str], runtimes: Sequence[RuntimeRef] = (), *, python: str | None = None
) -> dict[str, float]:
    """Remove runtimes from devices or (none named) all that edgekit brought there but what was deployed; freed MB.

    Raises `UsageError` for a runtime without a version, `DeviceError` when a device fails.
    """
    for runtime in runtimes:
        if runtime.version is None:
            raise UsageError(
                f"which {runtime.name} is to be removed?", advice=f"as in --runtime {runtime.name}==1.20.1"
            )
    names = [runtime.folder for runtime in runtimes]

    def work(device: ConnectedDevice, progress: Progress) -> float:
        return sum(remove(device, python or device.python, name) for name in names or (None,)) / 1e6

    return on_each(devices, work)


def _bring(
    device: ConnectedDevice, python: str, facts: PythonFacts, runtime: RuntimeRef | None, progress: Progress
) -> RuntimeSetUp:
    with progress.task(f"fetch wheels for Python {facts.short}, {facts.arch}") as advance:
        provision = collect(runtime, facts, lambda what: advance(0, what))
    with progress.task(f"send {provision.name}", provision.bytes) as advance:
        brought = install(device, python, facts, provision, advance)
    sent = provision.bytes / 1e6 if brought else 0.0
    return RuntimeSetUp(provision.name, provision.packages, brought, sent, provision.notes)
