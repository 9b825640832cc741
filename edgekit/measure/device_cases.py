"""Cases from measurements on a device: times, memory and energy, by edgekit's agent or by a benchmark program."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import Records, age_of
from edgekit.measure.evidence import Basis, Case, Cases, Evidence, Missing, Question
from edgekit.measure.performance.benchmark_tool import tool_latency, was_loaded
from edgekit.measure.performance.fallback import fallbacks
from edgekit.measure.performance.instructions import budgeted
from edgekit.measure.performance.throttling import Disturbance, disturbances, ever_disturbed
from edgekit.measure.statistics.estimate import Estimate, at_least
from edgekit.measure.statistics.percentiles import fewest_samples
from edgekit.schema.measurement import GenerationMeasurement, InstructionCounts, Measurement, OfFile, TimedPart
from edgekit.schema.runtimes import RUNTIMES
from edgekit.schema.tool_measurement import ToolMeasurement
from edgekit.tasks.registry import task_named

Timed = Measurement | GenerationMeasurement
_Record = TypeVar("_Record", Measurement, GenerationMeasurement, Timed)
_Kept = TypeVar("_Kept", Measurement, GenerationMeasurement, InstructionCounts, ToolMeasurement, Timed)

# cold caches and the layout of memory differ from process to process: of fewer it cannot be seen by how much
FEWEST_PROCESSES = 3
# in less time a device has met neither a change of its clock nor a neighbour's work
LEAST_SECONDS = 1.0
# what has no cooling becomes warm within a minute
SUSTAINED_SECONDS = 60.0
# what is asked for where an interval is too wide: so many times as long, and so many seconds at least
_LONGER, _LEAST_LONG = 4, 10
_COOL = "cool the device or give it a stronger power supply and measure again, or gate with --allow-throttled"
_QUIET = "end what else runs there and measure again, or gate with --allow-busy"
_CONDITIONS = frozenset({"target", "format", "length", "threads"})


@dataclass(frozen=True, kw_only=True)
class TimedSource(Generic[_Record]):
    """A figure of what edgekit's agent measured on a device.

    records:   those of a bundle that can tell it
    value:     the figure of one of them
    part:      the samples that the figure comes from; None for one that does not come from samples
    sustained: the figure of runs back to back, where it has one: what the figure is once the device is warm
    floor:     a figure of a record that it is never below, and sustained_floor of runs back to back: over the limit it
               decides
    tool:      what a benchmark program tells of it, which counts where the agent has measured nothing
    percentile: of the samples, where the figure is one of latency: plots draw its limit among them
    disturbed: whether heat, a weak power supply and other work change it
    flags:     what `edgekit profile` must be asked for
    """

    records: Callable[[Records], Sequence[_Record]]
    value: Callable[[_Record], Estimate]
    part: TimedPart | None = None
    sustained: Callable[[Sequence[float]], Estimate] | None = None
    floor: Callable[[_Record], Estimate] | None = None
    sustained_floor: Callable[[Sequence[float]], Estimate] | None = None
    tool: Literal["p50_ms", "p95_ms"] | None = None
    percentile: float | None = None
    disturbed: bool = True
    flags: str = ""

    conditions: ClassVar[frozenset[str]] = _CONDITIONS
    required: ClassVar[frozenset[str]] = frozenset()
    on_device: ClassVar[bool] = True

    def cases(self, evidence: Evidence, question: Question) -> Cases:
        """Every length, thread count, set of texts, runtime and machine that was measured, the newest of each."""
        known = _fitting(self.records(evidence.records), evidence, question)
        real = [record for record in known if not record.fingerprint.emulated]
        newest = _newest(real)
        if not newest and self.tool and (found := self._by_tool(evidence, question)):
            return found
        if too_long := _too_long(question, evidence.manifest):
            return Missing(*too_long, _conditions_asked(question))
        if not newest or all(_is_old(record, evidence) for record in newest):
            reason = _why_none(self.records(evidence.records), newest, evidence, question)
            return Missing(reason, _profile(question, self.flags), _conditions_asked(question))
        cases: list[Case] = []
        for record in newest:
            cases.append(self._case(record, evidence, question))
            if self.sustained and record.sustained_ms:
                figure = self.sustained(record.sustained_ms)
                if self.sustained_floor:
                    figure = at_least(figure, self.sustained_floor(record.sustained_ms), question.budget.limit)
                cases.append(self._sustained_case(record, figure, evidence, question))
        return tuple(cases)

    def _case(self, record: _Record, evidence: Evidence, question: Question) -> Case:
        figure, doubts = self.value(record), []
        if self.floor:
            figure = at_least(figure, self.floor(record), question.budget.limit)
        if figure.doubt:
            doubts.append(figure.doubt)
        processes, seconds = len(record.processes), self._seconds(record)
        counted = sum(record.counted(self.part)) if self.part else None
        if _is_old(record, evidence):
            doubts.append(_too_old(record, evidence))
        if self.part and processes < FEWEST_PROCESSES:
            wanted = f"at least {FEWEST_PROCESSES} are needed to see how they differ"
            doubts.append(f"it comes from {processes} process{'es' if processes > 1 else ''}, and {wanted}")
        if self.part and seconds < LEAST_SECONDS:
            doubts.append(f"the device was watched for {seconds:.2g} s only: {LEAST_SECONDS:g} s are needed")
        # more samples narrow the interval
        longer = f" --min-seconds {max(_LONGER * seconds, _LEAST_LONG):.0f}" if self.part else ""
        advice = _profile(question, self.flags + longer, record)
        notes = list(fallbacks(record, evidence.manifest.scheme))
        for found, allowed, help in self._disturbances(record, evidence):
            if allowed:
                notes.append(f"it counts although {found}")
            else:
                doubts.append(found)
                advice = help
        if self.part and _is_load_unknown(record):
            notes.append("whether other work slowed the device meanwhile is not known")
        if self.part and _needs_sustained_run(record, question):
            doubts.append(
                f"{question.target.name} has no cooling and does not say whether it was throttled: "
                f"only a sustained run of {SUSTAINED_SECONDS:g} s shows it"
            )
            advice = _profile(question, f"{self.flags} --sustained {SUSTAINED_SECONDS:g}", record)
        return Case(
            figure,
            _conditions(record, question),
            Basis(
                counted,
                processes if self.part else None,
                seconds,
                age_of(record, evidence.now),
                day=record.taken_at[:10],
            ),
            tuple(doubts),
            tuple(notes),
            advice,
            _named(record),
        )

    def _seconds(self, record: _Record) -> float:
        """For how long the samples were taken, by themselves."""
        if isinstance(record, Measurement):
            return sum(record.total_ms) / 1e3
        parts = record.samples_ms
        return sum(map(sum, parts.values() if self.part is None else [parts[_of_decoder(self.part)]])) / 1e3

    def _sustained_case(self, record: _Record, figure: Estimate, evidence: Evidence, question: Question) -> Case:
        """The sustained runs: being throttled is what they are to show, so it does not spoil them."""
        found: Disturbance | None = disturbances(record, "sustained")
        busy: bool = found is not None and found.busy and not evidence.allowed.busy
        doubts = [*([figure.doubt] if figure.doubt else []), *([found.describe] if busy and found else [])]
        seconds = sum(record.sustained_ms) / 1e3
        basis = Basis(len(record.sustained_ms), 1, seconds, age_of(record, evidence.now), day=record.taken_at[:10])
        where = f"{_conditions(record, question)}, sustained"
        advice = _quiet(record, found) if busy and found else ""
        return Case(figure, where, basis, tuple(doubts), (), advice, _named(record))

    def _disturbances(self, record: _Record, evidence: Evidence) -> Iterable[tuple[str, bool, str]]:
        """What slowed the device while it measured, in words, whether it may count all the same, and what helps."""
        if not self.disturbed:
            return
        found = ever_disturbed(record) if self.part is None else disturbances(record, self.part)
        if found is None:
            return
        # throttling and other work are told in one sentence
        throttled = found.throttled and not evidence.allowed.throttled
        busy = found.busy and not evidence.allowed.busy
        yield found.describe, not throttled and not busy, _COOL if throttled else _quiet(record, found)

    def _by_tool(self, evidence: Evidence, question: Question) -> Cases | None:
        """What a benchmark program told of the model alone; None where none did that fits."""
        known = _fitting(evidence.records.tools, evidence, question)
        newest = _newest([record for record in known if not record.fingerprint.emulated])
        cases = [
            _tool_case(record, figure, self.tool, evidence, question)
            for record in newest
            if self.tool and (figure := tool_latency(record, self.tool))
        ]
        return tuple(cases) or None


def _quiet(record: Timed, found: Disturbance) -> str:
    """What helps where other work, or too many threads of its own, slowed a device."""
    if not found.crowded:
        return _QUIET
    cores = record.fingerprint.cores
    return f"measure with no more threads than cores: --threads {cores}, or gate with --allow-busy"


@dataclass(frozen=True, kw_only=True)
class InstructionSource:
    """A figure of instructions, which are counted exactly on an emulated processor of the target's kind."""

    value: Callable[[InstructionCounts], float] = lambda record: budgeted(record).total

    conditions: ClassVar[frozenset[str]] = _CONDITIONS - {"threads"}
    required: ClassVar[frozenset[str]] = frozenset()
    on_device: ClassVar[bool] = True

    def cases(self, evidence: Evidence, question: Question) -> Cases:
        """Every length that was counted, the newest of each."""
        newest = _newest(_fitting(evidence.records.instructions, evidence, question))
        if too_long := _too_long(question, evidence.manifest):
            return Missing(*too_long, _conditions_asked(question))
        if not newest or all(_is_old(record, evidence) for record in newest):
            length = _length_flag(question.budget.length)
            name = shlex.quote(question.target.name)
            return Missing(
                f"instructions were never counted on {question.target.name}",
                f"edgekit devices emulate {name} && "
                f"edgekit profile {question.path} --device emulated-{name} --instructions{length}",
                _conditions_asked(question),
            )
        return tuple(
            Case(
                Estimate.exact(self.value(record)),
                f"{question.target.name}, length {record.length}, {record.runtime} {record.runtime_version}, 1 thread",
                Basis(age_days=age_of(record, evidence.now), day=record.taken_at[:10]),
            )
            for record in newest
        )


