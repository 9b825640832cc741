"""Distillation: a student learns from the teacher's softened logits, computed once and kept with the rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgekit.compress.finetune import PRETRAINED_RATE
from edgekit.compress.student import make_student
from edgekit.compress.train import Loss, Trained, cross_entropy, train
from edgekit.data.logits import classifier_logits
from edgekit.data.splits import Data
from edgekit.data.tokens import tokenize, usable_length
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_tokenizer
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.train_options import DistillOptions, TrainOptions


def distill_classifier(
    teacher: Checkpoint, data: Data, options: DistillOptions, *, work: Path, progress: Progress = SILENT
) -> tuple[Any, Any, Trained]:
    """A student cut from the teacher and trained to follow it; the student has the teacher's tokenizer."""
    from transformers import set_seed

    set_seed(options.seed)
    tokenizer = load_tokenizer(teacher)
    model = load_classifier(teacher)
    student = make_student(model, options.student)
    trained = follow(
        student,
        model,
        tokenizer,
        data,
        options,
        temperature=options.temperature,
        soft_weight=options.soft_weight,
        work=work,
        title="distill",
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
    progress: Progress = SILENT,
) -> Trained:
    """Train `student` in place on the teacher's logits for the training rows and on their labels."""
    length = usable_length(teacher, tokenizer, usable_length(student, tokenizer, options.max_length))
    rows = tokenize(tokenizer, data.split("train"), length)
    logits = classifier_logits(teacher, tokenizer, rows, title=f"{title}: asking the teacher", progress=progress)
    for row, teacher_logits in zip(rows, logits, strict=True):
        row["teacher_logits"] = teacher_logits.tolist()
    return train(
        student,
        tokenizer,
        rows,
        tokenize(tokenizer, data.split("validation"), length),
        options,
        loss=soft_loss(temperature, soft_weight),
        learning_rate=options.learning_rate or 2 * PRETRAINED_RATE,
        work=work,
        title=title,
        progress=progress,
    )


def soft_loss(temperature: float, soft_weight: float) -> Loss:
    """soft_weight * T^2 * KL(teacher || student at T) + (1 - soft_weight) * cross entropy (arXiv 1503.02531, 2)."""
    from torch.nn.functional import kl_div, log_softmax, softmax

    def loss(logits: Any, batch: dict[str, Any]) -> Any:
        soft = kl_div(
            log_softmax(logits / temperature, -1),
            softmax(batch["teacher_logits"] / temperature, -1),
            reduction="batchmean",
        )
        return soft_weight * temperature**2 * soft + (1 - soft_weight) * cross_entropy(logits, batch)

    return loss
