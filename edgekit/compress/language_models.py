"""Training language models on text: fine-tuned, made from nothing, or following a teacher token by token.

The best epoch is the one with the least perplexity on the validation blocks; each block begins anew there, so that its
first tokens are predicted from little: `edgekit evaluate` measures over the whole stream.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.compress.distillation.student import make_student
from edgekit.compress.distillation.student_init import (
    CUT_RATE,
    PRETRAINED_RATE,
    SCRATCH_RATE,
    same_tokens,
    scratch_tokenizer,
)
from edgekit.compress.distillation.teacher_cache import asked, kept
from edgekit.compress.pruning.prune import cut_least_important, fisher
from edgekit.compress.training.distributed import device
from edgekit.compress.training.losses import next_token, top_tokens
from edgekit.compress.training.train import Goal, Loss, train_towards
from edgekit.data.token_blocks import Blocks, TextData, collate_blocks, train_and_validation
from edgekit.data.tokens import usable_length
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, load_decoder, load_tokenizer, open_checkpoint
from edgekit.models.scratch import new_language_model
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions, TrainOptions
from edgekit.schema.shape import Scratch

FORETOLD = Goal("loss", next_token, lambda loss: f"validation perplexity {math.exp(min(loss, 700)):.2f}")
# blocks that a teacher is asked about at once: their logits are blocks * length * vocabulary floats
_ASKED = 4
# most probable tokens that are kept of what is followed to recover
_TOP_K = 64


@dataclass(frozen=True)
class TrainedOnText:
    """How a training ended: perplexity on the validation blocks, of the best epoch, and how many blocks these are."""

    validation_perplexity: float
    blocks: int


def finetune_language_model(
    start: Checkpoint | Scratch, data: TextData, options: FinetuneOptions, *, work: Path, progress: Progress = SILENT
) -> tuple[Any, Any, TrainedOnText]:
    """A language model and its tokenizer, trained to predict the training text."""
    from transformers import set_seed

    set_seed(options.seed)
    if isinstance(start, Scratch):
        tokenizer = scratch_tokenizer(start, data.pieces("train"), options.tokenizer)
        model, rate = new_language_model(start, tokenizer), SCRATCH_RATE
    else:
        model, tokenizer, rate = load_decoder(start), load_tokenizer(start), PRETRAINED_RATE
    train, validation = train_and_validation(
        tokenizer,
        data,
        usable_length(model, tokenizer, options.max_length),
        title="finetune: tokenizing",
        progress=progress,
    )
    trained = _train(model, train, validation, options, next_token, rate, work, "finetune", progress)
    return model, tokenizer, trained


def distill_language_model(
    teacher: Checkpoint, data: TextData, options: DistillOptions, *, work: Path, progress: Progress = SILENT
) -> tuple[Any, Any, TrainedOnText]:
    """A student and its tokenizer, trained to give each token the teacher's probabilities, and the right one.

    Raises `UsageError` for a student with other tokens than the teacher's, and for options of classifiers.
    """
    from transformers import set_seed

    _check_asked(options)
    set_seed(options.seed)
    guide, reads = load_decoder(teacher), load_tokenizer(teacher)
    student, tokenizer, rate = _start(guide, reads, options)
    if not same_tokens(tokenizer, reads):
        raise UsageError(
            "a language model is followed token by token, and the student has other tokens than its teacher",
            advice="leave --tokenizer out, or choose a --student-from with the teacher's tokenizer",
        )
    length = usable_length(guide, reads, usable_length(student, tokenizer, options.max_length))
    train, validation = train_and_validation(tokenizer, data, length, title="distill: tokenizing", progress=progress)
    if options.soft_weight:
        train = _taught(guide, reads, train, options.temperature, options.top_k, work, "distill", progress)
    loss = token_loss(options.temperature, options.soft_weight)
    return student, tokenizer, _train(student, train, validation, options, loss, rate, work, "distill", progress)


def prune_language_model(
    start: Checkpoint,
    data: TextData,
    options: PruneOptions,
    *,
    teacher: Checkpoint | None = None,
    work: Path,
    progress: Progress = SILENT,
) -> tuple[Any, Any, TrainedOnText | None]:
    """The language model without its least important heads and neurons, trained to recover, and its tokenizer.

    Their importance is that of `compress.prune`, for the loss on a sample of the training blocks. It follows
    `teacher`, or the checkpoint as it was, token by token; without epochs nothing is trained.
    Raises `UsageError` for a teacher with other tokens.
    """
    from transformers import set_seed

    set_seed(options.seed)
    model, tokenizer = load_decoder(start), load_tokenizer(start)
    if teacher is not None and not same_tokens(tokenizer, load_tokenizer(teacher)):
        raise UsageError(f"{teacher.path} has other tokens, and a language model is followed token by token")
    guide = load_decoder(teacher or start) if options.epochs else None
    length = usable_length(model, tokenizer, options.max_length)
    if guide is not None:
        length = usable_length(guide, tokenizer, length)
    train, validation = train_and_validation(tokenizer, data, length, title="prune: tokenizing", progress=progress)
    cut_least_important(model, *_importance(model, train, options, progress), options)
    if guide is None:
        return model, tokenizer, None
    if options.soft_weight:
        train = _taught(guide, tokenizer, train, options.temperature, _TOP_K, work, "prune", progress)
    loss = token_loss(options.temperature, options.soft_weight)
    trained = _train(model, train, validation, options, loss, CUT_RATE, work, "prune", progress)
    return model, tokenizer, trained


def _importance(model: Any, blocks: Blocks, options: PruneOptions, progress: Progress) -> tuple[list[Any], list[Any]]:
    sample = sorted(random.Random(options.seed).sample(range(len(blocks)), min(options.samples, len(blocks))))

    def losses() -> Iterator[tuple[int, Any]]:
        for start in range(0, len(sample), _ASKED):
            batch = collate_blocks([blocks[index] for index in sample[start : start + _ASKED]])
            yield len(batch["labels"]), next_token(model(batch["input_ids"], use_cache=False).logits, batch)

    return fisher(model, losses, len(sample), progress)


def token_loss(temperature: float, soft_weight: float) -> Loss:
    """soft_weight * divergence from the teacher's most probable tokens + (1 - soft_weight) * cross entropy.

    Without a weight on them nothing of the teacher has to be in the batch.
    """

    def loss(logits: Any, batch: dict[str, Any]) -> Any:
        if not soft_weight:
            return next_token(logits, batch)
        soft = top_tokens(logits, batch["teacher_ids"], batch["teacher_log_probabilities"], temperature)
        return soft_weight * soft + (1 - soft_weight) * next_token(logits, batch)

    return loss


def _check_asked(options: DistillOptions) -> None:
    """Raise `UsageError` for what is asked of classifiers alone."""
    for name in ("hidden_weight", "relation_weight", "unlabeled", "augment"):
        if getattr(options, name):
            raise UsageError(f"--{name.replace('_', '-')} is for classifiers, and the teacher is a language model")
    if options.student.family is not None:
        raise UsageError(
            "a student of a language model is cut from it in its own family",
            advice=f"--scratch family={options.student.family},layers=... begins from nothing",
        )


def _start(teacher: Any, tokenizer: Any, options: DistillOptions) -> tuple[Any, Any, float]:
    """A student, its tokenizer and its default learning rate; a new one has the teacher's tokens if no others."""
    if options.scratch is not None:
        if options.tokenizer is not None:
            tokenizer = scratch_tokenizer(options.scratch, (), options.tokenizer)
        return new_language_model(options.scratch, tokenizer), tokenizer, SCRATCH_RATE
    if options.student_from is not None:
        start = open_checkpoint(options.student_from)
        return load_decoder(start), load_tokenizer(start), PRETRAINED_RATE
    return make_student(teacher, options.student), tokenizer, CUT_RATE


