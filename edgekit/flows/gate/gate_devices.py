"""Gate on devices: measure anew what the budgets ask for, and check the bundle against what each device gave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import Records
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.registry import chosen, resolve
from edgekit.errors import UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.gate.gate import BundleVerdict, default_budgets, gate, target_of
from edgekit.flows.profile.instructions import count_on
from edgekit.flows.profile.measured_model import MeasuredModel
from edgekit.flows.profile.profile import profile_on
from edgekit.flows.profile.target_mismatch import say_mismatches
from edgekit.io.progress import SILENT, Progress
from edgekit.measure.evidence import Allowed
from edgekit.measure.metrics import check_budget, check_task, metric_of
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.budget import Budget
from edgekit.schema.measurement import GenerationMeasurement, InstructionCounts, Measurement

_Measurements = list[Measurement | GenerationMeasurement]
_INSTRUCTIONS = "instructions_m"


def gate_on(
    bundle: str | Path | BundleFolder,
    budgets: Sequence[Budget],
    devices: Sequence[str],
    *,
    allowed: Allowed | None = None,
    progress: Progress = SILENT,
) -> dict[str, list[BundleVerdict]]:
    """The verdicts by the name of each device, from what it gave just now; different devices work in parallel.

    A budget that names no target is held for the target that the device was registered as; a device without one for
    the bundle's. Without budgets those of the device's target count. Measurements are kept in the bundle, as by
    `profile.profile`, and judged as by `gate.gate`. Raises as those do, `UsageError` for a device with neither
    budgets nor a target, and `SomeDevicesFailed` for some of several.
    """
    folder = BundleFolder.of(bundle)
    # what is measured is kept in it, which a package does not take
    folder.check_keeps()
    manifest = folder.manifest
    known = {resolve(name).url: (name, resolve(name).target) for name in chosen(devices)}
    for budget in budgets:
        check_budget(budget)
        check_task(budget, manifest.task)
    budgets_of = {url: _budgets_of(name, budgets, target, manifest) for url, (name, target) in known.items()}

    def work(device: ConnectedDevice, progress: Progress) -> list[BundleVerdict]:
        name, _ = known[device.url]
        measurements = _measure(device, folder, budgets_of[device.url], progress)
        say_mismatches({name: measurements})
        counts = _count(device, folder, budgets_of[device.url], progress)
        return gate(folder, budgets_of[device.url], allowed=allowed, records=Records.of((*measurements, *counts)))

    return on_each(devices, work, progress)


def _budgets_of(name: str, budgets: Sequence[Budget], target: str | None, manifest: Manifest) -> list[Budget]:
    """The budgets as they hold on a device of `target`."""
    if not budgets and target is None:
        raise UsageError(
            f"there is no budget to check the bundle against on {name}, which has no target either",
            advice="give one: --budget latency_p95_ms=30,length=128",
        )
    if target is None:
        return list(budgets)
    if not budgets:
        return default_budgets(target_of(manifest, target), manifest)
    return [budget if budget.target else budget.model_copy(update={"target": target}) for budget in budgets]


def _measure(
    device: ConnectedDevice, bundle: BundleFolder, budgets: Sequence[Budget], progress: Progress
) -> _Measurements:
    """What the device budgets need, each setting once."""
    of_the_device = [budget for budget in _of_the_device(bundle, budgets) if budget.metric != _INSTRUCTIONS]
    settings: dict[tuple[int, int | None], None] = {}
    for budget in of_the_device:
        target = target_of(bundle.manifest, budget.target)
        length = budget.length if isinstance(budget.length, int) else None
        settings[budget.threads or target.threads, length] = None
    energy = any(budget.metric == "energy_mj" for budget in of_the_device)
    model = MeasuredModel.of(bundle)
    measurements: _Measurements = []
    for threads, length in settings:
        options = ProfileOptions(threads=(threads,), length=(length,) if length else (), energy=energy)
        measurements += profile_on(device, model, options, (), progress)
    return measurements


def _count(
    device: ConnectedDevice, bundle: BundleFolder, budgets: Sequence[Budget], progress: Progress
) -> list[InstructionCounts]:
    """What the budgets on instructions need, each length once."""
    of_the_device = [budget for budget in _of_the_device(bundle, budgets) if budget.metric == _INSTRUCTIONS]
    lengths = dict.fromkeys(budget.length if isinstance(budget.length, int) else None for budget in of_the_device)
    counted: list[InstructionCounts] = []
    for length in lengths:
        options = ProfileOptions(length=(length,) if length else ())
        counted += count_on(device, MeasuredModel.of(bundle), options, (), progress)
    return counted


def _of_the_device(bundle: BundleFolder, budgets: Sequence[Budget]) -> list[Budget]:
    """The budgets that only a device can tell of; a length that the model does not take stays unmeasured."""
    longest = bundle.manifest.max_length - bundle.task.reserved
    return [
        budget
        for budget in budgets
        if metric_of(budget).source.on_device
        and budget.format in (None, bundle.manifest.format)
        and not (isinstance(budget.length, int) and budget.length > longest)
    ]
