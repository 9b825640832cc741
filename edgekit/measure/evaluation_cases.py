"""Cases from what a manifest says of a bundle: its size, its accuracy on rows, its perplexity on a text."""

from __future__ import annotations

import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from edgekit.bundle.evaluation import Accuracy, Drop, Increase
from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.bundle.manifest import Evaluated, Manifest, Step
from edgekit.errors import UsageError
from edgekit.measure.evaluation_choice import Ambiguous, Elsewhere, on_data
from edgekit.measure.evidence import Basis, Case, Cases, Evidence, Missing, Question
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.budget import Budget

_Record = TypeVar("_Record", bound=Evaluated)
_OfRows = TypeVar("_OfRows", bound=Accuracy | LabelSets | Numbers)
_Comparison = TypeVar("_Comparison", Drop, Increase)

# rows that were cut change an accuracy; fewer than these change it less than an interval of any test set
TRUNCATED_SHARE = 0.01


@dataclass(frozen=True, kw_only=True)
class FileSource:
    """A figure of the bundle's files, which is exact."""

    value: Callable[[Manifest], float]
    describe: str

    conditions: ClassVar[frozenset[str]] = frozenset({"target", "format"})
    required: ClassVar[frozenset[str]] = frozenset()
    on_device: ClassVar[bool] = False

    def cases(self, evidence: Evidence, question: Question) -> Cases:
        """The one case that there is."""
        return (Case(Estimate.exact(self.value(evidence.manifest)), self.describe),)


@dataclass(frozen=True, kw_only=True)
class RowsSource(ABC, Generic[_OfRows]):
    """A figure of an evaluation on labelled rows.

    value: the figure, or in words why this record cannot tell it
    """

    value: Callable[[_OfRows, Budget], Estimate | str]
    required: frozenset[str] = frozenset()

    on_device: ClassVar[bool] = False

    @property
    def conditions(self) -> frozenset[str]:
        """What it takes; the class, where it is a figure of one class."""
        return frozenset({"target", "format", "data"}) | self.required

    @abstractmethod
    def records(self, manifest: Manifest) -> tuple[_OfRows, ...]:
        """The evaluations that have the figure."""

    def cases(self, evidence: Evidence, question: Question) -> Cases:
        """The evaluation on the rows that count."""
        advice = f"edgekit evaluate {question.path} --data DATA"
        records = _chosen(self.records(evidence.manifest), evidence, question, advice)
        if isinstance(records, Missing):
            return records
        record = records[-1]
        if seen := _seen(record, evidence.manifest.lineage):
            return Missing(seen, f"{advice}, with the training rows in it: they are left out then")
        figure = self.value(record, question.budget)
        if isinstance(figure, str):
            return Missing(figure, advice)
        label = f"label {question.budget.label}, " if question.budget.label else ""
        return (_case(figure, f"{label}{_counted(record.rows)} of {record.data}", record, advice),)


class AccuracySource(RowsSource[Accuracy]):
    """A figure of a single-label classifier."""

    def records(self, manifest: Manifest) -> tuple[Accuracy, ...]:
        """See `RowsSource`."""
        return manifest.accuracy


class LabelSetsSource(RowsSource[LabelSets]):
    """A figure of a multi-label classifier."""

    def records(self, manifest: Manifest) -> tuple[LabelSets, ...]:
        """See `RowsSource`."""
        return manifest.label_sets


class ClassesSource(RowsSource[Accuracy | LabelSets]):
    """A figure of classes, of either."""

    def records(self, manifest: Manifest) -> tuple[Accuracy | LabelSets, ...]:
        """See `RowsSource`."""
        return (*manifest.accuracy, *manifest.label_sets)


class NumbersSource(RowsSource[Numbers]):
    """A figure of a regression."""

    def records(self, manifest: Manifest) -> tuple[Numbers, ...]:
        """See `RowsSource`."""
        return manifest.numbers


@dataclass(frozen=True, kw_only=True)
class ComparisonSource:
    """A figure of an evaluation against another model on the same rows."""

    value: Callable[[Drop], Estimate]

    conditions: ClassVar[frozenset[str]] = frozenset({"target", "format", "data", "baseline"})
    required: ClassVar[frozenset[str]] = frozenset()
    on_device: ClassVar[bool] = False

    def cases(self, evidence: Evidence, question: Question) -> Cases:
        """The comparison with the baseline on the rows that count."""
        wanted, advice = _baseline(question, "DATA")
        records = _chosen(evidence.manifest.accuracy, evidence, question, advice)
        if isinstance(records, Missing):
            return records
        record = records[-1]
        if seen := _seen(record, evidence.manifest.lineage):
            return Missing(seen, f"{advice}, with the training rows in it: they are left out then")
        drop = _compared(record.drops, evidence, wanted, advice)
        if isinstance(drop, Missing):
            return drop
        figure = self.value(drop)
        return (_case(figure, f"against {wanted}, {_counted(record.rows)} of {record.data}", record, advice),)


