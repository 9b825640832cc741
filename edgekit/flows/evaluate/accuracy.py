"""Accuracy of a classifier, a checkpoint or a bundle, on labelled rows, each through its own tokenizer.

The way of a row to an accuracy: `data.files` reads it from its file (opened by `data.encoding`), `data.table` finds
the text and the label in it (`data.columns`) and keeps them outside memory (`data.ragged`), `data.splits`
numbers the label. `flows.evaluate.answers` asks the model. `measure.statistics.proportions` makes an accuracy of all
rows, which `bundle.evaluation` defines and the manifest keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder, bundle_or_checkpoint
from edgekit.bundle.evaluation import Accuracy, Drop
from edgekit.data.splits import Unnumbered
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError
from edgekit.flows.evaluate.answers import Answers, answers_of
from edgekit.flows.evaluate.simple_baseline import bag_of_words_accuracy
from edgekit.io.progress import SILENT, Progress
from edgekit.measure.accuracy.classification import ConfusedPair, class_scores, scores, worst_pairs
from edgekit.measure.accuracy.paired import compare, unchanged
from edgekit.measure.statistics.estimate import ends
from edgekit.measure.statistics.proportions import share
from edgekit.models.checkpoint import open_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions
from edgekit.tasks.problem_type import PROBLEMS, SINGLE_LABEL, ProblemType


@dataclass(frozen=True)
class Evaluation:
    """The accuracy of one model, and label numbers row by row: what was expected and what it said.

    sha256: which model it was: the content hash of a checkpoint or of a bundle
    """

    accuracy: Accuracy
    labels: tuple[str, ...]
    expected: list[int]
    predicted: list[int]
    sha256: str

    @property
    def right(self) -> list[bool]:
        """Whether each row was classified correctly."""
        return [wanted == given for wanted, given in zip(self.expected, self.predicted, strict=True)]

    def confused(self, count: int | None = 10) -> tuple[ConfusedPair, ...]:
        """The pairs of labels that were confused most; all of them where `count` is None."""
        return worst_pairs(self.labels, self.expected, self.predicted, count)


def accuracy(
    what: str | Path | ModelRef | BundleFolder,
    data: DataSpec | Unnumbered,
    options: EvaluateOptions | None = None,
    *,
    against: dict[str, Evaluation] | None = None,
    device: str | ConnectedDevice | None = None,
    record: bool = True,
    progress: Progress = SILENT,
) -> Evaluation:
    """Classify the rows of a split with `what`, a bundle or a checkpoint.

    data:    rows to read, or such as were read (`data.splits.read_data`), where several models answer the same
    against: evaluations on the same rows by the name of their model; the accuracy lost to each is compared in pairs
    device:  where a bundle is run, its golden cases first (`ParityError`): a name, or a device that was entered; None
             runs it in this process
    record:  whether the accuracy of a bundle is kept in its manifest; else nothing is written into the bundle
    Raises `UsageError` for bad input, labels the model lacks, or a model of several labels or of numbers;
    `DeviceError` when the device fails.
    """
    options = options or EvaluateOptions()
    model = bundle_or_checkpoint(what)
    _require_single_label(model)
    bundle = model if isinstance(model, BundleFolder) else None
    if bundle is not None and record:
        bundle.check_writable()
    found = answers_of(model, data, options, device=device, progress=progress)
    numbers = {label: index for index, label in enumerate(found.data.labels)}
    predicted = [numbers[str(label)] for label in found.answers]
    expected = [int(label) for label in found.rows.labels]
    simple = bag_of_words_accuracy(found.read, found.split, progress)
    measured = _accuracy(found, expected, predicted, None if bundle is None else found.sha256)
    measured = measured.model_copy(update={"bag_of_words": simple})
    evaluation = Evaluation(measured, found.data.labels, expected, predicted, found.sha256)
    if against:
        drops = tuple(_drop(name, baseline, evaluation) for name, baseline in against.items())
        evaluation = replace(evaluation, accuracy=measured.model_copy(update={"drops": drops}))
    if bundle is not None and record:
        bundle.record(evaluation.accuracy)
    return evaluation


def problem_of_model(model: ModelRef | BundleFolder) -> ProblemType:
    """What the logits of a classifier mean."""
    return model.manifest.head if isinstance(model, BundleFolder) else open_checkpoint(model).problem_type


def truncated_as(what: str | Path | ModelRef | BundleFolder, options: EvaluateOptions) -> EvaluateOptions:
    """The options for baselines of `what`: cut where a bundle cuts, so that what is lost is not lost to more text.

    Raises `UsageError` for a damaged bundle: before the baselines are asked, which takes longer than it.
    """
    model = bundle_or_checkpoint(what)
    return options.cut_at(model.checked().max_length) if isinstance(model, BundleFolder) else options


def _accuracy(answers: Answers, expected: list[int], predicted: list[int], content_hash: str | None) -> Accuracy:
    data, split = answers.data, answers.split
    right = sum(wanted == given for wanted, given in zip(expected, predicted, strict=True))
    estimate = share(right, len(expected))
    found = scores(expected, predicted, data.labels)
    low, high = ends(estimate, 0.0, 100.0)
    macro_f1_low, macro_f1_high = ends(found.macro_f1, 0.0, 100.0)
    mcc_low, mcc_high = ends(found.mcc, -1.0, 1.0)
    return Accuracy(
        data=f"{data.name}/{split}",
        split=split,
        data_sha256=data.sha256[split],
        content_hash=content_hash,
        rows=len(expected),
        truncated=answers.truncated,
        training_rows=answers.seen.training_rows,
        left_out=answers.seen.left_out,
        accuracy=estimate.value,
        low=low,
        high=high,
        macro_f1=found.macro_f1.value,
        macro_f1_low=macro_f1_low,
        macro_f1_high=macro_f1_high,
        macro_f1_doubt=found.macro_f1.doubt,
        mcc=found.mcc.value,
        mcc_low=mcc_low,
        mcc_high=mcc_high,
        classes=class_scores(data.labels, expected, predicted),
        runtime=answers.runtime,
    )


def _drop(name: str, baseline: Evaluation, evaluation: Evaluation) -> Drop:
    mine, theirs = evaluation.accuracy, baseline.accuracy
    if (mine.data_sha256, mine.left_out) != (theirs.data_sha256, theirs.left_out):
        raise UsageError(f"{name} was evaluated on other rows: accuracies can be compared on the same rows only")
    # two models may number the same labels in another order
    numbers = {label: number for number, label in enumerate(dict.fromkeys([*evaluation.labels, *baseline.labels]))}
    before = [numbers[baseline.labels[label]] for label in baseline.predicted]
    after = [numbers[evaluation.labels[label]] for label in evaluation.predicted]
    found = compare([numbers[evaluation.labels[label]] for label in evaluation.expected], before, after)
    same = unchanged(before, after)
    low, high = ends(found.accuracy, -100.0, 100.0)
    bootstrap_low, bootstrap_high = ends(found.accuracy_bootstrap, -100.0, 100.0)
    macro_f1_low, macro_f1_high = ends(found.macro_f1, -100.0, 100.0)
    unchanged_low, unchanged_high = ends(same, 0.0, 100.0)
    return Drop(
        baseline=name,
        baseline_sha256=baseline.sha256,
        baseline_accuracy=baseline.accuracy.accuracy,
        points=found.accuracy.value,
        low=low,
        high=high,
        lost=found.lost,
        gained=found.gained,
        p_value=found.p_value,
        bootstrap_low=bootstrap_low,
        bootstrap_high=bootstrap_high,
        macro_f1_points=found.macro_f1.value,
        macro_f1_low=macro_f1_low,
        macro_f1_high=macro_f1_high,
        unchanged_pct=same.value,
        unchanged_low=unchanged_low,
        unchanged_high=unchanged_high,
    )


def _require_single_label(model: ModelRef | BundleFolder) -> None:
    """Raise `UsageError` for a model whose logits mean something else: an accuracy of it would mean nothing."""
    found = problem_of_model(model)
    if found != SINGLE_LABEL:
        name = model.path if isinstance(model, BundleFolder) else model.source
        raise UsageError(f"{name} is a {PROBLEMS[found]}: it has no accuracy")
