"""Fine-tuning: a classifier from a pretrained checkpoint, or a small one from nothing with its own tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgekit.compress.train import Trained, cross_entropy, train
from edgekit.data.splits import Data
from edgekit.data.tokens import tokenize, usable_length
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_tokenizer
from edgekit.models.scratch import new_classifier, train_wordpiece
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.shape import Scratch
from edgekit.spec.train_options import FinetuneOptions

PRETRAINED_RATE = 5e-5
SCRATCH_RATE = 5e-4


def finetune_classifier(
    start: Checkpoint | Scratch, data: Data, options: FinetuneOptions, *, work: Path, progress: Progress = SILENT
) -> tuple[Any, Any, Trained]:
    """A model and tokenizer trained on `data.train`, the epoch chosen on `data.validation`."""
    from transformers import set_seed

    set_seed(options.seed)
    if isinstance(start, Scratch):
        rate = options.learning_rate or SCRATCH_RATE
        tokenizer = train_wordpiece(data.split("train").texts, start.vocabulary, start.max_length)
        model = new_classifier(start, tokenizer, data.labels)
    else:
        rate = options.learning_rate or PRETRAINED_RATE
        tokenizer = load_tokenizer(start)
        model = load_classifier(start, data.labels)
    length = usable_length(model, tokenizer, options.max_length)
    trained = train(
        model,
        tokenizer,
        tokenize(tokenizer, data.split("train"), length),
        tokenize(tokenizer, data.split("validation"), length),
        options,
        loss=cross_entropy,
        learning_rate=rate,
        work=work,
        title="finetune",
        progress=progress,
    )
    return model, tokenizer, trained
