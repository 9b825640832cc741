"""Training a language model on blocks of text: the epoch with the least perplexity is kept.

Each validation block begins anew, so that its first tokens are predicted from little: `edgekit evaluate` measures over
the whole stream.
"""

from __future__ import annotations

import math

from edgekit.compress.training.losses import next_token
from edgekit.compress.training.train import train
from edgekit.compress.training.training_job import Loss, Objective, Trained, TrainingJob, ValidationMetric
from edgekit.data.token_blocks import Blocks, TextData, collate_blocks, train_and_validation


def _perplexity(loss: float) -> float:
    """e^loss, where that is a float."""
    return math.exp(min(loss, 700.0))


PERPLEXITY = ValidationMetric("loss", next_token, "perplexity", "validation perplexity {:.2f}".format, _perplexity)


def tokenize_text(job: TrainingJob[TextData], length: int) -> tuple[Blocks, Blocks]:
    """The blocks [blocks, length] to train and to validate on; raises `UsageError` for text too short for them."""
    title = f"{job.title}: tokenizing"
    return train_and_validation(job.tokenizer, job.data, length, title=title, progress=job.progress)


def train_language_model(job: TrainingJob[TextData], blocks: Blocks, validation: Blocks, loss: Loss) -> Trained:
    """Train a language model in place and leave the weights with the least validation perplexity in it.

    Raises `ToolError` if the loss ceases to be a number.
    """
    log, best = train(job, blocks, validation, Objective(loss, PERPLEXITY, ("input_ids",), collate_blocks))
    return Trained(len(validation), perplexity=_perplexity(best["loss"]), log=log)
