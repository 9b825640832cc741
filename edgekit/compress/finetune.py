"""Fine-tuning: a classifier or a language model, from a pretrained checkpoint or from nothing."""

from __future__ import annotations

from pathlib import Path

from edgekit.compress.distillation.student_init import (
    PRETRAINED_RATE,
    SCRATCH_RATE,
    init_classifier,
    init_from_scratch,
    scratch_tokenizer,
)
from edgekit.compress.training.losses import class_weights, label_loss, next_token
from edgekit.compress.training.train import tokenize_split, train_classifier
from edgekit.compress.training.train_language_model import tokenize_text, train_language_model
from edgekit.compress.training.training_job import TrainedModel, TrainingJob
from edgekit.data.splits import Data
from edgekit.data.token_blocks import TextData
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, load_decoder, load_tokenizer
from edgekit.models.input_length import usable_length
from edgekit.models.scratch import new_language_model
from edgekit.options.train_options import FinetuneOptions
from edgekit.schema.shape import Scratch


def finetune_classifier(
    start: Checkpoint | Scratch, data: Data, options: FinetuneOptions, *, folder: Path, progress: Progress = SILENT
) -> TrainedModel:
    """A classifier trained on `data.train`, the epoch chosen on `data.validation`.

    Raises `UsageError` for data without these rows, and for a checkpoint that cannot be loaded.
    """
    from transformers import set_seed

    set_seed(options.seed)
    if isinstance(start, Scratch):
        rate, (model, tokenizer) = SCRATCH_RATE, init_from_scratch(start, data, options.tokenizer)
    else:
        rate, (model, tokenizer) = PRETRAINED_RATE, init_classifier(start, data)
    rate = options.learning_rate or rate
    job = TrainingJob(model, tokenizer, data, options, rate, folder, "finetune", progress)
    length = usable_length(model, tokenizer, options.max_length)
    rows, validation = (tokenize_split(job, split, length) for split in ("train", "validation"))
    loss = label_loss(data.problem_type, class_weights(data, options))
    return TrainedModel(model, tokenizer, train_classifier(job, rows, validation, loss))


def finetune_language_model(
    start: Checkpoint | Scratch, data: TextData, options: FinetuneOptions, *, folder: Path, progress: Progress = SILENT
) -> TrainedModel:
    """A language model trained to predict the next token of the training text.

    Raises `UsageError` for text too short for blocks, and for a checkpoint that cannot be loaded.
    """
    from transformers import set_seed

    set_seed(options.seed)
    if isinstance(start, Scratch):
        tokenizer = scratch_tokenizer(start, data.pieces("train"), options.tokenizer)
        model, rate = new_language_model(start, tokenizer), SCRATCH_RATE
    else:
        model, tokenizer, rate = load_decoder(start), load_tokenizer(start), PRETRAINED_RATE
    rate = options.learning_rate or rate
    job = TrainingJob(model, tokenizer, data, options, rate, folder, "finetune", progress)
    blocks, validation = tokenize_text(job, usable_length(model, tokenizer, options.max_length))
    return TrainedModel(model, tokenizer, train_language_model(job, blocks, validation, next_token))
