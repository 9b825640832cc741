"""What a quantized file computes, in PyTorch: the reference that quantized files are checked against.

The weights of the model are already on their grid. What is missing is how each runtime rounds the inputs of its
integer dense layers; hooks do that here, layer by layer, as the runtime does it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.export.activation_ranges import Range
from edgekit.export.quantized_weights import blocked, decoder_block
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder, parameter_names
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe
from edgekit.schema.plan import Plan, TensorPlan
from edgekit.schema.schemes import Format

if TYPE_CHECKING:
    from torch import Tensor, nn

Rounding = Callable[["Tensor"], "Tensor"]


@contextmanager
def simulated(
    model: LoadedModel, plan: Plan | None, format: Format, ranges: Mapping[str, Range] | None = None
) -> Iterator[LoadedModel]:
    """The model, rounding its activations as the runtime of `format` does while the block lasts.

    Valid for one unpadded text at a time. `ranges` are those of the exported file, by weight name.
    """
    names = parameter_names(model)
    with ExitStack() as hooks:
        if plan is not None and plan.tensors:
            parts = describe(model)
            first_only: set[int] = set()
            last_run: list[bool] = []
            if isinstance(parts, Encoder) and format == "onnx":
                first_only = _first_token_layers(parts)
                # of the runs of a shared block, the last alone is for the first token
                last_run = [*itertools.repeat(False, parts.repeats - 1), True]
            for linear in parts.dense():
                tensor = plan.tensors.get(names[id(linear.weight)])
                if isinstance(parts, Decoder) and format == "onnx":
                    rounding = _by_token(tensor, plan, linear.in_features)
                else:
                    rounding = _rounding(tensor, plan, format, (ranges or {}).get(names[id(linear.weight)]))
                if rounding is not None:
                    runs = last_run if id(linear) in first_only else [False]
                    rounds = linear.register_forward_pre_hook(_hook(rounding, itertools.cycle(runs)))
                    hooks.callback(rounds.remove)
        yield model


def _hook(
    rounding: Rounding, first_only: Iterator[bool]
) -> Callable[[nn.Module, tuple[Any, ...]], tuple[Tensor, ...]]:
    """A hook that rounds a layer's input; `first_only` says run by run whether only the first token's is used."""
    import torch

    def hook(_module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Tensor, ...]:
        x = inputs[0]
        if next(first_only) and x.dim() == 3:
            # the file computes this layer for the first token alone, whose range is its own
            return (torch.cat([rounding(x[:, :1]), x[:, 1:]], dim=1),)
        return (rounding(x),)

    return hook


def _first_token_layers(encoder: Encoder) -> set[int]:
    last = encoder.blocks[-1]
    query = () if encoder.shared else (last.query,)
    return {id(linear) for linear in (*query, last.output, last.ffn_in, last.ffn_out)}


def _rounding(tensor: TensorPlan | None, plan: Plan, format: Format, range: Range | None) -> Rounding | None:
    """How the input of a dense layer is rounded, or None where it stays float."""
    if tensor is None:
        return None
    block = blocked(tensor)
    if block is not None:
        return per_row_int8 if format == "tflite" else lambda x: per_block_int8(x, block)
    if plan.activations == "int8-dynamic":
        return per_tensor_uint8 if format == "onnx" else per_row_int8
    if plan.activations == "int8-static":
        assert range is not None, "static activations need calibrated ranges"  # noqa: S101
        scale, zero = range.parameters()
        return lambda x: _affine(x, float(scale), float(zero), 0.0, 255.0)
    return None


def _by_token(tensor: TensorPlan | None, plan: Plan, columns: int) -> Rounding | None:
    """The same in a decoder's ONNX file, which rounds block by block, whatever the weights have a scale for."""
    if tensor is None:
        return None
    block = blocked(tensor) or (decoder_block(columns) if plan.activations == "int8-dynamic" else None)
    return None if block is None else (lambda x: per_block_int8(x, block))


def per_tensor_uint8(x: Tensor) -> Tensor:
    """ONNX's DynamicQuantizeLinear: one asymmetric uint8 range, 0 included, for the whole tensor."""
    low, high = min(float(x.min()), 0.0), max(float(x.max()), 0.0)
    scale, zero = Range(low, high).parameters()
    return _affine(x, float(scale), float(zero), 0.0, 255.0)


def per_row_int8(x: Tensor) -> Tensor:
    """XNNPACK's qd8: one asymmetric int8 range, 0 included, for each token."""
    import torch

    low = x.amin(dim=-1, keepdim=True).clamp(max=0)
    high = x.amax(dim=-1, keepdim=True).clamp(min=0)
    scale = torch.where(high > low, (high - low) / 255, torch.ones_like(low))
    zero = (-128 - low / scale).round().clamp(-128, 127)
    return ((x / scale).round() + zero).clamp(-128, 127).sub(zero) * scale


def per_block_int8(x: Tensor, block: int) -> Tensor:
    """onnxruntime's MatMulNBits at accuracy level 4: symmetric int8 for each block of a row."""
    import torch

    columns = x.shape[-1]
    padded = torch.nn.functional.pad(x, (0, -columns % block))
    blocks = padded.reshape(*x.shape[:-1], -1, block)
    scale = blocks.abs().amax(dim=-1, keepdim=True) / 127
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return ((blocks / scale).round() * scale).reshape(padded.shape)[..., :columns]


def _affine(x: Tensor, scale: float, zero: float, lowest: float, highest: float) -> Tensor:
    return ((x / scale).round() + zero).clamp(lowest, highest).sub(zero) * scale
