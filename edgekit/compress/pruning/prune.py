"""Structured pruning: the vocabulary, then heads and FFN neurons by their Fisher importance, and recovery.

The importance of a unit is the sum over rows of the squared gradient of the loss with respect to a mask of ones on
the unit: the diagonal of the empirical Fisher matrix (Kwon et al. 2022, arXiv 2204.09656, section 4.1).
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.bundle.manifest import VocabularyCut
from edgekit.compress.distillation.distill import follow
from edgekit.compress.pruning.vocabulary import trim_vocabulary
from edgekit.compress.training.losses import cross_entropy
from edgekit.compress.training.train import Trained
from edgekit.data.row import Text
from edgekit.data.splits import Data
from edgekit.data.tokens import batches_by_length, collate, tokenize, usable_length
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_decoder, load_tokenizer
from edgekit.models.decoder import DecoderBlock
from edgekit.models.encoder import EncoderBlock
from edgekit.models.registry import describe
from edgekit.models.resize import keep_ffn, keep_heads
from edgekit.options.train_options import PruneOptions

# rows whose gradients are squared together: small enough to stay close to one by one, large enough to be quick
_FISHER_BATCH = 8


@dataclass(frozen=True)
class Pruned:
    """A pruned model with its tokenizer; how training ended and what trimming the vocabulary did, if either was."""

    model: Any
    tokenizer: Any
    trained: Trained | None = None
    vocabulary: VocabularyCut | None = None


def prune_classifier(
    start: Checkpoint,
    data: Data | None,
    options: PruneOptions,
    *,
    texts: Sequence[Collection[Text]] = (),
    kept_whole: Collection[Text] = (),
    teacher: Checkpoint | None = None,
    work: Path,
    progress: Progress = SILENT,
) -> Pruned:
    """The checkpoint without its least important tokens, heads and neurons, trained to recover.

    data:              rows with labels; only a vocabulary is trimmed without any
    texts, kept_whole: what the vocabulary is trimmed by, as of `trim_vocabulary`
    It follows `teacher`, or the checkpoint as it was before pruning, which reads texts by its own tokens.
    """
    from transformers import set_seed

    set_seed(options.seed)
    tokenizer = load_tokenizer(start)
    model = load_classifier(start)
    reads = load_tokenizer(teacher) if teacher is not None else tokenizer
    guide = None
    if options.epochs:
        guide = load_classifier(teacher) if teacher is not None else copy.deepcopy(model)
    vocabulary = None
    if options.trims:
        tokenizer, vocabulary = trim_vocabulary(
            model, tokenizer, texts, size=options.vocabulary, kept_whole=kept_whole, progress=progress
        )
    if data is not None and (options.heads < 1 or options.ffn < 1):
        cut_least_important(model, *importance(model, tokenizer, data, options, progress), options)
    if data is None or guide is None:
        return Pruned(model, tokenizer, None, vocabulary)
    trained = follow(
        model,
        guide,
        tokenizer,
        data,
        options,
        temperature=options.temperature,
        soft_weight=options.soft_weight,
        work=work,
        title="prune: recovering",
        teacher_tokenizer=reads,
        progress=progress,
    )
    return Pruned(model, tokenizer, trained, vocabulary)


def trim_decoder(
    start: Checkpoint,
    options: PruneOptions,
    *,
    texts: Sequence[Collection[Text]],
    kept_whole: Collection[Text] = (),
    progress: Progress = SILENT,
) -> Pruned:
    """The language model without its least frequent tokens; `texts` and `kept_whole` as of `trim_vocabulary`."""
    model, tokenizer = load_decoder(start), load_tokenizer(start)
    tokenizer, vocabulary = trim_vocabulary(
        model, tokenizer, texts, size=options.vocabulary, kept_whole=kept_whole, progress=progress
    )
    return Pruned(model, tokenizer, None, vocabulary)


def importance(
    model: Any, tokenizer: Any, data: Data, options: PruneOptions, progress: Progress = SILENT
) -> tuple[list[Any], list[Any]]:
    """Fisher importance of each block's heads [kv_heads] and FFN neurons [ffn], on a sample of the training rows.

    Heads that share a key head are one unit.
    """
    train = data.split("train")
    sample = random.Random(options.seed).sample(range(len(train)), min(options.samples, len(train)))
    rows = tokenize(tokenizer, train.take(sorted(sample)), usable_length(model, tokenizer, options.max_length))

    def losses() -> Iterator[tuple[int, Any]]:
        for indices in batches_by_length(rows.lengths, _FISHER_BATCH):
            batch = collate(tokenizer, [rows[index] for index in indices])
            labels = batch.pop("labels")
            yield len(indices), cross_entropy(model(**batch).logits, {"labels": labels})

    return fisher(model, losses, len(rows), progress)


def fisher(
    model: Any, losses: Callable[[], Iterator[tuple[int, Any]]], count: int, progress: Progress
) -> tuple[list[Any], list[Any]]:
    """The sum over batches of the squared gradients of their losses, for each block's heads and neurons.

    losses: gives for batch after batch how many rows it has, of `count` in all, and the model's loss
    """
    import torch

    blocks = describe(model).blocks
    heads = [torch.ones(block.kv_heads, requires_grad=True) for block in blocks]
    neurons = [torch.ones(block.ffn, requires_grad=True) for block in blocks]
    masks = [*heads, *neurons]
    totals = [torch.zeros_like(mask) for mask in masks]
    model.eval()
    with ExitStack() as hooks, progress.task("prune: measuring importance", count) as advance:
        for block, head_mask, neuron_mask in zip(blocks, heads, neurons, strict=True):
            hooks.callback(_mask_heads(block, head_mask).remove)
            hooks.callback(_mask_neurons(block, neuron_mask).remove)
        done = 0
        for rows, loss in losses():
            for total, gradient in zip(totals, torch.autograd.grad(loss, masks), strict=True):
                total += gradient.square()
            done += rows
            advance(done)
    return totals[: len(blocks)], totals[len(blocks) :]


def cut_least_important(model: Any, heads: list[Any], neurons: list[Any], options: PruneOptions) -> None:
    """Remove heads and neurons in place, ranked over all blocks; every block keeps a head and some neurons."""
    import torch

    blocks: Sequence[EncoderBlock | DecoderBlock] = describe(model).blocks
    narrowest = min(block.ffn for block in blocks)
    if narrowest < options.multiple_of:
        raise UsageError(f"the FFN is {narrowest} wide: --multiple-of {options.multiple_of} leaves nothing to keep")
    with torch.no_grad():
        for block, kept in zip(blocks, _ranked(heads, options.heads, 1), strict=True):
            keep_heads(model, block, kept.tolist())
        for block, kept in zip(blocks, _ranked(neurons, options.ffn, options.multiple_of), strict=True):
            keep_ffn(block, kept)


def _ranked(scores: list[Any], share: float, multiple: int) -> list[Any]:
    """For each block the sorted indices of the units to keep: `share` of all units, in multiples in each block."""
    import torch

    everything = torch.cat(scores)
    threshold = everything.topk(max(1, round(share * len(everything)))).values[-1]
    kept = []
    for score in scores:
        count = round(int((score >= threshold).sum()) / multiple) * multiple
        count = min(max(count, multiple), len(score) // multiple * multiple)
        kept.append(score.topk(count).indices.sort().values)
    return kept


def _mask_heads(block: Any, mask: Any) -> Any:
    """Multiply each unit's part of what `output` reads [batch, length, heads * head_size] by its mask."""
    width = block.output.in_features // len(mask)
    return block.output.register_forward_pre_hook(lambda module, inputs: (inputs[0] * mask.repeat_interleave(width),))


def _mask_neurons(block: Any, mask: Any) -> Any:
    return block.ffn_out.register_forward_pre_hook(lambda module, inputs: (inputs[0] * mask,))
