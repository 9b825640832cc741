"""How onnxruntime rounds the inputs of dense layers of integers, in PyTorch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from edgekit.export.activation_range import ActivationRange
from edgekit.export.lowering import Lowering
from edgekit.export.onnx.dense import row_block
from edgekit.export.quantized_weights import block_size
from edgekit.export.simulation import LayerRounding, Rounding, integer_layers
from edgekit.export.source import Source
from edgekit.models.encoder import Encoder
from edgekit.models.registry import describe
from edgekit.schema.plan import Plan, TensorPlan

if TYPE_CHECKING:
    from torch import Tensor


def simulate(source: Source, _: Lowering, ranges: Mapping[str, ActivationRange]) -> Iterator[LayerRounding]:
    """The dense layers whose inputs the runtime rounds; ranges: of static activations, by the weight's name."""
    if source.plan is None or not source.quantized:
        return
    parts = describe(source.model)
    block_of = row_block(parts, source.plan)
    first_only = _first_token_layers(parts) if isinstance(parts, Encoder) else set()
    for linear, name, tensor in integer_layers(source):
        rounding = _rounding(tensor, source.plan, linear.in_features, block_of, ranges.get(name))
        if rounding is not None and isinstance(parts, Encoder) and id(linear) in first_only:
            rounding = _of_first_token(rounding, parts.repeats)
        if rounding is not None:
            yield linear, rounding


def _rounding(
    tensor: TensorPlan,
    plan: Plan,
    columns: int,
    block_of: Callable[[int], int] | None,
    range: ActivationRange | None,
) -> Rounding | None:
    """How the input of a dense layer is rounded, or None where it stays float."""
    block = block_size(tensor) or (block_of(columns) if block_of is not None else None)
    if block is not None:
        return lambda x: per_block_int8(x, block)
    if plan.activations == "int8-dynamic":
        return per_tensor_uint8
    if plan.activations == "int8-static":
        assert range is not None, "static activations need calibrated ranges"  # noqa: S101
        return lambda x: _affine_uint8(x, range)
    return None


def _first_token_layers(encoder: Encoder) -> set[int]:
    last = encoder.blocks[-1]
    query = () if encoder.shared else (last.query,)
    return {id(linear) for linear in (*query, last.output, last.ffn_in, last.ffn_out)}


def _of_first_token(rounding: Rounding, repeats: int) -> Rounding:
    """The file computes the last run of such a layer for the first token alone, whose range is its own."""
    import torch

    last_run = itertools.cycle([*itertools.repeat(False, repeats - 1), True])

    def rounded(x: Tensor) -> Tensor:
        if next(last_run) and x.dim() == 3:
            return torch.cat([rounding(x[:, :1]), x[:, 1:]], dim=1)
        return rounding(x)

    return rounded


def per_tensor_uint8(x: Tensor) -> Tensor:
    """DynamicQuantizeLinear of x [batch, tokens, in]: one asymmetric uint8 range, 0 included, for the whole tensor."""
    return _affine_uint8(x, ActivationRange(min(float(x.min()), 0.0), max(float(x.max()), 0.0)))


def per_block_int8(x: Tensor, block: int) -> Tensor:
    """MatMulNBits at accuracy level 4: symmetric int8 for each block of a row [..., in]."""
    import torch

    columns = x.shape[-1]
    padded = torch.nn.functional.pad(x, (0, -columns % block))
    blocks = padded.reshape(*x.shape[:-1], -1, block)
    scale = blocks.abs().amax(dim=-1, keepdim=True) / 127
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return ((blocks / scale).round() * scale).reshape(padded.shape)[..., :columns]


def _affine_uint8(x: Tensor, range: ActivationRange) -> Tensor:
    scale, zero = (float(value) for value in range.parameters())
    return ((x / scale).round() + zero).clamp(0.0, 255.0).sub(zero) * scale
