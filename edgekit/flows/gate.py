"""Gate: hold a bundle against budgets, from its bytes, its manifest and its stored measurements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgekit.flows.profile import read_counts, read_generation, read_measurements
from edgekit.flows.profile_tool import read_tools
from edgekit.measure.energy import energy_mj
from edgekit.measure.generation import summarise_generation
from edgekit.measure.instructions import budgeted
from edgekit.measure.spoiled import ever_spoiled, spoiled, spoiled_first_tokens, spoiled_tokens
from edgekit.measure.statistics import Estimate
from edgekit.measure.summary import summarise
from edgekit.measure.tool import tool_latency
from edgekit.measure.verdict import Verdict, decide, doubted, unmeasured
from edgekit.spec.agent_errors import agent_errors
from edgekit.spec.budget import Budget
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import Accuracy, Manifest, Perplexity, Step
from edgekit.spec.measurement import GenerationMeasurement, InstructionCounts, Measurement
from edgekit.spec.shipped import load_target
from edgekit.spec.target import Target
from edgekit.spec.tool_measurement import ToolMeasurement

_Taken = Measurement | GenerationMeasurement
# what a metric is read from, where not every kind of measurement has it
_METRICS_OF = {
    "latency_p50_ms": "latency",
    "latency_p95_ms": "latency",
    "tokens_per_s": "generation",
    "first_token_ms": "generation",
}
# what a benchmark program tells of it
_TOLD: dict[str, Literal["p50_ms", "p95_ms"]] = {"latency_p50_ms": "p50_ms", "latency_p95_ms": "p95_ms"}
_COOL = "cool the device or give it a stronger power supply and measure again, or gate with --allow-throttled"
# what heat and a weak power supply do not change
_UNSPOILED = ("peak_memory_mb",)


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
    measurements: Sequence[_Taken]
    tools: Sequence[ToolMeasurement]
    counts: Sequence[InstructionCounts]
    targets: Mapping[str | None, Target]
    allow_throttled: bool


def gate(
    bundle: Path,
    budgets: Sequence[Budget],
    *,
    allow_throttled: bool = False,
    measurements: Sequence[_Taken] | None = None,
    counts: Sequence[InstructionCounts] | None = None,
) -> list[BundleVerdict]:
    """The verdict on each budget; one that names another format than the bundle's is left out (`not_judged`).

    The bundle's files are held against their hashes first. A device figure counts only if its measurement is of
    this very file, of a device of the budget's target, not emulated, and taken under the budget's conditions; of
    several the newest counts, and where a budget leaves the length open, the worst of the lengths. Where samples were
    taken while the device was throttled or under voltage, the verdict is inconclusive, unless `allow_throttled` lets
    them count. Accuracy and perplexity count on test rows, unless the budget names others. What was lost against the
    teacher counts only against the very one that the bundle's lineage records, where it records one.
    measurements, counts: in place of those that are kept in the bundle
    Raises `UsageError` for a damaged bundle, an unknown target, or no budget for this bundle.
    """
    from edgekit.agent.bundle import open_bundle

    if not budgets:
        raise UsageError("there is no budget to hold the bundle against", advice="give one: --budget size_mb=10")
    with agent_errors():
        open_bundle(bundle)
    manifest = Manifest.of(bundle)
    targets = {budget.target: _target(manifest, budget.target) for budget in budgets}
    own = [budget for budget in budgets if budget.format in (None, manifest.format)]
    if not own:
        raise UsageError(f"no budget is for a {manifest.format} bundle", advice="leave format out of the budget")
    kept: list[_Taken] = [*read_measurements(bundle), *read_generation(bundle)] if measurements is None else []
    taken = kept if measurements is None else measurements
    tools = read_tools(bundle) if measurements is None else []
    counts = read_counts(bundle) if counts is None else counts
    subject = _Subject(bundle, manifest, taken, tools, counts, targets, allow_throttled)
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
    if budget.metric == "instructions_m":
        return _judge_instructions(subject, budget)
    if budget.kind.on_device:
        return _judge_device(subject, budget)
    if budget.metric == "perplexity_increase_pct":
        return _judge_perplexity(subject, budget)
    return _judge_accuracy(subject, budget)


def _judge_accuracy(subject: _Subject, budget: Budget) -> tuple[Verdict, str]:
    advice = f"edgekit evaluate {subject.bundle} --data DATA"
    fitting = [record for record in subject.manifest.accuracy if _counts(record, budget.data)]
    if doubt := _doubt(budget, fitting, subject.manifest.accuracy, advice):
        return doubt, ""
    # evaluated again, a record goes to the end
    record = fitting[-1]
    rows = f"{record.rows} rows of {record.data}"
    if budget.metric == "min_accuracy":
        return decide(budget, record.accuracy, record.low, record.high), rows
    wanted = budget.baseline or "teacher"
    drop = next((drop for drop in record.drops if drop.baseline == wanted), None)
    advice = f"{advice} --against {wanted}=CHECKPOINT"
    if drop is None:
        return unmeasured(budget, f"never compared with {wanted}", advice=advice), ""
    if doubt := _not_the_teacher(subject, budget, drop.baseline_sha256, advice):
        return doubt, ""
    return decide(budget, drop.points, drop.low, drop.high), f"against {wanted}, {rows}"


def _not_the_teacher(subject: _Subject, budget: Budget, baseline_sha256: str | None, advice: str) -> Verdict | None:
    """The verdict where the budget is against the teacher, and another model was compared with under that name."""
    teachers = _teachers(subject.manifest.lineage) if (budget.baseline or "teacher") == "teacher" else set()
    if not teachers or baseline_sha256 in teachers:
        return None
    which = "another model" if baseline_sha256 else "a model whose hash was not recorded"
    reason = f"what it was compared with as teacher is {which}, not the one that taught it"
    return unmeasured(budget, reason, advice=advice)


def _teachers(lineage: Iterable[Step]) -> set[str]:
    """The content hashes of the checkpoints that taught on the way to a bundle: a distillation begins with its own."""
    steps = ((step, "checkpoint" if step.stage == "distill" else "teacher") for step in lineage)
    return {step.inputs[name] for step, name in steps if name in step.inputs}


def _judge_perplexity(subject: _Subject, budget: Budget) -> tuple[Verdict, str]:
    wanted = budget.baseline or "teacher"
    advice = f"edgekit evaluate {subject.bundle} --data TEXT --against {wanted}=CHECKPOINT"
    fitting = [record for record in subject.manifest.perplexity if _counts(record, budget.data)]
    if doubt := _doubt(budget, fitting, subject.manifest.perplexity, advice):
        return doubt, ""
    # of one text in several contexts, the newest that was compared
    compared = [(record, found) for record in fitting for found in record.increases if found.baseline == wanted]
    if not compared:
        return unmeasured(budget, f"never compared with {wanted}", advice=advice), ""
    record, found = compared[-1]
    if doubt := _not_the_teacher(subject, budget, found.baseline_sha256, advice):
        return doubt, ""
    conditions = f"against {wanted}, {record.tokens} tokens of {record.data}, windows of {record.context}"
    return decide(budget, found.pct, found.low, found.high), conditions


def _doubt(
    budget: Budget, fitting: Sequence[Accuracy | Perplexity], known: Sequence[Accuracy | Perplexity], advice: str
) -> Verdict | None:
    """Why no record of an evaluation can be taken, where none can."""
    if not fitting:
        reason = f"never evaluated on {budget.data or 'test rows'}" if known else "never evaluated"
        return unmeasured(budget, reason, advice=advice)
    if budget.data is None and len({record.data_sha256 for record in fitting}) > 1:
        names = " or ".join(dict.fromkeys(f"data={record.data}" for record in fitting))
        return unmeasured(budget, "evaluated on several data sets: name one, data=NAME", advice=names)
    return None


def _counts(record: Accuracy | Perplexity, data: str | None) -> bool:
    """An evaluation on other rows than those of the test split counts only where a budget asks for it by name."""
    if record.split == "test":
        return data in (None, record.data, record.data.removesuffix("/test"))
    return data == record.data


def _judge_device(subject: _Subject, budget: Budget) -> tuple[Verdict, str]:
    target = subject.targets[budget.target]
    fitting = [taken for taken in subject.measurements if _fits(taken, subject.manifest, target, budget)]
    real = [taken for taken in fitting if not taken.fingerprint.emulated]
    if not real and (told := _judge_tool(subject, budget, target)):
        return told
    if not real:
        reason = f"no measurement on a {target.name}" + (", an emulated one does not count" if fitting else "")
        advice = _how(subject.bundle, budget, target)
        return unmeasured(budget, reason, advice=advice), f"{target.name}{_wanted(budget)}"
    usual = [taken for taken in real if taken.threads == target.threads] or real
    newest = {taken.length: taken for taken in sorted(usual, key=lambda taken: taken.moment)}
    worst = min if budget.kind.better == "higher" else max
    figure, taken = worst(((_figure(each, budget.metric), each) for each in newest.values()), key=_by_value)
    length = f"length {taken.length}" + (f" (the worst of {_listed(newest)})" if len(newest) > 1 else "")
    conditions = f"{target.name}, {length}, {taken.threads} {'thread' if taken.threads == 1 else 'threads'}"
    verdict = decide(budget, figure.value, figure.low, figure.high)
    reason = "" if subject.allow_throttled else _spoiled(taken, budget.metric)
    return (doubted(verdict, reason, advice=_COOL) if reason else verdict), conditions


def _judge_tool(subject: _Subject, budget: Budget, target: Target) -> tuple[Verdict, str] | None:
    """The verdict by what a benchmark program told of the model alone; None where none did that fits."""
    if budget.metric not in _TOLD:
        return None
    fitting = [
        (figure, taken)
        for taken in sorted(subject.tools, key=lambda taken: taken.moment)
        if taken.model_sha256 == subject.manifest.files[subject.manifest.model_file].sha256
        and target.matches(taken.fingerprint)
        and not taken.fingerprint.emulated
        and budget.threads in (None, taken.threads)
        and _run_length(subject.manifest, budget.length) in (None, taken.length)
        and (figure := tool_latency(taken, _TOLD[budget.metric]))
    ]
    if not fitting:
        return None
    newest = {taken.length: (figure, taken) for figure, taken in fitting}
    figure, taken = max(newest.values(), key=lambda pair: pair[0].value)
    verdict = decide(budget, figure.value, figure.low, figure.high)
    if ever_spoiled(taken) and not subject.allow_throttled:
        verdict = doubted(verdict, "the device was throttled or under voltage meanwhile", advice=_COOL)
    alone = f"the model alone, by {taken.tool}"
    return verdict, f"{target.name}, length {taken.length}, {taken.threads} threads, {alone}"


def _judge_instructions(subject: _Subject, budget: Budget) -> tuple[Verdict, str]:
    """Counts are exact on an emulated processor of the target's kind: where they come from, times never count."""
    target = subject.targets[budget.target]
    model = subject.manifest.files[subject.manifest.model_file].sha256
    fitting = [
        taken
        for taken in subject.counts
        if taken.model_sha256 == model
        and target.matches(taken.fingerprint)
        and budget.threads in (None, taken.threads)
        and _run_length(subject.manifest, budget.length) in (None, taken.length)
    ]
    if not fitting:
        length = f" --length {budget.length}" if isinstance(budget.length, int) else ""
        advice = (
            f"on an emulated {target.title}: edgekit profile {subject.bundle} --device NAME --instructions{length}"
        )
        reason = f"instructions were never counted on a {target.name}"
        return unmeasured(budget, reason, advice=advice), f"{target.name}{_wanted(budget)}"
    newest = {taken.length: taken for taken in sorted(fitting, key=lambda taken: taken.moment)}
    figure, taken = max(((budgeted(each).total, each) for each in newest.values()), key=lambda pair: pair[0])
    worst = f" (the worst of {_listed(newest)})" if len(newest) > 1 else ""
    conditions = f"{target.name}, length {taken.length}{worst}, {taken.runtime} {taken.runtime_version}, 1 thread"
    return decide(budget, figure), conditions


