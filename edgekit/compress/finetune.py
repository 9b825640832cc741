"""Fine-tuning: a classifier from a pretrained checkpoint, or a small one from nothing with its own tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgekit.compress.distillation.student_init import PRETRAINED_RATE, SCRATCH_RATE, start_classifier, start_scratch
from edgekit.compress.training.losses import cross_entropy
from edgekit.compress.training.train import Trained, train
from edgekit.data.splits import Data
from edgekit.data.tokens import tokenize, usable_length
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint
from edgekit.options.train_options import FinetuneOptions
from edgekit.schema.shape import Scratch


def finetune_classifier(
    start: Checkpoint | Scratch, data: Data, options: FinetuneOptions, *, work: Path, progress: Progress = SILENT
) -> tuple[Any, Any, Trained]:
    """A model and tokenizer trained on `data.train`, the epoch chosen on `data.validation`."""
    from transformers import set_seed

    set_seed(options.seed)
    if isinstance(start, Scratch):
        rate = options.learning_rate or SCRATCH_RATE
        model, tokenizer = start_scratch(start, data, options.tokenizer)
    else:
        rate = options.learning_rate or PRETRAINED_RATE
        model, tokenizer = start_classifier(start, data)
    length = usable_length(model, tokenizer, options.max_length)
    trained = train(
        model,
        tokenizer,
        tokenize(tokenizer, data.split("train"), length, title="finetune: tokenizing", progress=progress),
        tokenize(tokenizer, data.split("validation"), length, title="finetune: tokenizing", progress=progress),
        options,
        loss=cross_entropy,
        learning_rate=rate,
        work=work,
        title="finetune",
        progress=progress,
    )
    return model, tokenizer, trained
