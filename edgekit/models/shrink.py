"""Cutting a model down in place: heads, FFN neurons, the width of the residual stream, whole blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgekit.models.encoder import Block, Encoder
from edgekit.models.families import describe, family
from edgekit.spec.manifest import BlockShape

if TYPE_CHECKING:
    from torch import Tensor, nn


def keep_heads(model: Any, block: Block, heads: Sequence[int]) -> None:
    """Keep only these attention heads of a block (indices into its present heads)."""
    import torch

    size = block.head_size
    rows = torch.cat([torch.arange(head * size, (head + 1) * size) for head in heads])
    for linear in (block.query, block.key, block.value):
        cut(linear, outputs=rows)
    cut(block.output, inputs=rows)
    block.heads = len(heads)
    family(model.config.model_type).set_heads(block.attention, len(heads), size)


def keep_ffn(block: Block, neurons: Tensor) -> None:
    """Keep only these neurons of a block's feed-forward layer (indices into its present width)."""
    cut(block.ffn_in, outputs=neurons)
    cut(block.ffn_out, inputs=neurons)


def keep_hidden(model: Any, channels: Tensor) -> None:
    """Keep only these channels of the residual stream, in every table, norm and dense layer.

    The head sizes stay: the heads' dense layers lose inputs, not outputs. Tables behind a projection keep their width.
    """
    encoder = describe(model)
    if encoder.projection is not None:
        cut(encoder.projection, outputs=channels)
    else:
        _cut_embeddings(encoder, channels)
    for block in encoder.blocks:
        for linear in (block.query, block.key, block.value, block.ffn_in):
            cut(linear, inputs=channels)
        for linear in (block.output, block.ffn_out):
            cut(linear, outputs=channels)
        _cut_norm(block.attention_norm, channels)
        _cut_norm(block.ffn_norm, channels)
    for layer in encoder.head[:-1]:
        cut(layer.linear, inputs=channels, outputs=channels)
    cut(encoder.head[-1].linear, inputs=channels)


def keep_blocks(model: Any, indices: Sequence[int]) -> None:
    """Keep only these layers, in this order; a block that all layers share is run less often."""
    from torch import nn

    kind, shared = family(model.config.model_type), describe(model).shared
    kind.set_shape(model.config, replace(kind.shape(model.config), layers=len(indices)))
    if shared:
        return
    blocks = kind.blocks(model)
    kept = nn.ModuleList([blocks[index] for index in indices])
    del blocks[:]
    blocks.extend(kept)


def reshape(model: Any, shapes: Sequence[BlockShape]) -> None:
    """Give each block of a freshly made model the shape that pruning left it; the values do not matter."""
    import torch

    for block, wanted in zip(describe(model).blocks, shapes, strict=True):
        keep_heads(model, block, range(wanted.heads))
        keep_ffn(block, torch.arange(wanted.ffn))


def cut(linear: nn.Linear, *, inputs: Tensor | None = None, outputs: Tensor | None = None) -> None:
    """Keep the given input columns and output rows of a dense layer, bias included."""
    if inputs is not None:
        _replace(linear, "weight", linear.weight[:, inputs])
        linear.in_features = len(inputs)
    if outputs is not None:
        _replace(linear, "weight", linear.weight[outputs])
        if linear.bias is not None:
            _replace(linear, "bias", linear.bias[outputs])
        linear.out_features = len(outputs)


def _cut_embeddings(encoder: Encoder, channels: Tensor) -> None:
    for table in (*encoder.tables, encoder.only_type):
        if table is not None:
            _replace(table, "weight", table.weight[:, channels])
            table.embedding_dim = len(channels)
    _cut_norm(encoder.embedding_norm, channels)


def _cut_norm(norm: nn.LayerNorm, channels: Tensor) -> None:
    _replace(norm, "weight", norm.weight[channels])
    _replace(norm, "bias", norm.bias[channels])
    norm.normalized_shape = (len(channels),)


def _replace(module: nn.Module, name: str, value: Tensor) -> None:
    from torch import nn

    setattr(module, name, nn.Parameter(value.detach().clone().contiguous()))
