"""Gate on all bundles of a run: each against the budgets of its format, and none of these forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import is_bundle
from edgekit.errors import UsageError
from edgekit.flows.gate.gate import BundleVerdict, gate, not_judged
from edgekit.measure.evidence import Allowed
from edgekit.measure.verdicts import unmeasured
from edgekit.schema.budget import Budget


def bundles_in(path: Path) -> list[Path]:
    """The bundle itself, or those of a run's folder or of an export's; the path where there is none, for its error."""
    if is_bundle(path):
        return [path]
    for pattern in ("bundles/*/manifest.json", "*/manifest.json"):
        if found := [manifest.parent for manifest in sorted(path.glob(pattern))]:
            return found
    return [path]


def gate_bundles(
    bundles: Sequence[Path | BundleFolder], budgets: Sequence[Budget], *, allowed: Allowed | None = None
) -> list[BundleVerdict]:
    """As `gate.gate`, of several bundles; a budget for a format that none of them has is unmeasured."""
    if not budgets:
        raise UsageError("there is no budget to check the bundles against", advice="give one: --budget size_mb=10")
    folders = [BundleFolder.of(bundle) for bundle in bundles]
    verdicts = []
    for folder in folders:
        wanted = [budget for budget in budgets if budget.format in (None, folder.manifest.format)]
        verdicts += gate(folder, wanted, allowed=allowed) if wanted else []
    for budget in not_judged(budgets, {folder.manifest.format for folder in folders}):
        reason = f"no {budget.format} bundle was made"
        verdicts.append(BundleVerdict(Path(str(budget.format)), str(budget.format), unmeasured(budget, reason)))
    return verdicts
