"""Fisher importance of attention heads and FFN neurons, and the least important of them removed.

The importance of a unit is the sum over rows of the squared gradient of the loss with respect to a mask of ones on
the unit: the diagonal of the empirical Fisher matrix (Kwon et al. 2022, arXiv 2204.09656, section 4.1).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edgekit.compress.training.losses import label_loss, next_token
from edgekit.data.splits import Data
from edgekit.data.token_blocks import Blocks, collate_blocks
from edgekit.data.tokenizer import Tokenizer
from edgekit.data.tokens import batches_by_length, collate, tokenize
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.decoder import DecoderBlock
from edgekit.models.encoder import EncoderBlock
from edgekit.models.input_length import usable_length
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe
from edgekit.models.resize import keep_ffn, keep_heads
from edgekit.options.train_options import PruneOptions

if TYPE_CHECKING:
    from torch import Tensor

# rows whose gradients are squared together: small enough to stay close to one by one, large enough to be quick
_ROWS_AT_ONCE = 8
# of text: the logits are blocks * length * vocabulary floats
_BLOCKS_AT_ONCE = 4


@dataclass(frozen=True)
class Importance:
    """Of each block's heads [kv_heads] and FFN neurons [ffn]; heads that share a key head are one unit."""

    heads: list[Tensor]
    neurons: list[Tensor]


def classifier_importance(
    model: LoadedModel, tokenizer: Tokenizer, data: Data, options: PruneOptions, progress: Progress = SILENT
) -> Importance:
    """Importance on a sample of the training rows."""
    train = data.split("train")
    sample = random.Random(options.seed).sample(range(len(train)), min(options.samples, len(train)))
    rows = tokenize(tokenizer, train.take(sorted(sample)), usable_length(model, tokenizer, options.max_length))

    loss = label_loss(data.problem_type)

    def losses() -> Iterator[tuple[int, Tensor]]:
        for indices in batches_by_length(rows.lengths, _ROWS_AT_ONCE):
            batch = collate(tokenizer, [rows[index] for index in indices])
            labels = batch.pop("labels")
            yield len(indices), loss(model(**batch).logits, {"labels": labels})

    return fisher(model, losses, len(rows), progress)


def language_model_importance(
    model: LoadedModel, blocks: Blocks, options: PruneOptions, progress: Progress = SILENT
) -> Importance:
    """Importance for the prediction of the next token, on a sample of the training blocks."""
    sample = sorted(random.Random(options.seed).sample(range(len(blocks)), min(options.samples, len(blocks))))

    def losses() -> Iterator[tuple[int, Tensor]]:
        for start in range(0, len(sample), _BLOCKS_AT_ONCE):
            batch = collate_blocks([blocks[index] for index in sample[start : start + _BLOCKS_AT_ONCE]])
            yield len(batch["labels"]), next_token(model(batch["input_ids"], use_cache=False).logits, batch)

    return fisher(model, losses, len(sample), progress)


def fisher(
    model: LoadedModel, losses: Callable[[], Iterator[tuple[int, Tensor]]], count: int, progress: Progress
) -> Importance:
    """The sum over batches of the squared gradients of their losses, by block: heads [kv_heads], neurons [ffn].

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
    return Importance(totals[: len(blocks)], totals[len(blocks) :])


def cut_least_important(model: LoadedModel, importance: Importance, options: PruneOptions) -> None:
    """Remove heads and neurons in place, ranked over all blocks; every block keeps a head and some neurons.

    Raises `UsageError` for an FFN narrower than `options.multiple_of`.
    """
    import torch

    blocks: Sequence[EncoderBlock | DecoderBlock] = describe(model).blocks
    narrowest = min(block.ffn for block in blocks)
    if narrowest < options.multiple_of:
        raise UsageError(f"the FFN is {narrowest} wide: --multiple-of {options.multiple_of} leaves nothing to keep")
    heads = _most_important(importance.heads, options.heads, 1)
    neurons = _most_important(importance.neurons, options.ffn, options.multiple_of)
    with torch.no_grad():
        for block, indices in zip(blocks, heads, strict=True):
            keep_heads(model, block, indices.tolist())
        for block, indices in zip(blocks, neurons, strict=True):
            keep_ffn(block, indices)


def _most_important(scores: list[Tensor], share: float, multiple: int) -> list[Tensor]:
    """For each block the sorted indices of the units to keep: `share` of all units, in multiples in each block."""
    import torch

    everything = torch.cat(scores)
    threshold = everything.topk(max(1, round(share * len(everything)))).values[-1]
    most_important = []
    for score in scores:
        count = round(int((score >= threshold).sum()) / multiple) * multiple
        count = min(max(count, multiple), len(score) // multiple * multiple)
        most_important.append(score.topk(count).indices.sort().values)
    return most_important


def _mask_heads(block: Any, mask: Tensor) -> Any:
    """Multiply each unit's part of what `output` reads [batch, length, heads * head_size] by its mask."""
    width = block.output.in_features // len(mask)
    return block.output.register_forward_pre_hook(lambda module, inputs: (inputs[0] * mask.repeat_interleave(width),))


def _mask_neurons(block: Any, mask: Tensor) -> Any:
    return block.ffn_out.register_forward_pre_hook(lambda module, inputs: (inputs[0] * mask,))
