"""Distillation of classifiers: a student learns the teacher's logits and, if told to, its intermediate layers.

The logits are asked once and cached (`teacher`). Hidden states and relations are not: where they are learned from,
the teacher runs beside the student at every step.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgekit.compress.distillation.augment import with_more_rows
from edgekit.compress.distillation.student_init import init_student, same_tokens
from edgekit.compress.distillation.teacher import Teacher, with_teacher_logits
from edgekit.compress.distillation.teacher_losses import (
    intermediate_loss,
    require_encoders,
    soft_target_loss,
    uses_intermediate_layers,
)
from edgekit.compress.training.losses import class_weights
from edgekit.compress.training.train import tokenize_split, train_classifier
from edgekit.compress.training.training_job import Trained, TrainedModel, TrainingJob
from edgekit.data.splits import Data
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_tokenizer
from edgekit.models.checkpoint_checks import check_pairs
from edgekit.models.input_length import usable_length
from edgekit.options.train_options import DistillOptions


def distill_classifier(
    start: Checkpoint, data: Data, options: DistillOptions, *, folder: Path, progress: Progress = SILENT
) -> TrainedModel:
    """A student of the teacher `start`, trained to follow it, the epoch chosen on `data.validation`.

    Raises `UsageError` for a student larger than the teacher that it is cut from, and where hidden states or
    relations are to be followed by a student that reads other tokens or is no encoder.
    """
    from transformers import set_seed

    set_seed(options.seed)
    teacher = Teacher(load_classifier(start), load_tokenizer(start), options.temperature, options.soft_weight)
    if data.has_pairs:
        check_pairs(start.path, teacher.tokenizer.model_input_names)
    student, tokenizer, rate = init_student(teacher.model, teacher.tokenizer, data, options)
    mask = teacher.tokenizer.mask_token
    rows = with_more_rows(data.split("train"), options, mask if tokenizer.mask_token == mask else None)
    job = TrainingJob(
        student,
        tokenizer,
        replace(data, train=rows),
        options,
        learning_rate=options.learning_rate or rate,
        folder=folder,
        title="distill",
        progress=progress,
    )
    if not uses_intermediate_layers(options):
        return TrainedModel(student, tokenizer, follow_logits(job, teacher))
    require_encoders(student, teacher.model)
    if not same_tokens(tokenizer, teacher.tokenizer):
        raise UsageError(
            "hidden states and relations can be followed by a student that reads the teacher's tokens alone",
            advice=f"--tokenizer {start.path}, or leave --hidden-weight and --relation-weight out",
        )
    return TrainedModel(student, tokenizer, _follow_intermediate_layers(job, teacher, options))


def follow_logits(job: TrainingJob[Data], teacher: Teacher) -> Trained:
    """Train the job's model in place on the teacher's logits for the training rows and on their labels.

    A row with the label -1 has the one that the teacher gives it. The teacher may read other tokens or inputs.
    """
    length = usable_length(job.model, job.tokenizer, job.options.max_length)
    alike = teacher.reads_as(job.tokenizer)
    if alike:
        length = usable_length(teacher.model, job.tokenizer, length)
    rows = seen = tokenize_split(job, "train", length)
    if not alike:
        longest = usable_length(teacher.model, teacher.tokenizer, job.options.max_length)
        seen = tokenize_split(job, "train", longest, teacher.tokenizer)
    rows = with_teacher_logits(job, teacher, rows, seen)
    validation = tokenize_split(job, "validation", length)
    weights = class_weights(job.data, job.options)
    loss = soft_target_loss(teacher.temperature, teacher.soft_weight, teacher.model.config.problem_type, weights)
    return train_classifier(job, rows, validation, loss)


def _follow_intermediate_layers(job: TrainingJob[Data], teacher: Teacher, options: DistillOptions) -> Trained:
    """Train in place with the teacher beside; both read the same tokens, each its own inputs."""
    tokenizer = job.tokenizer
    own, others = list(tokenizer.model_input_names), teacher.tokenizer.model_input_names
    length = usable_length(teacher.model, tokenizer, usable_length(job.model, tokenizer, options.max_length))
    tokenizer.model_input_names = [*own, *(name for name in others if name not in own)]
    try:
        rows, validation = (tokenize_split(job, split, length) for split in ("train", "validation"))
        weights = class_weights(job.data, options)
        with intermediate_loss(job.model, teacher.model, others, options, weights) as loss:
            return train_classifier(job, rows, validation, loss, inputs=tuple(own))
    finally:
        tokenizer.model_input_names = own
