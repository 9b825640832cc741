"""Gate: hold a bundle against budgets, from its bytes, its manifest and its stored measurements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.flows.profile import read_measurements
from edgekit.measure.statistics import Estimate
from edgekit.measure.summary import summarise
from edgekit.measure.verdict import Verdict, decide, unmeasured
from edgekit.spec.agent_errors import agent_errors
from edgekit.spec.budget import Budget
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import Accuracy, Manifest
from edgekit.spec.measurement import Measurement
from edgekit.spec.shipped import load_target
from edgekit.spec.target import Target


@dataclass(frozen=True)
class BundleVerdict:
    """A verdict and the bundle it is on; `conditions` says in words what the figure holds for."""

    bundle: Path
    format: str
    verdict: Verdict
    conditions: str


@dataclass(frozen=True)
class _Subject:
    """What is judged: a bundle with what is known of it, and the targets by the name that a budget gives."""

    bundle: Path
    manifest: Manifest
    measurements: Sequence[Measurement]
    targets: Mapping[str | None, Target]


def gate(bundle: Path, budgets: Sequence[Budget]) -> list[BundleVerdict]:
    """The verdict on each budget; one that names another format than the bundle's is left out (`not_judged`).

    The bundle's files are held against their hashes first. A device figure counts only if its measurement is of
    this very file, of a device of the budget's target, not emulated, and taken under the budget's conditions; of
    several the newest counts, and where a budget leaves the length open, the worst of the lengths. Accuracy counts
    on test rows, unless the budget names others.
    Raises `UsageError` for a damaged bundle, an unknown target, or no budget for this bundle.
    """
    from edgekit.agent.bundle import open_bundle

    if not budgets:
        raise UsageError("there is no budget to hold the bundle against", advice="give one: --budget size_mb=10")
    with agent_errors():
        open_bundle(bundle)
    manifest = Manifest.read(bundle / "manifest.json")
    targets = {budget.target: _target(manifest, budget.target) for budget in budgets}
    own = [budget for budget in budgets if budget.format in (None, manifest.format)]
    if not own:
        raise UsageError(f"no budget is for a {manifest.format} bundle", advice="leave format out of the budget")
    subject = _Subject(bundle, manifest, read_measurements(bundle), targets)
    return [BundleVerdict(bundle, manifest.format, *_judge(subject, budget)) for budget in own]


def not_judged(budgets: Iterable[Budget], formats: Collection[str]) -> list[Budget]:
    """The budgets that no bundle of these formats is held against."""
    return [budget for budget in budgets if budget.format is not None and budget.format not in formats]


def _target(manifest: Manifest, name: str | None) -> Target:
    """The bundle brings its own target along: the file that it was read from may be elsewhere, or changed."""
    return manifest.target_facts if name in (None, manifest.target) else load_target(name)


def _judge(subject: _Subject, budget: Budget) -> tuple[Verdict, str]:
    if budget.metric == "size_mb":
        return decide(budget, subject.manifest.size_mb), "model and tokenizer"
    if budget.kind.on_device:
        return _judge_device(subject, budget)
    return _judge_accuracy(subject, budget)


def _judge_accuracy(subject: _Subject, budget: Budget) -> tuple[Verdict, str]:
    advice = f"edgekit evaluate {subject.bundle} --data DATA"
    fitting = [record for record in subject.manifest.accuracy if _counts(record, budget.data)]
    if not fitting:
        reason = f"never evaluated on {budget.data or 'test rows'}" if subject.manifest.accuracy else "never evaluated"
        return unmeasured(budget, reason, advice=advice), ""
    if budget.data is None and len({record.data_sha256 for record in fitting}) > 1:
        names = " or ".join(dict.fromkeys(f"data={record.data}" for record in fitting))
        return unmeasured(budget, "evaluated on several data sets: name one, data=NAME", advice=names), ""
    # evaluated again, a record goes to the end
    record = fitting[-1]
    rows = f"{record.rows} rows of {record.data}"
    if budget.metric == "min_accuracy":
        return decide(budget, record.accuracy, record.low, record.high), rows
    wanted = budget.baseline or "teacher"
    drop = next((drop for drop in record.drops if drop.baseline == wanted), None)
    if drop is None:
        advice = f"{advice} --against {wanted}=CHECKPOINT"
        return unmeasured(budget, f"never compared with {wanted}", advice=advice), ""
    return decide(budget, drop.points, drop.low, drop.high), f"against {wanted}, {rows}"


def _counts(record: Accuracy, data: str | None) -> bool:
    """Accuracy on other rows than those of the test split counts only where a budget asks for it by name."""
    if record.split == "test":
        return data in (None, record.data, record.data.removesuffix("/test"))
    return data == record.data


def _judge_device(subject: _Subject, budget: Budget) -> tuple[Verdict, str]:
    target = subject.targets[budget.target]
    fitting = [taken for taken in subject.measurements if _fits(taken, subject.manifest, target, budget)]
    real = [taken for taken in fitting if not taken.fingerprint.emulated]
    if not real:
        reason = f"no measurement on a {target.name}" + (", an emulated one does not count" if fitting else "")
        advice = _how(subject.bundle, budget, target)
        return unmeasured(budget, reason, advice=advice), f"{target.name}{_wanted(budget)}"
    usual = [taken for taken in real if taken.threads == target.threads] or real
    newest = {taken.length: taken for taken in sorted(usual, key=lambda taken: taken.moment)}
    figure, taken = max(((_figure(each, budget.metric), each) for each in newest.values()), key=_worst_last)
    length = f"length {taken.length}" + (f" (the worst of {_listed(newest)})" if len(newest) > 1 else "")
    conditions = f"{target.name}, {length}, {taken.threads} {'thread' if taken.threads == 1 else 'threads'}"
    return decide(budget, figure.value, figure.low, figure.high), conditions


def _fits(taken: Measurement, manifest: Manifest, target: Target, budget: Budget) -> bool:
    return (
        taken.model_sha256 == manifest.files[manifest.model_file].sha256
        and target.matches(taken.fingerprint)
        and budget.threads in (None, taken.threads)
        and _run_length(manifest, budget.length) in (None, taken.length)
    )


def _run_length(manifest: Manifest, length: int | str | None) -> int | str | None:
    """The length that an input of `length` tokens is run at: a file of static lengths pads it to the next one."""
    if not isinstance(length, int):
        return length
    return next((static for static in manifest.lengths if static >= length), length)


def _worst_last(pair: tuple[Estimate, Measurement]) -> float:
    # of everything that a device tells, less is better
    return pair[0].value


def _listed(lengths: Iterable[int | str]) -> str:
    return ", ".join(str(length) for length in sorted(lengths, key=lambda length: (isinstance(length, str), length)))


def _figure(taken: Measurement, metric: str) -> Estimate:
    summary = summarise(taken)
    if metric == "peak_memory_mb":
        return Estimate(summary.peak_rss_mb, summary.peak_rss_mb, summary.peak_rss_mb)
    return summary.latency.p50 if metric == "latency_p50_ms" else summary.latency.p95


def _wanted(budget: Budget) -> str:
    length = f", length {budget.length}" if budget.length else ""
    return length + (f", {budget.threads} threads" if budget.threads else "")


def _how(bundle: Path, budget: Budget, target: Target) -> str:
    length = f" --length {budget.length}" if isinstance(budget.length, int) else ""
    return f"on a {target.title}: edgekit profile {bundle} --threads {budget.threads or target.threads}{length}"