@dataclass(frozen=True, kw_only=True)
class PerplexitySource:
    """A figure of a language model on a text against another model on the same.

    value: the figure, or in words why this comparison cannot tell it
    """

    value: Callable[[Increase], Estimate | str]

    conditions: ClassVar[frozenset[str]] = frozenset({"target", "format", "data", "baseline"})
    required: ClassVar[frozenset[str]] = frozenset()
    on_device: ClassVar[bool] = False

    def cases(self, evidence: Evidence, question: Question) -> Cases:
        """The comparison with the baseline on the text that counts; of several contexts the newest compared."""
        wanted, advice = _baseline(question, "TEXT")
        records = _chosen(evidence.manifest.perplexity, evidence, question, advice)
        if isinstance(records, Missing):
            return records
        compared = [record for record in records if any(found.baseline == wanted for found in record.increases)]
        if not compared:
            return Missing(f"never compared with {wanted}", advice)
        record = compared[-1]
        learned = {step.inputs["text.train"] for step in evidence.manifest.lineage if "text.train" in step.inputs}
        if record.split == "train" or record.data_sha256 in learned:
            return Missing(f"{record.data} is the text that it was trained on: the figures are too good", advice)
        found = _compared(record.increases, evidence, wanted, advice)
        if isinstance(found, Missing):
            return found
        figure = self.value(found)
        if isinstance(figure, str):
            return Missing(figure, advice)
        where = f"against {wanted}, {record.tokens:,} tokens of {record.data}, windows of {record.context}"
        return (Case(figure, where, Basis(rows=record.tokens), _doubts(figure), (), advice if figure.doubt else ""),)


def _baseline(question: Question, data: str) -> tuple[str, str]:
    """The name of the model that a budget compares with, and the command that compares on `data`."""
    wanted = question.budget.baseline or "teacher"
    return wanted, f"edgekit evaluate {question.path} --data {data} --against {shlex.quote(wanted)}=CHECKPOINT"


def _chosen(
    records: tuple[_Record, ...], evidence: Evidence, question: Question, advice: str
) -> tuple[_Record, ...] | Missing:
    """The evaluations on the data that counts, or why there is none; `UsageError` where nothing says which it is."""
    budget = question.budget
    if not records:
        return Missing("never evaluated", advice, _conditions_asked(budget))
    if budget.data is None and evidence.allowed.data_sha256 is not None:
        own = tuple(record for record in records if record.data_sha256 == evidence.allowed.data_sha256)
        return own or Missing("never evaluated on the test rows of the recipe", advice, _conditions_asked(budget))
    found = on_data(records, budget.data, evidence.manifest.lineage)
    if isinstance(found, Elsewhere):
        reason = f"evaluated on {' and '.join(found.names)} alone, and its lineage names other test rows"
        named = budget.model_copy(update={"data": found.names[-1]})
        return Missing(
            reason, f"{advice}, or if these rows are meant: --budget {named.text}", _conditions_asked(budget)
        )
    if isinstance(found, Ambiguous):
        ways = " or ".join(f"--budget {budget.model_copy(update={'data': name}).text}" for name in found.names)
        raise UsageError(
            f"{question.bundle} was evaluated on {len(found.names)} data sets, and neither the budget on "
            f"{budget.metric} nor the lineage says which counts",
            advice=ways,
        )
    return found or Missing(f"never evaluated on {budget.data or 'test rows'}", advice, _conditions_asked(budget))


def _conditions_asked(budget: Budget) -> str:
    """What a budget asks for beside its limit, in words."""
    conditions = {"label": budget.label, "on": budget.data, "against": budget.baseline}
    return ", ".join(f"{word} {value}" for word, value in conditions.items() if value)


def _compared(found: Iterable[_Comparison], evidence: Evidence, wanted: str, advice: str) -> _Comparison | Missing:
    """The comparison with the baseline of this name; a teacher must be the very one that taught the bundle."""
    compared = next((each for each in found if each.baseline == wanted), None)
    if compared is None:
        return Missing(f"never compared with {wanted}", advice)
    teachers = _teachers(evidence.manifest.lineage) if wanted == "teacher" else set()
    if not teachers or compared.baseline_sha256 in teachers:
        return compared
    which = "another model" if compared.baseline_sha256 else "a model whose hash was not recorded"
    return Missing(f"what it was compared with as teacher is {which}, not the one that taught it", advice)


def _teachers(lineage: Iterable[Step]) -> set[str]:
    """The content hashes of the checkpoints that taught on the way to a bundle: a distillation begins with its own."""
    steps = ((step, "checkpoint" if step.stage == "distill" else "teacher") for step in lineage)
    return {step.inputs[name] for step, name in steps if name in step.inputs}


def _seen(record: Accuracy | LabelSets | Numbers, lineage: Iterable[Step]) -> str:
    """Why nothing can be judged by rows of which some, that were not left out, are training rows; nothing else."""
    name = f"data.{record.split}"
    named = [step.shared.get(record.split, 0) for step in lineage if step.inputs.get(name) == record.data_sha256]
    seen = max([record.training_rows, *named]) - record.left_out
    if not seen:
        return ""
    which = "all" if seen >= record.rows else f"{seen:,} of the"
    return (
        f"{which} {_counted(record.rows)} of {record.data} are rows that it was trained on: the figures are too good"
    )


def _case(figure: Estimate, conditions: str, record: Accuracy | LabelSets | Numbers, advice: str) -> Case:
    share = record.truncated / record.rows
    notes = [f"{100 * share:.1f} % of the rows were cut to the model's length"] if share > TRUNCATED_SHARE else []
    if record.left_out:
        notes.append(f"{_counted(record.left_out)} left out that it was trained on")
    return Case(
        figure, conditions, Basis(rows=record.rows), _doubts(figure), tuple(notes), advice if figure.doubt else ""
    )


def _counted(rows: int) -> str:
    return f"{rows:,} {'row' if rows == 1 else 'rows'}"


def _doubts(figure: Estimate) -> tuple[str, ...]:
    return (figure.doubt,) if figure.doubt else ()
