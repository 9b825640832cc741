"""Distillation of classifiers: a student learns what the teacher says of each row and, if told to, how it gets there.

What the teacher says is asked once and kept (`teacher_cache`). Its hidden states and relations are not: where they are
followed, it runs beside the student at every step.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.compress.distillation.augment import with_more_rows
from edgekit.compress.distillation.student_init import same_tokens, start_student
from edgekit.compress.distillation.teacher_cache import asked, kept
from edgekit.compress.distillation.teacher_losses import (
    inside_loss,
    looks_inside,
    require_encoders,
    soft_loss,
)
from edgekit.compress.training.distributed import device
from edgekit.compress.training.train import Trained, train
from edgekit.data.logits import classifier_logits
from edgekit.data.splits import Data
from edgekit.data.tokens import Rows, tokenize, usable_length
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_tokenizer
from edgekit.options.train_options import DistillOptions, TrainOptions

FOLLOWING_RATE = 1e-4


def distill_classifier(
    teacher: Checkpoint, data: Data, options: DistillOptions, *, work: Path, progress: Progress = SILENT
) -> tuple[Any, Any, Trained]:
    """A student and its tokenizer, trained to follow the teacher, the epoch chosen on `data.validation`.

    Raises `UsageError` for a student larger than the teacher that it is cut from, and where hidden states or
    relations are to be followed by a student that reads other tokens or is no encoder.
    """
    from transformers import set_seed

    set_seed(options.seed)
    guide, reads = load_classifier(teacher), load_tokenizer(teacher)
    student, tokenizer, rate = start_student(guide, reads, data, options)
    both_mask = tokenizer.mask_token == reads.mask_token
    rows = with_more_rows(data.split("train"), options, reads.mask_token if both_mask else None)
    data = replace(data, train=rows)
    options = options.model_copy(update={"learning_rate": options.learning_rate or rate})
    if looks_inside(options):
        require_encoders(student, guide)
        if not same_tokens(tokenizer, reads):
            raise UsageError(
                "hidden states and relations can be followed by a student that reads the teacher's tokens alone",
                advice=f"--tokenizer {teacher.path}, or leave --hidden-weight and --relation-weight out",
            )
        return student, tokenizer, _look_inside(student, guide, tokenizer, reads, data, options, work, progress)
    trained = follow(
        student,
        guide,
        tokenizer,
        data,
        options,
        temperature=options.temperature,
        soft_weight=options.soft_weight,
        work=work,
        title="distill",
        teacher_tokenizer=reads,
        progress=progress,
    )
    return student, tokenizer, trained


def follow(
    student: Any,
    teacher: Any,
    tokenizer: Any,
    data: Data,
    options: TrainOptions,
    *,
    temperature: float,
    soft_weight: float,
    work: Path,
    title: str,
    teacher_tokenizer: Any = None,
    progress: Progress = SILENT,
) -> Trained:
    """Train `student` in place on the teacher's logits for the training rows and on their labels.

    A row with the label -1 has the one that the teacher gives it.
    teacher_tokenizer: what the teacher reads by, which may be other tokens or inputs. Default: `tokenizer`
    """
    length = usable_length(student, tokenizer, options.max_length)
    alike = teacher_tokenizer is None or _same_inputs(tokenizer, teacher_tokenizer)
    if alike:
        length = usable_length(teacher, tokenizer, length)
    told = f"{title}: tokenizing"
    rows = tokenize(tokenizer, data.split("train"), length, title=told, progress=progress)
    reads, seen = tokenizer, rows
    if not alike:
        reads, longest = teacher_tokenizer, usable_length(teacher, teacher_tokenizer, options.max_length)
        seen = tokenize(reads, data.split("train"), longest, title=told, progress=progress)
    return train(
        student,
        tokenizer,
        rows.adding("teacher_logits", _logits(teacher, reads, seen, work, title, progress)),
        tokenize(tokenizer, data.split("validation"), length, title=told, progress=progress),
        options,
        loss=soft_loss(temperature, soft_weight),
        learning_rate=options.learning_rate or FOLLOWING_RATE,
        work=work,
        title=title,
        progress=progress,
    )


def _same_inputs(tokenizer: Any, other: Any) -> bool:
    """Whether two tokenizers give models the same of every text: the ids, and what comes with them."""
    return set(tokenizer.model_input_names) == set(other.model_input_names) and same_tokens(tokenizer, other)


def _logits(teacher: Any, tokenizer: Any, rows: Rows, work: Path, title: str, progress: Progress) -> Any:
    """What the teacher says of the rows, float32 [rows, labels]."""

    def fill(logits: Any) -> None:
        teacher.to(device())
        title_of_it = f"{title}: asking the teacher"
        classifier_logits(teacher, tokenizer, rows, out=logits, title=title_of_it, progress=progress)

    shape = (len(rows), teacher.config.num_labels)
    return kept(work, asked(teacher, rows.ids), {"logits": (shape, np.float32)}, fill)[0]


def _look_inside(
    student: Any,
    teacher: Any,
    tokenizer: Any,
    teacher_tokenizer: Any,
    data: Data,
    options: DistillOptions,
    work: Path,
    progress: Progress,
) -> Trained:
    """Train `student` in place, the teacher running on every batch; both read the same tokens, each its own inputs."""
    own = list(tokenizer.model_input_names)
    every = [*own, *(name for name in teacher_tokenizer.model_input_names if name not in own)]
    length = usable_length(teacher, tokenizer, usable_length(student, tokenizer, options.max_length))
    tokenizer.model_input_names = every
    try:
        rows, validation = (
            tokenize(tokenizer, data.split(name), length, title="distill: tokenizing", progress=progress)
            for name in ("train", "validation")
        )
        with inside_loss(student, teacher, teacher_tokenizer.model_input_names, options) as loss:
            return train(
                student,
                tokenizer,
                rows,
                validation,
                options,
                loss=loss,
                learning_rate=options.learning_rate or FOLLOWING_RATE,
                work=work,
                title="distill",
                reads=own,
                progress=progress,
            )
    finally:
        tokenizer.model_input_names = own
