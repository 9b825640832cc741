"""Fine-tune and distill: from a checkpoint or nothing, and data, to a new checkpoint."""

from __future__ import annotations

from pathlib import Path

from edgekit.compress.distillation.distill import distill_classifier
from edgekit.compress.distillation.distill_language_model import distill_language_model
from edgekit.compress.finetune import finetune_classifier, finetune_language_model
from edgekit.compress.training.distributed import is_main
from edgekit.data.splits import Data, Unnumbered, load_data, read_data
from edgekit.data.token_blocks import load_text
from edgekit.errors import UsageError
from edgekit.flows.train.training_stage import TrainingStage
from edgekit.io.atomic import check_output
from edgekit.io.progress import SILENT, Progress, Timed
from edgekit.models.checkpoint import Checkpoint, open_checkpoint
from edgekit.models.library_logs import drop_known_warnings
from edgekit.models.model_task import trained_task
from edgekit.models.registry import family
from edgekit.options.data_options import DataSpec
from edgekit.options.input_files import input_files
from edgekit.options.model_ref import ModelRef
from edgekit.options.train_options import DistillOptions, FinetuneOptions
from edgekit.parts import require_torch
from edgekit.schema.families import FAMILIES
from edgekit.schema.shape import Scratch
from edgekit.tasks.problem_type import ProblemType


def finetune(
    model: str | Path | ModelRef | Scratch,
    data: DataSpec,
    out: str | Path,
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
    require_torch()
    out = Path(out)
    drop_known_warnings()
    options = options or FinetuneOptions()
    start = model if isinstance(model, Scratch) else open_checkpoint(model)
    family(start.family)
    if options.tokenizer is not None and not isinstance(start, Scratch):
        raise UsageError("--tokenizer is for a model from scratch: a checkpoint has one", advice="leave it out")
    inputs = (*([] if isinstance(start, Scratch) else [start.path]), *input_files(data, options))
    check_output(out, force=force, sources=inputs)
    progress = Timed(progress if is_main() else SILENT)
    stage = TrainingStage("finetune", start, data, out, options, force=force, progress=progress)
    if trained_task(start, options.task).generates:
        text = load_text(data)
        return stage.run(
            text, lambda folder: finetune_language_model(start, text, options, folder=folder, progress=progress)
        )
    rows = rows_to_learn(read_data(data, progress=progress), start, options.problem_type)
    return stage.run(rows, lambda folder: finetune_classifier(start, rows, options, folder=folder, progress=progress))


def rows_to_learn(rows: Unnumbered, start: Checkpoint | Scratch, problem_type: ProblemType | None) -> Data:
    """The rows with their labels as `start` numbers and means them, where they are such; else as they are."""
    if isinstance(start, Scratch) or not start.classifies:
        return rows.numbered(None, problem_type)
    return rows.numbered_as(start.labels, start.problem_type, problem_type)


def distill(
    teacher: str | Path | ModelRef,
    data: DataSpec,
    out: str | Path,
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
    require_torch()
    out = Path(out)
    options = options or DistillOptions()
    start = open_checkpoint(teacher)
    check_output(out, force=force, sources=[start.path, *input_files(data, options)])
    _check_student(start, options, out)
    progress = Timed(progress if is_main() else SILENT)
    stage = TrainingStage("distill", start, data, out, options, force=force, progress=progress)
    if trained_task(start).generates:
        text = load_text(data)
        return stage.run(
            text, lambda folder: distill_language_model(start, text, options, folder=folder, progress=progress)
        )
    rows = load_data(data, labels=start.labels, problem_type=start.problem_type, progress=progress)
    return stage.run(rows, lambda folder: distill_classifier(start, rows, options, folder=folder, progress=progress))


def _check_student(teacher: Checkpoint, options: DistillOptions, out: Path) -> None:
    """Raise `UsageError` for a student of a family that is not known; a teacher may be of any."""
    if options.scratch is not None:
        family(options.scratch.family)
    elif options.student_from is not None:
        student = open_checkpoint(options.student_from)
        check_output(out, force=True, sources=[student.path])
        family(student.family)
    elif teacher.family not in FAMILIES:
        raise UsageError(
            f"no student can be cut from a teacher of the family {teacher.family!r}",
            advice="--student-from CHECKPOINT, or --scratch family=...,layers=...",
        )
    elif options.student.family is not None:
        family(options.student.family)
