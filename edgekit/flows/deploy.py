"""Deploy: let a bundle run on a device once it has proven itself there, and return to the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.records import GoldenRun
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.deploy import Deployed, Deployments, check_name
from edgekit.devices.messages import Golden
from edgekit.errors import UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.golden import golden_record, keep_golden
from edgekit.io.progress import SILENT, Progress
from edgekit.schema.schemes import RuntimeName


@dataclass(frozen=True)
class Deployment:
    """A bundle that runs on a device.

    path:     where a program on the device finds it, whichever release it is
    number:   of the release; previous: of the one that a rollback returns to
    switched: False where this bundle ran there already
    golden:   golden cases that it reproduced there; runtime: by which
    """

    name: str
    path: str
    number: int
    previous: int | None
    switched: bool
    golden: int
    runtime: str


@dataclass(frozen=True)
class RolledBack:
    """A return to the release before; previous: the one that another rollback would return to."""

    name: str
    path: str
    number: int
    previous: int | None


def deploy(
    bundle: str | Path | BundleFolder,
    devices: Sequence[str],
    name: str | None = None,
    *,
    python: str | None = None,
    runtime: RuntimeName | None = None,
    progress: Progress = SILENT,
) -> dict[str, Deployment]:
    """Bring a bundle beside the one that runs, have the device reproduce its golden cases, and switch to it at once.

    devices: names or URLs, served in parallel; what came of each is under its name
    name:    what it is deployed as; None takes the bundle's own
    python:  of the device; None for the one it was registered with, else its `python3`
    The switch is one rename: whatever is interrupted leaves a whole bundle running. What ran before is kept for
    `rollback`. That a device reproduced the golden cases is recorded in the bundle.
    Raises `ParityError` where a device gives wrong answers, which changes nothing there, `UsageError` for a bundle
    that is not sound, `DeviceError` when a device fails, `SomeDevicesFailed` for some of several.
    """
    folder = BundleFolder.of(bundle)
    manifest = folder.manifest
    # before anything is sent
    folder.checked()
    name = check_name(name or manifest.name)

    def golden_of(device: ConnectedDevice, path: str) -> GoldenRun:
        with device.start_agent(python) as agent:
            return golden_record(agent.request("golden", Golden, path=path, runtime=runtime), manifest.content_hash)

    def work(device: ConnectedDevice, progress: Progress) -> Deployment:
        deployments = Deployments(device, python or device.python)
        before = deployments.all().get(name)
        if before and before.running and before.running.content_hash == manifest.content_hash:
            golden, switched = golden_of(device, deployments.path(name)), False
        else:
            with deployments.staged(name, device.put(folder.path, progress), manifest) as staged:
                golden, switched = golden_of(device, staged.path), True
                deployments.switch(staged)
        keep_golden(folder, golden)
        now = deployments.one(name)
        path = deployments.path(name)
        return Deployment(name, path, now.number, now.previous, switched, golden.cases, golden.runtime)

    return on_each(devices, work, progress)


def rollback(devices: Sequence[str], name: str | None = None, *, python: str | None = None) -> dict[str, RolledBack]:
    """Let the release before the one that runs run again; `name` may be left out where there is one deployment."""

    def work(device: ConnectedDevice, progress: Progress) -> RolledBack:
        deployments = Deployments(device, python or device.python)
        chosen = _chosen(deployments, name)
        deployments.rollback(chosen)
        now = deployments.one(chosen)
        return RolledBack(chosen, deployments.path(chosen), now.number, now.previous)

    return on_each(devices, work)


def deployed(devices: Sequence[str], *, python: str | None = None) -> dict[str, dict[str, Deployed]]:
    """What is deployed on each device, by name."""
    return on_each(devices, lambda device, progress: Deployments(device, python or device.python).all())


def undeploy(devices: Sequence[str], name: str | None = None, *, python: str | None = None) -> dict[str, str]:
    """Remove a deployment with all its releases; its name, which may be left out where there is one."""

    def work(device: ConnectedDevice, progress: Progress) -> str:
        deployments = Deployments(device, python or device.python)
        chosen = _chosen(deployments, name)
        deployments.remove(chosen)
        return chosen

    return on_each(devices, work)


def _chosen(deployments: Deployments, name: str | None) -> str:
    """The deployment that is meant."""
    if name is not None:
        return check_name(name)
    names = sorted(deployments.all())
    if not names:
        raise UsageError("nothing is deployed there")
    if len(names) > 1:
        raise UsageError("which deployment is meant?", advice=f"name it by --as; there are: {', '.join(names)}")
    return names[0]