def _spoiled(taken: _Taken, metric: str) -> str:
    """What spoils the samples that a figure comes from; nothing where nothing does."""
    if metric in _UNSPOILED:
        return ""
    if metric == "energy_mj":
        return "the device was throttled or under voltage meanwhile" if ever_spoiled(taken) else ""
    if isinstance(taken, GenerationMeasurement):
        found = spoiled_first_tokens(taken) if metric == "first_token_ms" else spoiled_tokens(taken)
    else:
        found = spoiled(taken)
    return found.words if found else ""


def _fits(taken: _Taken, manifest: Manifest, target: Target, budget: Budget) -> bool:
    return (
        taken.model_sha256 == manifest.files[manifest.model_file].sha256
        and _METRICS_OF.get(budget.metric, taken.kind) == taken.kind
        and target.matches(taken.fingerprint)
        and (budget.metric != "energy_mj" or taken.energy is not None)
        and budget.threads in (None, taken.threads)
        and _run_length(manifest, budget.length) in (None, taken.length)
    )


def _run_length(manifest: Manifest, length: int | str | None) -> int | str | None:
    """The length that an input of `length` tokens is run at: a file of static lengths pads it to the next one."""
    if not isinstance(length, int):
        return length
    return next((static for static in manifest.lengths if static >= length), length)


