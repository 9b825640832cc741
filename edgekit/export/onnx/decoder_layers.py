"""The layers of a decoder in ONNX: what a file with a cache and a classifier without one have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import UsageError
from edgekit.export.onnx.activation import FUSED_BIAS, add_activation
from edgekit.export.onnx.dense import DenseLowering
from edgekit.export.onnx.graph_builder import MICROSOFT, OnnxGraph
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.models.decoder import Decoder, DecoderBlock

if TYPE_CHECKING:
    from torch import Tensor, nn

# GroupQueryAttention takes heads of a multiple of this, and rotates those of a multiple of the other itself
_HEADS_OF, _ROTATED_WITHIN = 8, 16


def require_heads(decoder: Decoder) -> None:
    """Raise `UsageError` for heads that the attention operator does not take."""
    if odd := [block.head_size for block in decoder.blocks if block.head_size % _HEADS_OF]:
        raise UsageError(f"heads of {odd[0]} values: the ONNX attention of decoders takes multiples of {_HEADS_OF}")


@dataclass
class DecoderLayers(ABC):
    """One graph in the making.

    past, end:   how many tokens lie before these, and how many there are with them, int64 [1]
    last, total: the last position of each text, int32 [batch], and `end` as an int32 scalar
    """

    graph: OnnxGraph
    decoder: Decoder
    weights: QuantizedWeights
    dense: DenseLowering
    max_length: int
    past: str = field(default="", init=False)
    end: str = field(default="", init=False)
    last: str = field(default="", init=False)
    total: str = field(default="", init=False)

    @abstractmethod
    def cache(self, index: int) -> tuple[list[str], list[str]]:
        """The names of what a block has seen before, key and value, and of that with these tokens."""

    def blocks(self, token_vectors: str, select: Callable[[str], str] | None = None) -> str:
        """Token vectors -> what the last norm gives: [batch, sequence, hidden] -> the same.

        select: takes the tokens out whose answer is asked for; what follows the last attention is computed for them
        """
        decoder, skip = self.decoder, token_vectors
        if decoder.position_embedding is not None:
            skip = self.graph.add("Add", [skip, self._positions(decoder.position_embedding)], "embedding")
        x = self._norm(skip, decoder.blocks[0].attention_norm, "block0_attention_norm")
        for index, block in enumerate(decoder.blocks):
            name, last = f"block{index}", index == len(decoder.blocks) - 1
            attended = self._attention(block, x, index)
            if last and select is not None:
                attended, skip = select(attended), select(skip)
            attended = self.dense.add(attended, [block.output], f"{name}_output")
            x, skip = self._add_and_norm(attended, skip, block.ffn_norm, f"{name}_ffn_norm")
            inner = self.dense.add(self._feed_forward(block, x, name), [block.ffn_out], f"{name}_ffn_out")
            norm = decoder.norm if last else decoder.blocks[index + 1].attention_norm
            norm_name = "final_norm" if last else f"block{index + 1}_attention_norm"
            x, skip = self._add_and_norm(inner, skip, norm, norm_name)
        return x

    def _positions(self, table: nn.Embedding) -> str:
        """The rows of the position embedding for these tokens [sequence, hidden]; `max_length` rows are kept."""
        if self.max_length > table.num_embeddings:
            raise UsageError(f"max_length {self.max_length} is more than the model's {table.num_embeddings}")
        graph, quantized = self.graph, self.weights.quantized(table.weight)
        if quantized is not None and quantized.scales.ndim != 1:
            raise UsageError(f"{quantized.name}: a position embedding is stored with one scale a row")
        if quantized is None:
            rows = graph.constant("positions.weight", self.weights.values(table.weight)[: self.max_length])
        else:
            # constants only: folded once, when the file is opened
            integers = graph.constant("positions.weight", quantized.integers[: self.max_length])
            scales = graph.constant("positions.scale", quantized.scales[: self.max_length, None])
            rows = graph.add("Mul", [graph.add("Cast", [integers], "positions_cast", to=1), scales], "positions_table")
        axis = graph.constant("axis0", np.array([0], np.int64))
        return graph.add("Slice", [rows, self.past, self.end, axis], "positions")

    def _attention(self, block: DecoderBlock, x: str, index: int) -> str:
        """Causal attention over past and present: [batch, sequence, hidden] -> [.., .., heads * head_size]."""
        graph, name = self.graph, f"block{index}"
        packed = self.dense.add(x, [block.query, block.key, block.value], f"{name}_qkv")
        heads = {"num_heads": block.heads, "kv_num_heads": block.kv_heads}
        cache, present = self.cache(index)
        operands, rotations = [packed, "", ""], []
        if self.decoder.rotary is not None:
            rotations = self._rotations()
            if block.head_size % _ROTATED_WITHIN:
                operands, rotations = self._rotated(block, packed, rotations, name), []
        return graph.add_many(
            "GroupQueryAttention",
            [*operands, *cache, self.last, self.total, *rotations],
            [f"{name}_attention", *present],
            domain=MICROSOFT,
            do_rotary=int(bool(rotations)),
            **heads,
        )[0]

    def _rotations(self) -> list[str]:
        """Cosines and sines [max_length, head_size / 2]."""
        assert self.decoder.rotary is not None  # noqa: S101 - for the type checker
        tables = self.decoder.rotary(self.max_length)
        return [
            self.graph.constant(f"rotary.{kind}", table.detach().cpu().float().numpy())
            for kind, table in zip(("cos", "sin"), tables, strict=True)
        ]

    def _rotated(self, block: DecoderBlock, packed: str, rotations: list[str], name: str) -> list[str]:
        """Query and key rotated before the attention, and the value."""
        graph = self.graph
        widths = np.array([block.heads, block.kv_heads, block.kv_heads], np.int64) * block.head_size
        sizes = graph.constant(f"{name}_widths", widths)
        query, key, value = graph.add_many("Split", [packed, sizes], [f"{name}_{part}" for part in "qkv"], axis=-1)
        rotated = [
            graph.add("RotaryEmbedding", [part, self.past, *rotations], f"{part}_rotated", domain=MICROSOFT)
            for part in (query, key)
        ]
        return [*rotated, value]

    def _feed_forward(self, block: DecoderBlock, x: str, name: str) -> str:
        """The first dense layers and the activation: [batch, sequence, hidden] -> [batch, sequence, ffn]."""
        if block.gate is None:
            return self._activation(x, block.ffn_in, f"{name}_ffn_in")
        gate = self._activation(x, block.gate, f"{name}_ffn_gate")
        return self.graph.add("Mul", [gate, self.dense.add(x, [block.ffn_in], f"{name}_ffn_in")], f"{name}_gated")

    def _activation(self, x: str, linear: nn.Linear, name: str) -> str:
        graph, activation = self.graph, self.decoder.activation
        if activation not in FUSED_BIAS or linear.bias is None:
            return add_activation(graph, activation, self.dense.add(x, [linear], name), f"{name}_act")
        bias = graph.constant(f"{name}.bias", self.weights.values(linear.bias))
        wide = self.dense.add(x, [linear], name, bias=False)
        return graph.add(FUSED_BIAS[activation], [wide, bias], f"{name}_act", domain=MICROSOFT)

    def _norm(self, x: str, norm: nn.Module, name: str) -> str:
        operator = "LayerNormalization" if _has_bias(norm) else "SimplifiedLayerNormalization"
        operands = [x, *self._norm_weights(norm, name)]
        return self.graph.add(operator, operands, name, epsilon=self.decoder.epsilon, axis=-1)

    def _add_and_norm(self, x: str, skip: str, norm: nn.Module, name: str) -> tuple[str, str]:
        """The norm of x and the residual together, and their sum (two operators, as `encoder_graph` says)."""
        total = self.graph.add("Sum", [x, skip], f"{name}_sum")
        return self._norm(total, norm, name), total

    def _norm_weights(self, norm: nn.Module, name: str) -> list[str]:
        weight, bias = _parameters(norm)
        names = [self.graph.constant(f"{name}.gamma", self.weights.values(weight))]
        if bias is not None:
            names.append(self.graph.constant(f"{name}.beta", self.weights.values(bias)))
        return names


def _has_bias(norm: nn.Module) -> bool:
    return _parameters(norm)[1] is not None


def _parameters(norm: nn.Module) -> tuple[Tensor, Tensor | None]:
    """Weight and bias [hidden] of a norm; an RMSNorm has no bias."""
    return norm.get_parameter("weight"), getattr(norm, "bias", None)
