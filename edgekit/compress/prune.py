"""Structured pruning of attention heads and FFN neurons by their Fisher importance, and recovery by distillation.

The importance of a unit is the sum over rows of the squared gradient of the loss with respect to a mask of ones on
the unit: the diagonal of the empirical Fisher matrix (Kwon et al. 2022, arXiv 2204.09656, section 4.1).
"""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

from edgekit.compress.distill import follow
from edgekit.compress.train import Trained, cross_entropy
from edgekit.data.splits import Data
from edgekit.data.tokens import batches_by_length, collate, tokenize, usable_length
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_tokenizer
from edgekit.models.families import describe
from edgekit.models.shrink import keep_ffn, keep_heads
from edgekit.spec.errors import UsageError
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.train_options import PruneOptions

# rows whose gradients are squared together: small enough to stay close to one by one, large enough to be quick
_FISHER_BATCH = 8


def prune_classifier(
    start: Checkpoint,
    data: Data,
    options: PruneOptions,
    *,
    teacher: Checkpoint | None = None,
    work: Path,
    progress: Progress = SILENT,
) -> tuple[Any, Any, Trained | None]:
    """The checkpoint without its least important heads and neurons, trained to recover.

    It follows `teacher`, or the checkpoint as it was before pruning.
    """
    from transformers import set_seed

    set_seed(options.seed)
    tokenizer = load_tokenizer(start)
    model = load_classifier(start)
    guide = load_classifier(teacher) if teacher is not None else copy.deepcopy(model)
    cut_least_important(model, *importance(model, tokenizer, data, options, progress), options)
    if not options.epochs:
        return model, tokenizer, None
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
        progress=progress,
    )
    return model, tokenizer, trained


def importance(
    model: Any, tokenizer: Any, data: Data, options: PruneOptions, progress: Progress = SILENT
) -> tuple[list[Any], list[Any]]:
    """Fisher importance of each block's heads [heads] and FFN neurons [ffn], on a sample of the training rows."""
    import torch

    train = data.split("train")
    sample = random.Random(options.seed).sample(range(len(train)), min(options.samples, len(train)))
    rows = tokenize(tokenizer, train.take(sorted(sample)), usable_length(model, tokenizer, options.max_length))
    blocks = describe(model).blocks
    heads = [torch.ones(block.heads, requires_grad=True) for block in blocks]
    neurons = [torch.ones(block.ffn, requires_grad=True) for block in blocks]
    masks = [*heads, *neurons]
    totals = [torch.zeros_like(mask) for mask in masks]
    hooks = [_mask_heads(block, mask) for block, mask in zip(blocks, heads, strict=True)]
    hooks += [_mask_neurons(block, mask) for block, mask in zip(blocks, neurons, strict=True)]
    model.eval()
    with progress.task("prune: measuring importance", len(rows)) as advance:
        done = 0
        for indices in batches_by_length(rows, _FISHER_BATCH):
            batch = collate(tokenizer, [rows[index] for index in indices])
            labels = batch.pop("labels")
            loss = cross_entropy(model(**batch).logits, {"labels": labels})
            for total, gradient in zip(totals, torch.autograd.grad(loss, masks), strict=True):
                total += gradient.square()
            done += len(indices)
            advance(done)
    for hook in hooks:
        hook.remove()
    return totals[: len(blocks)], totals[len(blocks) :]


def cut_least_important(model: Any, heads: list[Any], neurons: list[Any], options: PruneOptions) -> None:
    """Remove heads and neurons in place, ranked over all blocks; every block keeps a head and some neurons."""
    import torch

    blocks = describe(model).blocks
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
    """Multiply each head's part of what `output` reads [batch, length, heads * head_size] by its mask."""
    return block.output.register_forward_pre_hook(
        lambda module, inputs: (inputs[0] * mask.repeat_interleave(block.head_size),)
    )


def _mask_neurons(block: Any, mask: Any) -> Any:
    return block.ffn_out.register_forward_pre_hook(lambda module, inputs: (inputs[0] * mask,))
