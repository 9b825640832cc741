"""An encoder classifier as a PyTorch module for one unbatched text, made for conversion to TFLite.

Same computation as the ONNX graph: query, key and value packed, the last block for the first token alone. A block that
several layers share is one module that is called several times, whose weights the file holds once. Integer
tables stay integers in the graph: rows are gathered, cast and scaled, which every TFLite runtime computes alike
(the look-up of a quantized table is wrong in tflite-runtime). Imports torch, so it is itself imported late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from edgekit.compress.grid import Floats, Integers
from edgekit.export.stored import Stored, Weights
from edgekit.models.encoder import Block, Encoder
from edgekit.spec.errors import ToolError, UsageError
from edgekit.spec.plan import TensorPlan

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": nn.functional.gelu,
    "gelu_tanh": lambda x: nn.functional.gelu(x, approximate="tanh"),
    "relu": nn.functional.relu,
    "tanh": torch.tanh,
    "none": lambda x: x,
}
# what is added to the score of a padded token: exp of it is 0 in float32
_MASKED = -1e9


@dataclass(frozen=True)
class Matrix:
    """A dense matrix of the module [out, in] and how the file must store it; `names` are its weights' own."""

    names: tuple[str, ...]
    values: Floats
    integers: Integers
    scales: Floats
    plan: TensorPlan


class TfliteEncoder(nn.Module):
    """input_ids, attention_mask (and token_type_ids) int32 [1, length] -> logits float32 [1, labels]."""

    def __init__(self, encoder: Encoder, weights: Weights, max_length: int) -> None:
        super().__init__()
        self.matrices: list[Matrix] = []
        self.words = _Table(encoder.words, weights)
        first = encoder.first_position
        self.positions = _Table(encoder.positions, weights, slice(first, first + max_length))
        self.types = _Table(encoder.types, weights) if encoder.types is not None else None
        self.only_type = encoder.only_type.weight.detach()[0] if encoder.only_type is not None else None
        self.norm = _Norm(encoder.embedding_norm)
        self.projection = self.pack([encoder.projection], weights) if encoder.projection is not None else None
        last = len(encoder.blocks) - 1
        self.blocks = nn.ModuleList(
            _TfliteBlock(self, block, weights, encoder.activation, packed=encoder.shared or index < last)
            for index, block in enumerate(encoder.blocks)
        )
        self.runs = [(index, is_last) for index, _, is_last in encoder.runs()]
        self.head = nn.ModuleList(self.pack([layer.linear], weights) for layer in encoder.head)
        self.head_activations = [_activation(layer.activation) for layer in encoder.head]

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> dict[str, Tensor]:
        """One text, padded on the right."""
        # counted from the mask, so that the converter cannot fold a float copy of the table into each signature
        places = (torch.cumsum(attention_mask[0], 0, dtype=torch.int32) - 1).clamp(min=0)
        x = self.words(input_ids[0]) + self.positions(places)
        if self.types is not None and token_type_ids is not None:
            x = x + self.types(token_type_ids[0])
        if self.only_type is not None:
            x = x + self.only_type
        x = self.norm(x)
        if self.projection is not None:
            x = self.projection(x)
        mask = (1.0 - attention_mask.to(torch.float32)) * _MASKED
        for index, last in self.runs:
            x = self.blocks[index](x, mask, last)
        for linear, activation in zip(self.head, self.head_activations, strict=True):
            x = activation(linear(x))
        return {"logits": x}

    def pack(self, layers: Sequence[nn.Linear], weights: Weights) -> nn.Module:
        """Dense layers that read the same input as one, where the plan stores them alike; else side by side."""
        stored = [weights.stored(layer.weight) for layer in layers]
        if len({tensor.plan if tensor else None for tensor in stored}) > 1:
            return _SideBySide([self.pack([layer], weights) for layer in layers])
        first = layers[0]
        linear = nn.Linear(first.in_features, sum(layer.out_features for layer in layers))
        linear.weight.data = torch.cat([layer.weight.detach() for layer in layers])
        linear.bias.data = torch.cat(
            [torch.zeros(layer.out_features) if layer.bias is None else layer.bias.detach() for layer in layers]
        )
        present = [tensor for tensor in stored if tensor is not None]
        if present:
            self.matrices.append(_matrix(present, linear))
        return linear


