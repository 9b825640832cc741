"""What a classifier, a checkpoint or a bundle, answers to the rows of a split, each through its own tokenizer.

Of a checkpoint `data.tokens` makes ids of a text and `models.classifier_logits` logits of the ids; of a bundle both
happen in `agent.inference.classifier`, here or on a device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.agent.inference.problem_type import USUAL_THRESHOLD, Answer, Head
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.data.splits import Data, Split, Unnumbered, read_data
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError, agent_errors
from edgekit.flows.evaluate.unseen import Seen, unseen_rows
from edgekit.io.progress import Progress
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions, SplitName


@dataclass(frozen=True)
class Answers:
    """The answers of a model to the rows of a split [rows], how it reads its logits, and what ran it.

    truncated: how many rows were longer than it takes;   sha256: its content hash
    seen:      which rows of the split were training rows, and how many of them were not asked about
    read:      the rows as they were read
    """

    data: Data
    split: SplitName
    head: Head
    answers: Sequence[Answer]
    truncated: int
    runtime: str
    sha256: str
    seen: Seen
    read: Unnumbered

    @property
    def rows(self) -> Split:
        """The rows that were answered."""
        return self.data.split(self.split)


def answers_of(
    model: BundleFolder | ModelRef,
    data: DataSpec | Unnumbered,
    options: EvaluateOptions,
    *,
    device: str | ConnectedDevice | None,
    progress: Progress,
) -> Answers:
    """Ask a model about the rows of `options.split`; arguments as of `evaluate.evaluate`.

    Raises `UsageError` for bad input, labels that the model lacks, or a checkpoint on a device; `DeviceError` when the
    device fails.
    """
    if not isinstance(model, BundleFolder):
        if device is not None:
            raise UsageError(
                f"{model.source} is no bundle: only a bundle runs on a device", advice="make one: edgekit export"
            )
        return _of_checkpoint(model, data, options, progress)
    if device is not None:
        return _on_device(model, data, device, options, progress)
    return _of_bundle(model, data, options, progress)


def _of_bundle(
    bundle: BundleFolder, data: DataSpec | Unnumbered, options: EvaluateOptions, progress: Progress
) -> Answers:
    from edgekit.agent.inference.classifier import load_classifier

    checked = bundle.checked()
    with agent_errors():
        classifier = load_classifier(checked, options.runtime, options.threads)
    read, rows, seen = _asked(bundle, data, options, progress)
    split = rows.split(options.split)
    answers: list[Answer] = []
    truncated = 0
    with agent_errors(), progress.task(f"evaluate {bundle.name}", len(split)) as advance:
        for index, pair in enumerate(split.pairs_of_text()):
            prediction = classifier.classify(*pair)
            answers.append(prediction.answer)
            truncated += prediction.truncated
            advance(index + 1)
    runtime = f"{classifier.session.runtime} {classifier.session.version}"
    return Answers(rows, options.split, checked.head, answers, truncated, runtime, checked.content_hash, seen, read)


def _on_device(
    bundle: BundleFolder,
    data: DataSpec | Unnumbered,
    device: str | ConnectedDevice,
    options: EvaluateOptions,
    progress: Progress,
) -> Answers:
    from edgekit.flows.evaluate.device_inference import classify_on_device

    manifest = bundle.manifest
    head = Head(manifest.labels, manifest.head, manifest.thresholds)
    read, rows, seen = _asked(bundle, data, options, progress)
    texts = rows.split(options.split).pairs_of_text()
    found = classify_on_device(bundle, head, texts, device, options, progress)
    return Answers(
        rows, options.split, head, found.answers, found.truncated, found.runtime, manifest.content_hash, seen, read
    )


def _asked(
    bundle: BundleFolder, data: DataSpec | Unnumbered, options: EvaluateOptions, progress: Progress
) -> tuple[Unnumbered, Data, Seen]:
    """The rows as they were read, those that a bundle is asked about, and which were training rows."""
    manifest, read = bundle.manifest, _read(data, progress)
    rows, seen = unseen_rows(
        read, manifest.labels, manifest.head, options.split, lineage=manifest.lineage, model=bundle.name
    )
    return read, rows, seen


def _of_checkpoint(
    model: ModelRef, data: DataSpec | Unnumbered, options: EvaluateOptions, progress: Progress
) -> Answers:
    import torch

    from edgekit.data.tokens import tokenize
    from edgekit.flows.lineage import checkpoint_sha256
    from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint
    from edgekit.models.checkpoint_checks import check_pairs
    from edgekit.models.classifier_logits import classifier_logits
    from edgekit.models.input_length import usable_length

    checkpoint = open_checkpoint(model)
    head = Head(checkpoint.labels, checkpoint.problem_type, (USUAL_THRESHOLD,) * len(checkpoint.labels))
    read = _read(data, progress)
    rows, seen = unseen_rows(
        read,
        checkpoint.labels,
        checkpoint.problem_type,
        options.split,
        lineage=checkpoint.extras.lineage,
        model=model.source,
    )
    split = rows.split(options.split)
    tokenizer = load_tokenizer(checkpoint)
    if split.pairs is not None:
        check_pairs(checkpoint.path, tokenizer.model_input_names)
    classifier = load_classifier(checkpoint)
    longest = usable_length(classifier, tokenizer, options.max_length)
    tokens = tokenize(tokenizer, split, longest, progress=progress)
    title = f"evaluate {checkpoint.path.name}"
    logits = classifier_logits(classifier, tokenizer, tokens, title=title, progress=progress)
    answers = [head.predict(row).answer for row in logits]
    runtime, sha256 = f"torch {torch.__version__}", checkpoint_sha256(checkpoint)
    return Answers(rows, options.split, head, answers, tokens.truncated, runtime, sha256, seen, read)


def _read(data: DataSpec | Unnumbered, progress: Progress) -> Unnumbered:
    return data if isinstance(data, Unnumbered) else read_data(data, progress=progress)
