"""Evaluate: accuracy of a checkpoint or a bundle on labelled rows, each through its own tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit.measure.statistics import accuracy, accuracy_drop, macro_f1
from edgekit.spec.agent_errors import agent_errors
from edgekit.spec.atomic import write_text
from edgekit.spec.data_options import DataSpec
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import Accuracy, Drop, Manifest
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.stage_options import EvaluateOptions

# labels, name and hash of the rows, expected and predicted label numbers, and what ran the model
_Rows = tuple[tuple[str, ...], str, str, list[int], list[int], str]


@dataclass(frozen=True)
class Evaluation:
    """The accuracy of one model, and label numbers row by row: what was expected and what it said."""

    accuracy: Accuracy
    labels: tuple[str, ...]
    expected: list[int]
    predicted: list[int]

    @property
    def right(self) -> list[bool]:
        """Whether each row was classified correctly."""
        return [wanted == given for wanted, given in zip(self.expected, self.predicted, strict=True)]


def evaluate(
    what: str | Path | ModelRef,
    data: DataSpec,
    options: EvaluateOptions | None = None,
    *,
    against: dict[str, Evaluation] | None = None,
    progress: Progress = SILENT,
) -> Evaluation:
    """Classify the rows of a split with `what`, a bundle or a checkpoint.

    against: evaluations on the same rows by the name of their model; the accuracy lost to each is compared in pairs
    The accuracy of a bundle is kept in its manifest. Raises `UsageError` for bad input or labels the model lacks.
    """
    options = options or EvaluateOptions()
    reference = ModelRef.of(what)
    bundle = (reference.path / "manifest.json").is_file()
    run = _run_bundle if bundle else _run_checkpoint
    labels, name, sha256, expected, predicted, runtime = run(reference, data, options, progress)
    estimate = accuracy(sum(a == b for a, b in zip(expected, predicted, strict=True)), len(expected))
    record = Accuracy(
        data=f"{name}/{options.split}",
        split=options.split,
        data_sha256=sha256,
        rows=len(expected),
        accuracy=estimate.value,
        low=estimate.low,
        high=estimate.high,
        macro_f1=macro_f1(expected, predicted),
        runtime=runtime,
    )
    evaluation = Evaluation(record, labels, expected, predicted)
    if against:
        drops = tuple(_drop(name, baseline, evaluation) for name, baseline in against.items())
        evaluation = Evaluation(record.model_copy(update={"drops": drops}), labels, expected, predicted)
    if bundle:
        record_accuracy(reference.path, evaluation.accuracy)
    return evaluation


def _drop(name: str, baseline: Evaluation, evaluation: Evaluation) -> Drop:
    if baseline.accuracy.data_sha256 != evaluation.accuracy.data_sha256:
        raise UsageError(f"{name} was evaluated on other rows: accuracies can be compared on the same rows only")
    lost = accuracy_drop(baseline.right, evaluation.right)
    return Drop(
        baseline=name, baseline_accuracy=baseline.accuracy.accuracy, points=lost.value, low=lost.low, high=lost.high
    )


def _run_bundle(model: ModelRef, data: DataSpec, options: EvaluateOptions, progress: Progress) -> _Rows:
    from edgekit.agent.classifier import open_classifier
    from edgekit.data.splits import load_data

    folder = model.path
    with agent_errors():
        classifier = open_classifier(folder, options.runtime, options.threads)
    labels = classifier.bundle.labels
    rows = load_data(data, labels=labels)
    split = rows.split(options.split)
    numbers = {label: index for index, label in enumerate(labels)}
    predicted = []
    with agent_errors(), progress.task(f"evaluate {folder.name}", len(split)) as advance:
        for index, text in enumerate(split.texts):
            pair = split.pairs[index] if split.pairs is not None else None
            predicted.append(numbers[classifier.classify(text, pair).label])
            advance(index + 1)
    runtime = f"{classifier.session.runtime} {classifier.session.version}"
    return tuple(labels), rows.name, rows.sha256[options.split], split.labels, predicted, runtime


def _run_checkpoint(model: ModelRef, data: DataSpec, options: EvaluateOptions, progress: Progress) -> _Rows:
    import torch

    from edgekit.data.logits import classifier_logits
    from edgekit.data.splits import load_data
    from edgekit.data.tokens import tokenize, usable_length
    from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint

    checkpoint = open_checkpoint(model)
    rows = load_data(data, labels=checkpoint.labels)
    split = rows.split(options.split)
    tokenizer = load_tokenizer(checkpoint)
    classifier = load_classifier(checkpoint)
    tokens = tokenize(tokenizer, split, usable_length(classifier, tokenizer, options.max_length))
    title = f"evaluate {checkpoint.path.name}"
    logits = classifier_logits(classifier, tokenizer, tokens, title=title, progress=progress)
    predicted = [int(label) for label in logits.argmax(-1)]
    sha256 = rows.sha256[options.split]
    return checkpoint.labels, rows.name, sha256, split.labels, predicted, f"torch {torch.__version__}"


def record_accuracy(bundle: Path, record: Accuracy) -> None:
    """Write the accuracy into the manifest, in place of an earlier one on the same rows.

    What the earlier one lost against baselines that were not compared with this time is kept, if the same runtime ran.
    """
    path = bundle / "manifest.json"
    manifest = Manifest.read(path)
    others = tuple(kept for kept in manifest.accuracy if _rows(kept) != _rows(record))
    earlier = (kept for kept in manifest.accuracy if (_rows(kept), kept.runtime) == (_rows(record), record.runtime))
    drops = {drop.baseline: drop for kept in (*earlier, record) for drop in kept.drops}
    record = record.model_copy(update={"drops": tuple(drops.values())})
    write_text(path, manifest.model_copy(update={"accuracy": (*others, record)}).dump())


def _rows(record: Accuracy) -> tuple[str, str]:
    return record.split, record.data_sha256