def _train(
    model: Any,
    train: Blocks,
    validation: Blocks,
    options: TrainOptions,
    loss: Loss,
    rate: float,
    work: Path,
    title: str,
    progress: Progress,
) -> TrainedOnText:
    best = train_towards(
        FORETOLD,
        model,
        train,
        validation,
        options,
        reads=("input_ids",),
        collator=collate_blocks,
        loss=loss,
        learning_rate=options.learning_rate or rate,
        work=work,
        title=title,
        progress=progress,
    )
    return TrainedOnText(math.exp(min(best, 700.0)), len(validation))


def _taught(
    teacher: Any,
    tokenizer: Any,
    blocks: Blocks,
    temperature: float,
    top_k: int,
    work: Path,
    title: str,
    progress: Progress,
) -> Blocks:
    """The blocks with what the teacher finds most probable at each place, ids int32 and log-probabilities float16.

    Both are [blocks, length, k]. They are those at the temperature, so that softening needs no logits. Rows of its
    table that no token has are left out: a student need not have them.
    """
    import torch

    vocabulary = min(len(tokenizer), teacher.get_input_embeddings().num_embeddings)
    k = min(top_k, vocabulary)

    def fill(log_probabilities: Any, ids: Any) -> None:
        teacher.to(device())
        with torch.inference_mode(), progress.task(f"{title}: asking the teacher", len(blocks)) as advance:
            for start in range(0, len(blocks), _ASKED):
                rows = slice(start, start + _ASKED)
                if np.isnan(log_probabilities[rows]).any():
                    asked_about = torch.from_numpy(blocks.ids[rows].astype(np.int64)).to(device())
                    logits = teacher(asked_about, use_cache=False).logits[..., :vocabulary].float() / temperature
                    found = logits.log_softmax(-1).topk(k)
                    ids[rows] = found.indices.cpu().numpy()
                    # the ids are there before what says that they are
                    log_probabilities[rows] = found.values.cpu().numpy()
                advance(min(start + _ASKED, len(blocks)))

    shape = (*blocks.ids.shape, k)
    name = f"{asked(teacher, blocks.ids)}-{k}-{temperature:g}"
    arrays: dict[str, Any] = {"log-probabilities": (shape, np.float16), "ids": (shape, np.int32)}
    log_probabilities, ids = kept(work, name, arrays, fill)
    return blocks.adding("teacher_ids", ids).adding("teacher_log_probabilities", log_probabilities)