def _fitting(records: Iterable[_Kept], evidence: Evidence, question: Question) -> list[_Kept]:
    """The records of this very bundle, from devices of the target, under the conditions of the budget."""
    budget, length = question.budget, _run_length(evidence.manifest, question.budget.length)
    return [
        record
        for record in records
        if record.model_sha256 == evidence.model_sha256
        and record.content_hash == evidence.manifest.content_hash
        and question.target.matches(record.fingerprint)
        and budget.threads in (None, record.threads)
        and length in (None, record.length)
        and _is_possible(record, evidence.manifest)
    ]


def _is_possible(record: OfFile | ToolMeasurement, manifest: Manifest) -> bool:
    """Whether this bundle can have been run so: by a runtime of its format, at a length that it takes."""
    length = getattr(record, "length", None)
    fits = not isinstance(length, int) or length <= max(manifest.max_length, *manifest.lengths, 0)
    runtime = getattr(record, "runtime", None)
    of_format = {name for name, facts in RUNTIMES.items() if facts.format == manifest.format}
    return fits and (runtime is None or runtime in of_format)


def _newest(records: Sequence[_Kept]) -> list[_Kept]:
    """The newest record of each case."""
    return list({_case_of(record): record for record in sorted(records, key=lambda record: record.moment)}.values())


