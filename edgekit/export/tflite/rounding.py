"""How LiteRT rounds the inputs of dense layers of integers, in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from edgekit.export.activation_range import ActivationRange
from edgekit.export.lowering import Lowering
from edgekit.export.simulation import LayerRounding, integer_layers
from edgekit.export.source import Source
from edgekit.models.encoder import Encoder
from edgekit.models.registry import describe

if TYPE_CHECKING:
    from torch import Tensor


def simulate(source: Source, lowering: Lowering, _: Mapping[str, ActivationRange]) -> Iterator[LayerRounding]:
    """The dense layers whose inputs the runtime rounds: those that read integers and no dequantized weights."""
    for linear, _name, tensor in integer_layers(source):
        if tensor.bits != 8 or not dequantizes(source, lowering):
            yield linear, per_row_int8


def dequantizes(source: Source, lowering: Lowering) -> bool:
    """Whether 8-bit weights are dequantized in the graph, so that activations stay float.

    Weight-only classifiers are; a decoder that is bound by reading its weights only where the runtime needs it.
    """
    if source.plan is None or lowering.explicit:
        return lowering.explicit
    parts = describe(source.model)
    return source.plan.activations == "float" and (isinstance(parts, Encoder) or parts.classifies)


def per_row_int8(x: Tensor) -> Tensor:
    """XNNPACK's qd8: one asymmetric int8 range, 0 included, for each token [..., in]."""
    import torch

    low = x.amin(dim=-1, keepdim=True).clamp(max=0)
    high = x.amax(dim=-1, keepdim=True).clamp(min=0)
    scale = torch.where(high > low, (high - low) / 255, torch.ones_like(low))
    zero = (-128 - low / scale).round().clamp(-128, 127)
    return ((x / scale).round() + zero).clamp(-128, 127).sub(zero) * scale
