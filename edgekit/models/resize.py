"""Cutting a model down in place: heads, FFN neurons, the width of the residual stream, whole blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from edgekit.bundle.manifest import BlockShape
from edgekit.errors import UsageError
from edgekit.models.decoder import Decoder, DecoderBlock
from edgekit.models.encoder import Encoder, EncoderBlock
from edgekit.models.loaded_model import LibraryObject, LoadedModel
from edgekit.models.registry import describe, family_of

if TYPE_CHECKING:
    from torch import Tensor, nn


def keep_heads(model: LoadedModel, block: EncoderBlock | DecoderBlock, heads: Sequence[int]) -> None:
    """Keep only these key heads of a block (indices into its present ones), each with the query heads that read it.

    In most families that is one; where several share a key head they go together.
    """
    import torch

    size, group = block.head_size, block.heads // block.kv_heads

    def rows(width: int) -> Tensor:
        return torch.cat([torch.arange(head * width, (head + 1) * width) for head in heads])

    slice_linear(block.query, outputs=rows(group * size))
    for linear in (block.key, block.value):
        slice_linear(linear, outputs=rows(size))
    slice_linear(block.output, inputs=rows(group * size))
    family_of(model).set_heads(block.attention, block.heads, size)


def keep_ffn(block: EncoderBlock | DecoderBlock, neurons: Tensor) -> None:
    """Keep only these neurons [kept] of a block's feed-forward layer (indices into its present width)."""
    for linear in _into_ffn(block):
        slice_linear(linear, outputs=neurons)
    slice_linear(block.ffn_out, inputs=neurons)


def keep_hidden(model: LoadedModel, channels: Tensor) -> None:
    """Keep only these channels [kept] of the residual stream, in every embedding, norm and dense layer.

    The head sizes stay: the heads' dense layers lose inputs, not outputs. Embeddings behind a projection keep their
    width.
    """
    parts = describe(model)
    if isinstance(parts, Decoder):
        _narrow_ends(parts, channels)
    elif parts.projection is not None:
        slice_linear(parts.projection, outputs=channels)
    else:
        _cut_embeddings(parts, channels)
    for block in parts.blocks:
        for linear in (block.query, block.key, block.value, *_into_ffn(block)):
            slice_linear(linear, inputs=channels)
        for linear in (block.output, block.ffn_out):
            slice_linear(linear, outputs=channels)
        _cut_norm(block.attention_norm, channels)
        _cut_norm(block.ffn_norm, channels)
    if isinstance(parts, Encoder):
        for layer in parts.head[:-1]:
            slice_linear(layer.linear, inputs=channels, outputs=channels)
        slice_linear(parts.head[-1].linear, inputs=channels)


def keep_blocks(model: LoadedModel, indices: Sequence[int]) -> None:
    """Keep only these layers, in this order; a block that all layers share is run less often."""
    from torch import nn

    kind, parts = family_of(model), describe(model)
    kind.set_shape(model.config, replace(kind.shape(model.config), layers=len(indices)))
    if isinstance(parts, Encoder) and parts.shared:
        return
    blocks = kind.blocks(model)
    remaining = nn.ModuleList([blocks[index] for index in indices])
    del blocks[:]
    blocks.extend(remaining)
    for number, block in enumerate(remaining):
        for module in block.modules():
            if hasattr(module, "layer_idx"):  # where a decoder's cache keeps what the block has seen
                setattr(module, "layer_idx", number)  # noqa: B010  torch types every attribute as a tensor


def reshape(model: LoadedModel, shapes: Sequence[BlockShape]) -> None:
    """Give each block of a freshly made model the shape that pruning left it; the values do not matter.

    Raises `UsageError` for heads that split a group which shares a key head.
    """
    import torch

    blocks: Sequence[EncoderBlock | DecoderBlock] = describe(model).blocks
    for block, wanted in zip(blocks, shapes, strict=True):
        group = block.heads // block.kv_heads
        if wanted.heads % group:
            raise UsageError(f"a block of {wanted.heads} heads, of which {group} share a key head each")
        keep_heads(model, block, range(wanted.heads // group))
        keep_ffn(block, torch.arange(wanted.ffn))


def slice_linear(linear: nn.Linear, *, inputs: Tensor | None = None, outputs: Tensor | None = None) -> None:
    """Keep the given input columns and output rows [kept] of a dense layer [out, in], bias included."""
    if inputs is not None:
        _replace(linear, "weight", linear.weight[:, inputs])
        linear.in_features = len(inputs)
    if outputs is not None:
        _replace(linear, "weight", linear.weight[outputs])
        if linear.bias is not None:
            _replace(linear, "bias", linear.bias[outputs])
        linear.out_features = len(outputs)


def _into_ffn(block: EncoderBlock | DecoderBlock) -> Iterator[nn.Linear]:
    """The dense layers that give a block's neurons: one, or two with a gate."""
    yield block.ffn_in
    if isinstance(block, DecoderBlock) and block.gate is not None:
        yield block.gate


def _narrow_ends(decoder: Decoder, channels: Tensor) -> None:
    """What lies before and behind a decoder's blocks; a head that is the token embedding stays it."""
    tied = decoder.tied
    for embedding in decoder.embeddings:
        _cut_embedding(embedding, channels)
    _cut_norm(decoder.norm, channels)
    if tied:
        decoder.head.weight, decoder.head.in_features = decoder.token_embedding.weight, len(channels)
    else:
        slice_linear(decoder.head, inputs=channels)


def _cut_embeddings(encoder: Encoder, channels: Tensor) -> None:
    for embedding in (*encoder.embeddings, encoder.only_type):
        if embedding is not None:
            _cut_embedding(embedding, channels)
    _cut_norm(encoder.embedding_norm, channels)


def _cut_embedding(embedding: nn.Embedding, channels: Tensor) -> None:
    _replace(embedding, "weight", embedding.weight[:, channels])
    embedding.embedding_dim = len(channels)


def _cut_norm(norm: LibraryObject, channels: Tensor) -> None:
    _replace(norm, "weight", norm.weight[channels])
    if getattr(norm, "bias", None) is not None:  # a LayerNorm; an RMSNorm has no shape of its own either
        _replace(norm, "bias", norm.bias[channels])
        norm.normalized_shape = (len(channels),)


def _replace(module: LibraryObject, name: str, value: Tensor) -> None:
    from torch import nn

    setattr(module, name, nn.Parameter(value.detach().clone().contiguous()))
