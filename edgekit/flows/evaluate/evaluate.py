"""Evaluate: what a checkpoint or a bundle gets right, by the figures of its task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import overload

from edgekit.bundle.bundle_folder import BundleFolder, bundle_or_checkpoint
from edgekit.bundle.evaluation import Perplexity
from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.data.splits import Unnumbered, read_data
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError
from edgekit.flows.evaluate.accuracy import Evaluation, accuracy, problem_of_model, truncated_as
from edgekit.flows.evaluate.head_evaluation import evaluate_head, not_compared
from edgekit.flows.evaluate.perplexity import Baselines, perplexity
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import open_checkpoint
from edgekit.models.model_task import stated_task
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions
from edgekit.tasks.problem_type import SINGLE_LABEL

# a model as callers name it
Model = str | Path | ModelRef


@overload
def evaluate(
    what: Model | BundleFolder,
    data: Unnumbered,
    options: EvaluateOptions | None = None,
    *,
    against: Mapping[str, Model | Evaluation] | None = None,
    device: str | ConnectedDevice | None = None,
    record: bool = True,
    progress: Progress = SILENT,
) -> Evaluation | LabelSets | Numbers: ...


@overload
def evaluate(
    what: Model | BundleFolder,
    data: str | Path | DataSpec,
    options: EvaluateOptions | None = None,
    *,
    against: Baselines,
    device: str | ConnectedDevice | None = None,
    record: bool = True,
    progress: Progress = SILENT,
) -> Perplexity: ...


@overload
def evaluate(
    what: Model | BundleFolder,
    data: str | Path | DataSpec,
    options: EvaluateOptions | None = None,
    *,
    against: Mapping[str, Model | Evaluation] | None = None,
    device: str | ConnectedDevice | None = None,
    record: bool = True,
    progress: Progress = SILENT,
) -> Evaluation | Perplexity | LabelSets | Numbers: ...


def evaluate(
    what: Model | BundleFolder,
    data: str | Path | DataSpec | Unnumbered,
    options: EvaluateOptions | None = None,
    *,
    against: Mapping[str, Model | Evaluation] | Baselines | None = None,
    device: str | ConnectedDevice | None = None,
    record: bool = True,
    progress: Progress = SILENT,
) -> Evaluation | Perplexity | LabelSets | Numbers:
    """Measure a bundle or a checkpoint: the accuracy of a classifier, the perplexity of a language model.

    A multi-label model gives the F1 of its sets of labels (`LabelSets`), a regression its errors (`Numbers`); neither
    is compared with other models.

    data:    rows with labels for a classifier, files of text for a language model, as `--data` names them; or rows
             that were read (`data.splits.read_data`), where several classifiers answer the same
    against: models to compare with by name, row by row or window by window. A classifier's may be evaluations on the
             same rows; others it has run on rows cut where a bundle cuts them. `Baselines` are a language model's
    device:  where a bundle is run, its golden cases first (`ParityError`): a name, or a device that was entered; None
             runs it in this process
    record:  whether the figures of a bundle are kept in its manifest; else nothing is written into the bundle
    Raises `UsageError` for bad input or labels the model lacks, `DeviceError` when the device fails, `ToolError` for a
    language model that gives no probabilities.
    """
    model, options = bundle_or_checkpoint(what), options or EvaluateOptions()
    data = DataSpec.from_text(str(data)) if isinstance(data, (str, Path)) else data
    if is_language_model(model):
        if isinstance(data, Unnumbered):
            raise UsageError(f"{model} is a language model: it is evaluated on a text", advice="give files of text")
        baselines = against if isinstance(against, Baselines) else Baselines(_models(against or {}))
        return perplexity(model, data, options, against=baselines, device=device, record=record, progress=progress)
    if isinstance(against, Baselines):
        raise UsageError(f"{model} is a classifier: it is not compared by perplexity", advice="name models, or none")
    if problem_of_model(model) != SINGLE_LABEL:
        if against:
            raise not_compared(model)
        return evaluate_head(model, data, options, device=device, record=record, progress=progress)
    rows = read_data(data, progress=progress) if isinstance(data, DataSpec) and against else data
    known = _evaluations(model, rows, options, against or {}, progress)
    return accuracy(model, rows, options, against=known, device=device, record=record, progress=progress)


def is_language_model(model: ModelRef | BundleFolder) -> bool:
    """Whether a model is a language model: as its manifest says, or what was said of it, or the class it names."""
    task = model.task if isinstance(model, BundleFolder) else stated_task(open_checkpoint(model))
    return task is not None and task.generates


def _evaluations(
    model: ModelRef | BundleFolder,
    rows: DataSpec | Unnumbered,
    options: EvaluateOptions,
    against: Mapping[str, Model | Evaluation],
    progress: Progress,
) -> dict[str, Evaluation]:
    """What a classifier's baselines make of the rows; what is given as an evaluation is taken as it is."""
    evaluations: dict[str, Evaluation] = {}
    cut = truncated_as(model, options) if against else options
    for name, other in against.items():
        if not isinstance(other, Evaluation):
            other = accuracy(other, rows, cut, record=False, progress=progress)
        evaluations[name] = other
    return evaluations


def _models(against: Mapping[str, Model | Evaluation]) -> dict[str, Model]:
    """A language model's baselines; `UsageError` for an evaluation, which is a classifier's."""
    models: dict[str, Model] = {}
    for name, other in against.items():
        if isinstance(other, Evaluation):
            raise UsageError(f"{name} is a classifier's evaluation: a language model is compared with models")
        models[name] = other
    return models
