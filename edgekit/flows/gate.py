"""Gate: hold a bundle against budgets, from its bytes, its manifest and its stored measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.flows.profile import read_measurements
from edgekit.measure.statistics import Estimate
from edgekit.measure.summary import summarise
from edgekit.measure.verdict import Verdict, decide, unmeasured
from edgekit.spec.agent_errors import agent_errors
from edgekit.spec.budget import Budget
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import Manifest
from edgekit.spec.measurement import Measurement
from edgekit.spec.shipped import load_target


@dataclass(frozen=True)
class BundleVerdict:
    """A verdict and the bundle it is on; `conditions` says in words what the figure holds for."""

    bundle: Path
    format: str
    verdict: Verdict
    conditions: str


def gate(bundle: Path, budgets: Sequence[Budget]) -> list[BundleVerdict]:
    """The verdict on each budget; one that names another format than the bundle's is left out.

    The bundle's files are held against their hashes first. A device figure counts only if its measurement is of
    this very file, of a device of the budget's target, not emulated, and taken under the budget's conditions.
    Raises `UsageError` for a damaged bundle, an unknown target, or no budget at all.
    """
    from edgekit.agent.bundle import open_bundle

    if not budgets:
        raise UsageError("there is no budget to hold the bundle against", advice="give one: --budget size_mb=10")
    with agent_errors():
        open_bundle(bundle)
    manifest = Manifest.read(bundle / "manifest.json")
    measurements = read_measurements(bundle)
    verdicts = []
    for budget in budgets:
        if budget.format in (None, manifest.format):
            verdict, conditions = _judge(bundle, manifest, measurements, budget)
            verdicts.append(BundleVerdict(bundle, manifest.format, verdict, conditions))
    return verdicts


def _judge(
    bundle: Path, manifest: Manifest, measurements: Sequence[Measurement], budget: Budget
) -> tuple[Verdict, str]:
    if budget.metric == "size_mb":
        return decide(budget, manifest.size_mb), "model and tokenizer"
    if not budget.kind.on_device:
        return _judge_accuracy(bundle, manifest, budget)
    return _judge_device(bundle, manifest, measurements, budget)


def _judge_accuracy(bundle: Path, manifest: Manifest, budget: Budget) -> tuple[Verdict, str]:
    advice = f"edgekit evaluate {bundle} --data DATA"
    if not manifest.accuracy:
        return unmeasured(budget, "never evaluated", advice=advice), ""
    record = manifest.accuracy[-1]
    if budget.metric == "min_accuracy":
        return decide(budget, record.accuracy, record.low, record.high), f"{record.rows} rows of {record.data}"
    wanted = budget.baseline or "teacher"
    drop = next((drop for drop in record.drops if drop.baseline == wanted), None)
    if drop is None:
        return unmeasured(
            budget, f"never compared with {wanted}", advice=f"{advice} --against {wanted}=CHECKPOINT"
        ), ""
    return decide(budget, drop.points, drop.low, drop.high), f"against {wanted}, {record.rows} rows of {record.data}"


def _judge_device(
    bundle: Path, manifest: Manifest, measurements: Sequence[Measurement], budget: Budget
) -> tuple[Verdict, str]:
    target = load_target(budget.target or manifest.target)
    sha256 = manifest.files[manifest.model_file].sha256
    fitting = [
        taken
        for taken in measurements
        if taken.model_sha256 == sha256
        and target.matches(taken.fingerprint.arch, taken.fingerprint.cpu_parts)
        and budget.threads in (None, taken.threads)
        and budget.length in (None, taken.length)
    ]
    conditions = f"{target.name}{_wanted(budget)}"
    real = [taken for taken in fitting if not taken.fingerprint.emulated]
    if not real:
        reason = f"no measurement on a {target.name}" + (", an emulated one does not count" if fitting else "")
        return unmeasured(budget, reason, advice=_how(bundle, budget, target.title, target.threads)), conditions
    taken = min(real, key=lambda taken: (taken.threads != target.threads, taken.length != "data", taken.taken_at))
    figure = _figure(taken, budget.metric)
    conditions = f"{target.name}, length {taken.length}, {taken.threads} threads"
    return decide(budget, figure.value, figure.low, figure.high), conditions


def _figure(taken: Measurement, metric: str) -> Estimate:
    summary = summarise(taken)
    if metric == "peak_memory_mb":
        return Estimate(summary.peak_rss_mb, summary.peak_rss_mb, summary.peak_rss_mb)
    return summary.latency.p50 if metric == "latency_p50_ms" else summary.latency.p95


def _wanted(budget: Budget) -> str:
    length = f", length {budget.length}" if budget.length else ""
    return length + (f", {budget.threads} threads" if budget.threads else "")


def _how(bundle: Path, budget: Budget, title: str, threads: int) -> str:
    length = f" --length {budget.length}" if isinstance(budget.length, int) else ""
    return f"on a {title}: edgekit profile {bundle} --threads {budget.threads or threads}{length}"