def _is_old(record: _Kept, evidence: Evidence) -> bool:
    return evidence.allowed.max_age is not None and evidence.now - record.moment > evidence.allowed.max_age


def _too_old(record: _Kept, evidence: Evidence) -> str:
    return f"it is {age_of(record, evidence.now):.1f} days old, over the greatest age that was asked for"


def _too_long(question: Question, manifest: Manifest) -> tuple[str, str] | None:
    """Why a length cannot be measured at all, and what helps; None where it can."""
    length = question.budget.length
    room = manifest.max_length - task_named(manifest.task).reserved
    if not isinstance(length, int) or length <= room:
        return None
    return (
        f"the bundle takes {room} tokens at most",
        f"name a length up to {room}, or export it with --max-length {length}",
    )


def _why_none(records: Sequence[OfFile], newest: Sequence[_Kept], evidence: Evidence, question: Question) -> str:
    """Why no measurement counts, and what was measured instead."""
    target = question.target.name
    if newest:
        age = min(age_of(record, evidence.now) for record in newest)
        return f"measured {age:.1f} days ago, which is over the greatest age that was asked for"
    own = [record for record in records if record.content_hash == evidence.manifest.content_hash]
    on_target = [record for record in own if question.target.matches(record.fingerprint)]
    if any(record.fingerprint.emulated for record in on_target):
        return f"no measurement on {target}, an emulated one does not count"
    if on_target:
        known = sorted({f"length {getattr(record, 'length', '')}, {_threads(record.threads)}" for record in on_target})
        return f"not measured under these conditions on {target}, but at {'; '.join(known)}"
    elsewhere = ", only on another class of device: name its target, as target=NAME, if that is meant" if own else ""
    return f"no measurement on {target}{elsewhere}"


