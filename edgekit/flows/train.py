"""Fine-tune and distill: from a checkpoint or nothing, and data, to a new checkpoint."""

from __future__ import annotations

from pathlib import Path

from edgekit.flows.lineage import next_step
from edgekit.flows.work import training_folder
from edgekit.spec.atomic import check_output, new_folder
from edgekit.spec.data_options import DataSpec
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.shape import Scratch
from edgekit.spec.train_options import DistillOptions, FinetuneOptions


def finetune(
    model: str | Path | ModelRef | Scratch,
    data: DataSpec,
    out: Path,
    options: FinetuneOptions | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Train a classifier on `data` and write it as a checkpoint to `out`.

    `model` is a folder, a hub id, or a `Scratch`. The epoch with the best validation accuracy is kept.
    Raises `UsageError` for bad input or an existing `out`.
    """
    from edgekit.compress.finetune import finetune_classifier
    from edgekit.data.splits import load_data
    from edgekit.models.checkpoint import open_checkpoint, save_checkpoint

    options = options or FinetuneOptions()
    start = model if isinstance(model, Scratch) else open_checkpoint(model)
    before = None if isinstance(start, Scratch) else start
    check_output(out, force=force, source=before.path if before else None)
    rows = load_data(data)
    scratch = start if isinstance(start, Scratch) else None
    lineage = next_step("finetune", options, before=before, data=rows, scratch=scratch)
    with training_folder(out, lineage[-1]) as work:
        trained_model, tokenizer, trained = finetune_classifier(start, rows, options, work=work, progress=progress)
        with new_folder(out, force=force) as folder:
            save_checkpoint(trained_model, tokenizer, folder, lineage=lineage)
    progress.say(f"finetune: {trained.validation_accuracy:.2f} % on validation, {out}")
    return out


def distill(
    teacher: str | Path | ModelRef,
    data: DataSpec,
    out: Path,
    options: DistillOptions | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Cut a student from the checkpoint `teacher`, train it to follow, and write it to `out`.

    Raises `UsageError` for bad input, a student larger than its teacher, or an existing `out`.
    """
    from edgekit.compress.distill import distill_classifier
    from edgekit.data.splits import load_data
    from edgekit.models.checkpoint import open_checkpoint, save_checkpoint

    options = options or DistillOptions()
    start = open_checkpoint(teacher)
    check_output(out, force=force, source=start.path)
    rows = load_data(data, labels=start.labels)
    lineage = next_step("distill", options, before=start, data=rows)
    with training_folder(out, lineage[-1]) as work:
        student, tokenizer, trained = distill_classifier(start, rows, options, work=work, progress=progress)
        with new_folder(out, force=force) as folder:
            save_checkpoint(student, tokenizer, folder, lineage=lineage)
    progress.say(f"distill: {trained.validation_accuracy:.2f} % on validation, {out}")
    return out
