"""What the TFLite modules of encoders and decoders are made of: dense layers, embeddings, norms, activations.

Integer embeddings stay integers in the graph: rows are gathered, cast and scaled, which every TFLite runtime computes
alike (the look-up of a quantized embedding is wrong in tflite-runtime). Imports torch, so it is itself imported late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from edgekit.compress.quantization.grid import Floats, Integers
from edgekit.errors import ToolError, UsageError
from edgekit.export.quantized_weights import QuantizedTensor, QuantizedWeights
from edgekit.models.activations import ACTIVATIONS
from edgekit.schema.plan import TensorPlan

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": nn.functional.gelu,
    "gelu_tanh": lambda x: nn.functional.gelu(x, approximate="tanh"),
    "relu": nn.functional.relu,
    "silu": nn.functional.silu,
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "mish": nn.functional.mish,
    "sigmoid": torch.sigmoid,
    "relu6": nn.functional.relu6,
    "leaky_relu": nn.functional.leaky_relu,
    "tanh": torch.tanh,
    "none": lambda x: x,
}
# what is added to the score of a token that is not to be seen: exp of it is 0 in float32
MASKED = -1e9


@dataclass(frozen=True)
class DenseMatrix:
    """A dense matrix of the module [out, in] and how the file must store it; `names` are its weights' own."""

    names: tuple[str, ...]
    values: Floats
    integers: Integers
    scales: Floats
    plan: TensorPlan


class Packer:
    """Makes the dense layers of a module, and remembers in `matrices` those that the file stores as integers."""

    def __init__(self, weights: QuantizedWeights) -> None:
        self.weights = weights
        self.matrices: list[DenseMatrix] = []

    def dense(self, *layers: nn.Linear) -> nn.Module:
        """Dense layers that read the same input as one, where the plan stores them alike; else side by side."""
        tensors = [self.weights.quantized(layer.weight) for layer in layers]
        if len({tensor.plan if tensor else None for tensor in tensors}) > 1:
            return _SideBySide([self.dense(layer) for layer in layers])
        first = layers[0]
        linear = nn.Linear(first.in_features, sum(layer.out_features for layer in layers))
        linear.weight.data = torch.cat([layer.weight.detach() for layer in layers])
        linear.bias.data = torch.cat(
            [torch.zeros(layer.out_features) if layer.bias is None else layer.bias.detach() for layer in layers]
        )
        quantized = [tensor for tensor in tensors if tensor is not None]
        if quantized:
            self.matrices.append(_matrix(quantized, linear))
        return linear


def activation(name: str) -> Callable[[Tensor], Tensor]:
    """The activation of this name, [tokens, width] -> the same, or `UsageError` with those there are."""
    if name not in _ACTIVATIONS:
        raise UsageError(f"the activation {name!r} has no TFLite lowering", advice=", ".join(ACTIVATIONS))
    return _ACTIVATIONS[name]


def _matrix(tensors: Sequence[QuantizedTensor], linear: nn.Linear) -> DenseMatrix:
    return DenseMatrix(
        names=tuple(tensor.name for tensor in tensors),
        values=linear.weight.detach().numpy(),
        integers=np.concatenate([tensor.integers for tensor in tensors]),
        scales=np.concatenate([tensor.scales for tensor in tensors]),
        plan=tensors[0].plan,
    )


class _SideBySide(nn.Module):
    def __init__(self, parts: Sequence[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x) for part in self.parts], dim=-1)


class EmbeddingTable(nn.Module):
    """Rows of a table [entries, width] by int32 ids [tokens], counted from the first that is kept."""

    def __init__(self, table: nn.Embedding, weights: QuantizedWeights, keep: slice = slice(None)) -> None:
        super().__init__()
        quantized = weights.quantized(table.weight)
        if quantized is None:
            self.register_buffer("rows", table.weight.detach()[keep].clone())
            self.scales = None
            return
        if quantized.plan.bits != 8 or quantized.plan.block:
            raise ToolError(f"{quantized.name}: embeddings are stored in 8 bits, one scale a row")
        self.register_buffer("rows", torch.from_numpy(quantized.integers[keep].copy()))
        self.register_buffer("scales", torch.from_numpy(quantized.scales[keep, None].copy()))

    def forward(self, ids: Tensor) -> Tensor:
        """The rows [tokens, width] as float32."""
        rows: Tensor = torch.index_select(self.get_buffer("rows"), 0, ids)
        if self.scales is None:
            return rows
        return rows.to(torch.float32) * torch.index_select(self.get_buffer("scales"), 0, ids)


class LayerNorm(nn.Module):
    """Layer normalization with its axes kept, which spares the reshapes of PyTorch's own decomposition."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.gamma, self.beta, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        """The last axis of x [..., width] to mean 0 and variance 1, scaled and moved."""
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = (centred * centred).mean(dim=-1, keepdim=True)
        return centred * torch.rsqrt(variance + self.eps) * self.gamma + self.beta


class RmsNorm(nn.Module):
    """Root mean square normalization (Zhang and Sennrich 2019, arXiv 1910.07467)."""

    def __init__(self, norm: nn.Module, epsilon: float) -> None:
        super().__init__()
        self.gamma = norm.get_parameter("weight")
        self.eps = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """The last axis of x [..., width] to a mean square of 1, scaled."""
        normed: Tensor = x * torch.rsqrt((x * x).mean(dim=-1, keepdim=True) + self.eps) * self.gamma
        return normed
