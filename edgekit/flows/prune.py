"""Prune: from a checkpoint to one with fewer heads and narrower feed-forward layers."""

from __future__ import annotations

from pathlib import Path

from edgekit.flows.lineage import next_step
from edgekit.flows.work import training_folder
from edgekit.spec.atomic import check_output, new_folder
from edgekit.spec.data_options import DataSpec
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.train_options import PruneOptions


def prune(
    model: str | Path | ModelRef,
    data: DataSpec,
    out: Path,
    options: PruneOptions | None = None,
    *,
    teacher: str | Path | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Cut the least important heads and FFN neurons from the checkpoint `model` and write it to `out`.

    It recovers by following `teacher`, or itself as it was. Raises `UsageError` for bad input or an existing `out`.
    """
    from edgekit.compress.prune import prune_classifier
    from edgekit.data.splits import load_data
    from edgekit.models.checkpoint import open_checkpoint, save_checkpoint

    options = options or PruneOptions()
    start = open_checkpoint(model)
    check_output(out, force=force, source=start.path)
    guide = open_checkpoint(teacher) if teacher is not None else None
    rows = load_data(data, labels=start.labels)
    lineage = next_step("prune", options, before=start, data=rows, teacher=guide)
    with training_folder(out, lineage[-1]) as work:
        pruned, tokenizer, trained = prune_classifier(
            start, rows, options, teacher=guide, work=work, progress=progress
        )
        with new_folder(out, force=force) as folder:
            save_checkpoint(pruned, tokenizer, folder, lineage=lineage)
    if trained is not None:
        progress.say(f"prune: {trained.validation_accuracy:.2f} % on validation, {out}")
    return out