def _by_value(pair: tuple[Estimate, _Taken]) -> float:
    return pair[0].value


def _listed(lengths: Iterable[int | str]) -> str:
    return ", ".join(str(length) for length in sorted(lengths, key=lambda length: (isinstance(length, str), length)))


def _figure(taken: _Taken, metric: str) -> Estimate:
    if metric == "peak_memory_mb":
        return Estimate(taken.peak_rss_mb, taken.peak_rss_mb, taken.peak_rss_mb)
    if metric == "energy_mj" and taken.energy is not None:
        return energy_mj(taken.energy)
    if isinstance(taken, GenerationMeasurement):
        speed = summarise_generation(taken)
        return speed.first_token.p50 if metric == "first_token_ms" else speed.tokens_per_s
    summary = summarise(taken)
    return summary.latency.p50 if metric == "latency_p50_ms" else summary.latency.p95


def _wanted(budget: Budget) -> str:
    length = f", length {budget.length}" if budget.length else ""
    return length + (f", {budget.threads} threads" if budget.threads else "")


def _how(bundle: Path, budget: Budget, target: Target) -> str:
    length = f" --length {budget.length}" if isinstance(budget.length, int) else ""
    energy = " --energy" if budget.metric == "energy_mj" else ""
    threads = budget.threads or target.threads
    return f"on a {target.title}: edgekit profile {bundle} --threads {threads}{length}{energy}"
