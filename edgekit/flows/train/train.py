"""Fine-tune and distill: from a checkpoint or nothing, and data, to a new checkpoint.

Started in several processes (`compress.processes`), all of them train and the main one alone writes and speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgekit.compress.distillation.distill import distill_classifier
from edgekit.compress.finetune import finetune_classifier
from edgekit.compress.language_models import TrainedOnText, distill_language_model, finetune_language_model
from edgekit.compress.training.distributed import is_main
from edgekit.compress.training.train import Trained
from edgekit.data.splits import load_data
from edgekit.data.token_blocks import load_text
from edgekit.errors import UsageError
from edgekit.flows.lineage import ended, next_step
from edgekit.flows.train.training_dir import training_folder
from edgekit.io.atomic import check_output, new_folder
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, open_checkpoint, resolve_task, save_checkpoint
from edgekit.models.registry import family
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.train_options import DistillOptions, FinetuneOptions, TrainOptions
from edgekit.schema.families import FAMILIES, usual_task
from edgekit.schema.shape import Scratch
from edgekit.tasks.registry import task_named
from edgekit.tasks.task import Task

# train(rows, work) -> model, tokenizer, how it ended, None where nothing was trained
Training = Callable[[Any, Path], tuple[Any, Any, Trained | TrainedOnText | None]]


def finetune(
    model: str | Path | ModelRef | Scratch,
    data: DataSpec,
    out: Path,
    options: FinetuneOptions | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Train a model on `data` and write it as a checkpoint to `out`.

    `model` is a folder, a hub id, or a `Scratch`. A classifier's data are rows with labels, and the epoch with the
    best validation accuracy is kept; a language model's are files of text, and that with the least perplexity.
    Raises `UsageError` for bad input or an existing `out`.
    """
    options = options or FinetuneOptions()
    start = model if isinstance(model, Scratch) else open_checkpoint(model)
    family(start.family)
    if options.tokenizer is not None and not isinstance(start, Scratch):
        raise UsageError("--tokenizer is for a model from scratch: a checkpoint has one", advice="leave it out")
    check_output(out, force=force, source=None if isinstance(start, Scratch) else start.path)
    told = progress if is_main() else SILENT
    language = (task_named(options.task) if options.task else task_of(start)).generates
    learn = finetune_language_model if language else finetune_classifier
    return make_checkpoint(
        "finetune",
        start,
        data,
        load_text(data) if language else load_data(data, progress=told),
        out,
        options,
        lambda rows, work: learn(start, rows, options, work=work, progress=told),
        force=force,
        progress=told,
    )


def distill(
    teacher: str | Path | ModelRef,
    data: DataSpec,
    out: Path,
    options: DistillOptions | None = None,
    *,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Train a student to follow the checkpoint `teacher` and write it to `out`.

    The student is cut from the teacher, starts at another checkpoint, or from nothing, as the options say. A language
    model's data are files of text. Raises `UsageError` for bad input, a student that cannot be made or cannot follow,
    or an existing `out`.
    """
    options = options or DistillOptions()
    start = open_checkpoint(teacher)
    check_output(out, force=force, source=start.path)
    _check_student(start, options)
    told = progress if is_main() else SILENT
    language = task_of(start).generates
    learn = distill_language_model if language else distill_classifier
    return make_checkpoint(
        "distill",
        start,
        data,
        load_text(data) if language else load_data(data, labels=start.labels, progress=told),
        out,
        options,
        lambda rows, work: learn(start, rows, options, work=work, progress=told),
        force=force,
        progress=told,
    )


def _check_student(teacher: Checkpoint, options: DistillOptions) -> None:
    """Raise `UsageError` for a student of a family that is not known; a teacher may be of any."""
    if options.scratch is not None:
        family(options.scratch.family)
    elif options.student_from is not None:
        family(open_checkpoint(options.student_from).family)
    elif teacher.family not in FAMILIES:
        raise UsageError(
            f"no student can be cut from a teacher of the family {teacher.family!r}",
            advice="--student-from CHECKPOINT, or --scratch family=...,layers=...",
        )
    elif options.student.family is not None:
        family(options.student.family)


def make_checkpoint(
    stage: str,
    start: Checkpoint | Scratch,
    data: DataSpec,
    rows: Any,
    out: Path,
    options: TrainOptions,
    training: Training,
    *,
    teacher: Checkpoint | None = None,
    force: bool,
    progress: Progress,
) -> Path:
    """Train, and write what came of it with its lineage; `teacher` is one that `training` follows beside `start`."""
    lineage = next_step(stage, options, start, data=data, rows=rows, teacher=teacher)
    with training_folder(out, lineage[-1]) as work:
        model, tokenizer, trained = training(rows, work)
        reached = ""
        if isinstance(trained, TrainedOnText):
            reached = f"perplexity {trained.validation_perplexity:.3f} on validation, "
            lineage = ended(lineage, None, trained.blocks, perplexity=trained.validation_perplexity)
        elif trained is not None:
            reached = f"{trained.validation_accuracy:.2f} % on validation, "
            lineage = ended(lineage, trained.validation_accuracy, len(rows.validation))
        if is_main():
            with new_folder(out, force=force) as folder:
                save_checkpoint(model, tokenizer, folder, lineage=lineage)
    progress.say(f"{stage}: {reached}{out}")
    return out


def task_of(start: Checkpoint | Scratch) -> Task:
    """What a model is for: a decoder predicts text unless it has been made a classifier; all others classify."""
    usual = usual_task(start.family)
    return resolve_task(start) if usual.generates and isinstance(start, Checkpoint) else usual
