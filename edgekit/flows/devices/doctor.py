"""Doctor: what a device is and how it fares, before anything of edgekit runs on it, with a cure for each problem."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.devices.doctor.examine import Examined, examine
from edgekit.devices.doctor.problems import Problem
from edgekit.devices.doctor.software import software_problems
from edgekit.devices.doctor.state import state_problems
from edgekit.devices.registry import resolve
from edgekit.devices.transport import Transport
from edgekit.flows.devices.detect import matching_targets
from edgekit.flows.devices.device_pool import DeviceResult, look_at_each
from edgekit.schema.device import KnownDevice
from edgekit.schema.resources import load_target


@dataclass(frozen=True)
class Checkup:
    """What was found on one device.

    target:  the one that it was registered as
    matches: every shipped target that it is of, and its own where that matches, the most specific first
    """

    name: str
    url: str
    target: str | None
    matches: tuple[str, ...]
    examined: Examined
    problems: tuple[Problem, ...]

    @property
    def runs(self) -> bool:
        """Whether nothing that was found would stop a run."""
        return not any(problem.grade == "stops" for problem in self.problems)


def check_up(names: Sequence[str], python: str | None = None) -> list[DeviceResult[Checkup]]:
    """Examine devices, given by name or URL, all at once; nothing is written on them.

    python: the Python there to look at; None for the one that each was registered with, or its default
    An outcome is a `DeviceError` for one that cannot be reached, or does not answer as a POSIX system does. Raises
    `UsageError` for a name that is not known.
    """
    return look_at_each(names, lambda name, transport: _check_up(name, transport, python))


def _check_up(name: str, transport: Transport, python: str | None) -> Checkup:
    device = resolve(name)
    examined = examine(transport, python or device.python)
    matches = matching_targets(examined.probe.fingerprint(), device.target)
    found = [
        *software_problems(examined, name),
        *_mismatch(name, device, examined, matches),
        *state_problems(examined),
    ]
    order = ("stops", "spoils", "note")
    problems = sorted(found, key=lambda problem: order.index(problem.grade))
    return Checkup(name, device.url, device.target, matches, examined, tuple(problems))


def _options(device: KnownDevice) -> str:
    """What else it was added with."""
    given = (("--python", device.python), ("--home", device.home))
    return "".join(f" {option} {shlex.quote(value)}" for option, value in given if value is not None)


def _mismatch(name: str, device: KnownDevice, examined: Examined, matches: tuple[str, ...]) -> list[Problem]:
    if device.target is None or device.target in matches:
        return []
    wanted = load_target(device.target)
    probe = examined.probe
    cure = (
        f"edgekit devices add {name} {device.url} --force --target {matches[0]}{_options(device)}"
        if matches
        else f"write a target for it: edgekit targets detect --device {name} -o FILE.yaml"
    )
    return [
        Problem(
            "spoils",
            f"it is registered as {wanted.name}, and is none: {probe.board}, {probe.cpu}, {probe.arch}",
            f"what is measured on it counts for no budget of {wanted.name}",
            cure,
        )
    ]