def _activation(name: str) -> Callable[[Tensor], Tensor]:
    if name not in _ACTIVATIONS:
        raise UsageError(f"the activation {name!r} has no TFLite lowering", advice="gelu, gelu_tanh or relu")
    return _ACTIVATIONS[name]


def _matrix(stored: Sequence[Stored], linear: nn.Linear) -> Matrix:
    return Matrix(
        names=tuple(tensor.name for tensor in stored),
        values=linear.weight.detach().numpy(),
        integers=np.concatenate([tensor.integers for tensor in stored]),
        scales=np.concatenate([tensor.scales for tensor in stored]),
        plan=stored[0].plan,
    )


class _SideBySide(nn.Module):
    def __init__(self, parts: Sequence[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x) for part in self.parts], dim=-1)


class _Table(nn.Module):
    """Rows of a table [entries, width] by int32 ids [tokens], counted from the first that is kept."""

    def __init__(self, table: nn.Embedding, weights: Weights, keep: slice = slice(None)) -> None:
        super().__init__()
        stored = weights.stored(table.weight)
        if stored is None:
            self.register_buffer("rows", table.weight.detach()[keep].clone())
            self.scales = None
            return
        if stored.plan.bits != 8 or stored.plan.block:
            raise ToolError(f"{stored.name}: tables are stored in 8 bits, one scale a row")
        self.register_buffer("rows", torch.from_numpy(stored.integers[keep].copy()))
        self.register_buffer("scales", torch.from_numpy(stored.scales[keep, None].copy()))

    def forward(self, ids: Tensor) -> Tensor:
        rows: Tensor = torch.index_select(self.get_buffer("rows"), 0, ids)
        if self.scales is None:
            return rows
        return rows.to(torch.float32) * torch.index_select(self.get_buffer("scales"), 0, ids)


class _Norm(nn.Module):
    """Layer normalization with its axes kept, which spares the reshapes of PyTorch's own decomposition."""

    def __init__(self, norm: nn.LayerNorm) -> None:
        super().__init__()
        self.gamma, self.beta, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = (centred * centred).mean(dim=-1, keepdim=True)
        return centred * torch.rsqrt(variance + self.eps) * self.gamma + self.beta


class _TfliteBlock(nn.Module):
    """A block; `packed` says that the query is stored with key and value, else it is computed by itself."""

    def __init__(self, owner: TfliteEncoder, block: Block, weights: Weights, activation: str, *, packed: bool) -> None:
        super().__init__()
        self.heads, self.size = block.heads, block.head_size
        self.query = None if packed else owner.pack([block.query], weights)
        apart = [block.key, block.value]
        self.packed = owner.pack([block.query, *apart] if packed else apart, weights)
        self.output = owner.pack([block.output], weights)
        self.ffn_in = owner.pack([block.ffn_in], weights)
        self.ffn_out = owner.pack([block.ffn_out], weights)
        self.attention_norm, self.ffn_norm = _Norm(block.attention_norm), _Norm(block.ffn_norm)
        self.activation = _activation(activation)

    def forward(self, x: Tensor, mask: Tensor, last: bool) -> Tensor:
        """x [tokens, hidden], mask [1, tokens] -> [tokens, hidden], or [1, hidden] for the last run."""
        kept = x[:1] if last else x
        parts = self._split(self.packed(x))
        if self.query is not None:
            parts = (self._heads(self.query(kept)), *parts)
        query, key, value = parts
        if last:
            query = query[:, :1]
        # scaled here and not at the query, where the converter would fold the factor into the weights
        scores = torch.matmul(query, key.transpose(1, 2)) * self.size**-0.5 + mask
        attended = torch.matmul(torch.softmax(scores, dim=-1), value)
        joined = attended.transpose(0, 1).reshape(-1, self.heads * self.size)
        x = self.attention_norm(kept + self.output(joined))
        wide: Any = self.activation(self.ffn_in(x))
        normed: Tensor = self.ffn_norm(x + self.ffn_out(wide))
        return normed

    def _split(self, packed: Tensor) -> tuple[Tensor, ...]:
        return tuple(self._heads(part) for part in torch.split(packed, self.heads * self.size, dim=-1))

    def _heads(self, x: Tensor) -> Tensor:
        """[tokens, heads * size] -> [heads, tokens, size]."""
        return x.reshape(-1, self.heads, self.size).transpose(0, 1)