def _is_load_unknown(record: Timed) -> bool:
    return all(
        value is None
        for moment in record.during
        for value in (moment.waited, moment.stolen, moment.others, moment.memory_stall)
    )


def _named(record: Timed) -> str:
    """The conditions of a budget that mean this case."""
    return f"length={record.length},threads={record.threads}"


def _of_decoder(part: TimedPart) -> Literal["first_token", "token"]:
    return "first_token" if part == "first_token" else "token"


def _case_of(record: OfFile | ToolMeasurement) -> tuple[object, ...]:
    """What makes two measurements two cases, and not an older and a newer one of the same."""
    machine = record.fingerprint
    which = (machine.device, machine.cpu_model, machine.ram_mb, record.threads)
    if isinstance(record, ToolMeasurement):
        return (*which, record.length, record.tool, record.affinity)
    length = getattr(record, "length", None)
    return (*which, length, record.runtime, getattr(record, "texts_sha256", None))


def _run_length(manifest: Manifest, length: int | str | None) -> int | str | None:
    """The length that an input of `length` tokens is run at: a file of static lengths pads it to the next one."""
    if not isinstance(length, int):
        return length
    return next((static for static in manifest.lengths if static >= length), length)


def _tool_case(
    record: ToolMeasurement,
    figure: Estimate,
    percentile: Literal["p50_ms", "p95_ms"],
    evidence: Evidence,
    question: Question,
) -> Case:
    """A benchmark program tells summaries only: what can be asked of its runs is their number and their time."""
    ever = ever_disturbed(record)
    doubts: list[str] = []
    notes: list[str] = []
    runs, invocations = sum(run.runs for run in record.invocations), len(record.invocations)
    seconds = sum(run.runs * run.mean_ms for run in record.invocations) / 1e3
    fewest = fewest_samples(95 if percentile == "p95_ms" else 50)
    if runs < fewest or seconds < LEAST_SECONDS:
        doubts.append(
            f"{runs} runs in {seconds:.2g} s are too little evidence: {fewest} in {LEAST_SECONDS:g} s are needed"
        )
    if ever and ever.throttled:
        (notes if evidence.allowed.throttled else doubts).append(ever.describe)
    if loaded := was_loaded(record):
        (notes if evidence.allowed.busy else doubts).append(loaded)
    if question.target.cooling == "none" and None in (record.before.throttled, record.after.throttled):
        doubts.append(f"{question.target.name} has no cooling, and the device does not say whether it was throttled")
    if _is_old(record, evidence):
        doubts.append(_too_old(record, evidence))
    where = f"{question.target.name}, length {record.length}, {_threads(record.threads)}"
    return Case(
        figure,
        f"{where}, the model alone, by {record.tool}",
        Basis(runs, invocations, seconds, age_of(record, evidence.now), day=record.taken_at[:10]),
        tuple(doubts),
        tuple(notes),
        _COOL if ever and ever.throttled else _QUIET if doubts else "",
        f"length={record.length},threads={record.threads}",
    )


def _needs_sustained_run(record: Timed, question: Question) -> bool:
    """Whether the device may have been throttled unseen: no cooling, no word of its own, no run that made it warm."""
    if question.target.cooling != "none" or sum(record.sustained_ms) >= 1e3 * SUSTAINED_SECONDS:
        return False
    return any(moment.throttled is None for moment in record.during) or not record.during


def _conditions(record: Timed, question: Question) -> str:
    return f"{question.target.name}, length {record.length}, {_threads(record.threads)}"


def _conditions_asked(question: Question) -> str:
    budget = question.budget
    length = f", length {budget.length}" if budget.length else ""
    return question.target.name + length + (f", {_threads(budget.threads)}" if budget.threads else "")


def _threads(count: int) -> str:
    return f"{count} {'thread' if count == 1 else 'threads'}"


def _length_flag(length: int | str | None) -> str:
    return f" --length {length}" if isinstance(length, int) else ""


def _profile(question: Question, flags: str, again: Timed | None = None) -> str:
    """The command that measures what was asked, or a record of it again."""
    budget = question.budget
    threads = again.threads if again else budget.threads or question.target.threads
    length = _length_flag(again.length if again else budget.length)
    return question.on_device(f"edgekit profile {question.path} --threads {threads}{length}{flags}")
