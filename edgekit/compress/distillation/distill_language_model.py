"""Distillation of language models: a student gives each token the teacher's probabilities, and the right one."""

from __future__ import annotations

from pathlib import Path

from edgekit.compress.distillation.student import make_student
from edgekit.compress.distillation.student_init import (
    CUT_RATE,
    PRETRAINED_RATE,
    SCRATCH_RATE,
    same_tokens,
    scratch_tokenizer,
)
from edgekit.compress.distillation.teacher import Teacher, with_teacher_tokens
from edgekit.compress.distillation.teacher_losses import token_loss
from edgekit.compress.training.train_language_model import tokenize_text, train_language_model
from edgekit.compress.training.training_job import Trained, TrainedModel, TrainingJob
from edgekit.data.token_blocks import Blocks, TextData
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, load_decoder, load_tokenizer, open_checkpoint
from edgekit.models.input_length import usable_length
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.scratch import new_language_model
from edgekit.options.train_options import DistillOptions


def distill_language_model(
    start: Checkpoint, data: TextData, options: DistillOptions, *, folder: Path, progress: Progress = SILENT
) -> TrainedModel:
    """A student of the teacher `start`, trained to give each token the teacher's probabilities, and the right one.

    Raises `UsageError` for a student with other tokens than the teacher's, and for options of classifiers.
    """
    from transformers import set_seed

    _check_options(options)
    set_seed(options.seed)
    teacher = Teacher(load_decoder(start), load_tokenizer(start), options.temperature, options.soft_weight)
    student, tokenizer, rate = _init_student(teacher, options)
    if not same_tokens(tokenizer, teacher.tokenizer):
        raise UsageError(
            "a language model is followed token by token, and the student has other tokens than its teacher",
            advice="leave --tokenizer out, or choose a --student-from with the teacher's tokenizer",
        )
    length = usable_length(teacher.model, teacher.tokenizer, usable_length(student, tokenizer, options.max_length))
    job = TrainingJob(
        student,
        tokenizer,
        data,
        options,
        learning_rate=options.learning_rate or rate,
        folder=folder,
        title="distill",
        progress=progress,
    )
    blocks, validation = tokenize_text(job, length)
    return TrainedModel(student, tokenizer, follow_tokens(job, teacher, blocks, validation, options.top_k))


def follow_tokens(
    job: TrainingJob[TextData], teacher: Teacher, blocks: Blocks, validation: Blocks, top_k: int
) -> Trained:
    """Train the job's model in place on the teacher's `top_k` most probable tokens at each place of the blocks.

    A teacher without weight in the loss is not asked.
    """
    if teacher.soft_weight:
        blocks = with_teacher_tokens(job, teacher, blocks, top_k)
    return train_language_model(job, blocks, validation, token_loss(teacher.temperature, teacher.soft_weight))


def _check_options(options: DistillOptions) -> None:
    """Raise `UsageError` for what is there for classifiers alone."""
    for name in ("hidden_weight", "relation_weight", "unlabeled", "augment"):
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} is for classifiers, and the teacher is a language model")
    if options.student.family is not None:
        raise UsageError(
            "a student of a language model is cut from it in its own family",
            advice=f"--scratch family={options.student.family},layers=... begins from nothing",
        )


def _init_student(teacher: Teacher, options: DistillOptions) -> tuple[LoadedModel, Tokenizer, float]:
    """A student, its tokenizer and its default learning rate; a new one has the teacher's tokens if no others."""
    if options.scratch is not None:
        tokenizer = teacher.tokenizer
        if options.tokenizer is not None:
            tokenizer = scratch_tokenizer(options.scratch, (), options.tokenizer)
        return new_language_model(options.scratch, tokenizer), tokenizer, SCRATCH_RATE
    if options.student_from is not None:
        start = open_checkpoint(options.student_from)
        return load_decoder(start), load_tokenizer(start), PRETRAINED_RATE
    return make_student(teacher.model, options.student), teacher.tokenizer, CUT_RATE
