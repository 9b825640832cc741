"""A decoder with its key-value cache as an ONNX graph, built operator by operator from its description.

Inputs and outputs are named as optimum exports them, so that `optimum.onnxruntime.ORTModelForCausalLM` opens the
bundle. `logits_to_keep` is left out there: 1 by default, for the logits of the last token alone; 0 gives all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.export.onnx_dense import DenseLowering
from edgekit.export.onnx_graph import MICROSOFT, OnnxGraph
from edgekit.export.onnx_words import Words
from edgekit.export.stored import Weights, decoder_block
from edgekit.export.written import Written
from edgekit.models.decoder import Decoder, DecoderBlock
from edgekit.models.decoders import describe_decoder
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import TensorSpec

if TYPE_CHECKING:
    from torch import nn

ONNX_FILE = "model.onnx"
# GroupQueryAttention takes heads of a multiple of this, and rotates those of a multiple of the other itself
_HEADS_OF, _ROTATED_WITHIN = 8, 16


def write_onnx_decoder(model: Any, weights: Weights, out: Path, *, max_length: int) -> Written:
    """Write `model.onnx` into `out`, for texts of up to `max_length` tokens in all.

    input_ids int64 [batch, sequence], attention_mask int64 [batch, total], past_key_values.i.key and .value float32
    [batch, kv_heads, past, head_size] -> logits float32 [batch, kept, vocabulary], present.i.key and .value like
    past. Padding, if any, is on the right of the mask. past and present may be one buffer of a fixed capacity.
    Raises `UsageError` for more positions than the model has, or for heads or an activation without an operator.
    """
    decoder = describe_decoder(model)
    if odd := [block.head_size for block in decoder.blocks if block.head_size % _HEADS_OF]:
        raise UsageError(f"heads of {odd[0]} values: the ONNX attention with a cache takes multiples of {_HEADS_OF}")
    graph = OnnxGraph()
    build = _Build(graph, decoder, weights, DenseLowering(graph, weights, {}, {}, row_block=decoder_block), max_length)
    build.logits()
    inputs, outputs = _interface(decoder)
    keep = TensorSpec(name="logits_to_keep", dtype="int64", shape=(1,))
    graph.save(
        out / ONNX_FILE, [_value_info(spec) for spec in (*inputs, keep)], list(map(_value_info, outputs)), "edgekit"
    )
    return Written(file=ONNX_FILE, inputs=inputs, outputs=outputs)


def _interface(decoder: Decoder) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    inputs = [TensorSpec(name=name, dtype="int64", shape=(None, None)) for name in ("input_ids", "attention_mask")]
    outputs = [TensorSpec(name="logits", dtype="float32", shape=(None, None, decoder.head.out_features))]
    for index, block in enumerate(decoder.blocks):
        shape = (None, block.kv_heads, None, block.head_size)
        for kind in ("key", "value"):
            inputs.append(TensorSpec(name=f"past_key_values.{index}.{kind}", dtype="float32", shape=shape))
            outputs.append(TensorSpec(name=f"present.{index}.{kind}", dtype="float32", shape=shape))
    return tuple(inputs), tuple(outputs)


def _value_info(spec: TensorSpec) -> Any:
    from onnx import TensorProto, helper

    axes = {
        "input_ids": ("batch", "sequence"),
        "attention_mask": ("batch", "total"),
        "logits": ("batch", "kept", None),
        "logits_to_keep": (None,),
    }.get(spec.name, ("batch", None, "past" if spec.name.startswith("past") else "total", None))
    shape = [size if size is not None else axis for size, axis in zip(spec.shape, axes, strict=True)]
    kind = TensorProto.INT64 if spec.dtype == "int64" else TensorProto.FLOAT
    return helper.make_tensor_value_info(spec.name, kind, shape)


@dataclass
class _Build:
    """One graph in the making.

    past, end:   how many tokens lie before these, and how many there are with them, int64 [1]
    last, total: the last position of each text, int32 [batch], and `end` as an int32 scalar
    """

    graph: OnnxGraph
    decoder: Decoder
    weights: Weights
    dense: DenseLowering
    max_length: int
    past: str = field(default="", init=False)
    end: str = field(default="", init=False)
    last: str = field(default="", init=False)
    total: str = field(default="", init=False)

    def logits(self) -> str:
        """The whole road from ids to logits."""
        graph, decoder = self.graph, self.decoder
        self._lengths()
        words = Words(graph, self.weights, decoder.words)
        skip = words.look_up("input_ids")
        if decoder.positions is not None:
            skip = graph.add("Add", [skip, self._positions(decoder.positions)], "embedding")
        x = self._norm(skip, decoder.blocks[0].attention_norm, "block0_attention_norm")
        for index, block in enumerate(decoder.blocks):
            name = f"block{index}"
            attended = self.dense.add(self._attention(block, x, index), [block.output], f"{name}_output", bias=False)
            x, skip = self._add_and_norm(attended, skip, block.output, block.ffn_norm, f"{name}_ffn_norm")
            inner = self.dense.add(self._feed_forward(block, x, name), [block.ffn_out], f"{name}_ffn_out", bias=False)
            last = index == len(decoder.blocks) - 1
            norm = decoder.norm if last else decoder.blocks[index + 1].attention_norm
            norm_name = "final_norm" if last else f"block{index + 1}_attention_norm"
            x, skip = self._add_and_norm(inner, skip, block.ffn_out, norm, norm_name)
        kept = self._kept(x)
        if decoder.tied:
            return words.logits(kept)
        return self.dense.add(kept, [decoder.head], "logits")

    def _lengths(self) -> None:
        """How many tokens there are in all and before these, as the operators want to be told."""
        graph = self.graph
        one = graph.constant("one", np.array([1], np.int64))
        filled = graph.add("ReduceSum", ["attention_mask", one], "filled", keepdims=0)
        self.last = graph.add("Cast", [graph.add("Sub", [filled, one], "last64")], "last", to=6)
        total = graph.add("Shape", ["attention_mask"], "total64", start=1, end=2)
        sequence = graph.add("Shape", ["input_ids"], "sequence", start=1, end=2)
        self.past, self.end = graph.add("Sub", [total, sequence], "past"), total
        scalar = graph.add("Squeeze", [total], "total_scalar")
        self.total = graph.add("Cast", [scalar], "total", to=6)

    def _positions(self, table: nn.Embedding) -> str:
        """The rows of the position table for these tokens [sequence, hidden]; `max_length` rows are kept."""
        if self.max_length > table.num_embeddings:
            raise UsageError(f"max_length {self.max_length} is more than the model's {table.num_embeddings}")
        graph, stored = self.graph, self.weights.stored(table.weight)
        if stored is not None and stored.scales.ndim != 1:
            raise UsageError(f"{stored.name}: a position table is stored with one scale a row")
        if stored is None:
            rows = graph.constant("positions.weight", self.weights.values(table.weight)[: self.max_length])
        else:
            # constants only: folded once, when the file is opened
            integers = graph.constant("positions.weight", stored.integers[: self.max_length])
            scales = graph.constant("positions.scale", stored.scales[: self.max_length, None])
            rows = graph.add("Mul", [graph.add("Cast", [integers], "positions_cast", to=1), scales], "positions_table")
        axis = graph.constant("axis0", np.array([0], np.int64))
        return graph.add("Slice", [rows, self.past, self.end, axis], "positions")

    def _attention(self, block: DecoderBlock, x: str, index: int) -> str:
        """Causal attention over past and present: [batch, sequence, hidden] -> [.., .., heads * head_size]."""
        graph, name = self.graph, f"block{index}"
        packed = self.dense.add(x, [block.query, block.key, block.value], f"{name}_qkv")
        heads = {"num_heads": block.heads, "kv_num_heads": block.kv_heads}
        cache = [f"past_key_values.{index}.key", f"past_key_values.{index}.value", self.last, self.total]
        present = [f"present.{index}.key", f"present.{index}.value"]
        operands, rotations = [packed, "", ""], []
        if self.decoder.rotary is not None:
            rotations = self._rotations(block.head_size)
            if block.head_size % _ROTATED_WITHIN:
                operands, rotations = self._rotated(block, packed, rotations, name), []
        return graph.add_many(
            "GroupQueryAttention",
            [*operands, *cache, *rotations],
            [f"{name}_attention", *present],
            domain=MICROSOFT,
            do_rotary=int(bool(rotations)),
            **heads,
        )[0]

    def _rotations(self, head_size: int) -> list[str]:
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
        turned = [
            graph.add("RotaryEmbedding", [part, self.past, *rotations], f"{part}_rotated", domain=MICROSOFT)
            for part in (query, key)
        ]
        return [*turned, value]

    def _feed_forward(self, block: DecoderBlock, x: str, name: str) -> str:
        """The first dense layers and the activation: [batch, sequence, hidden] -> [batch, sequence, ffn]."""
        if block.gate is None:
            return self._activation(x, block.ffn_in, f"{name}_ffn_in")
        gate = self._activation(x, block.gate, f"{name}_ffn_gate")
        return self.graph.add("Mul", [gate, self.dense.add(x, [block.ffn_in], f"{name}_ffn_in")], f"{name}_gated")

    def _activation(self, x: str, linear: nn.Linear, name: str) -> str:
        graph, activation = self.graph, self.decoder.activation
        plain = {"relu": ("Relu", ""), "silu": ("QuickGelu", MICROSOFT)}
        if activation in plain:
            operator, domain = plain[activation]
            options = {"alpha": 1.0} if operator == "QuickGelu" else {}  # x * sigmoid(alpha * x)
            return graph.add(operator, [self.dense.add(x, [linear], name)], f"{name}_act", domain=domain, **options)
        fused = {"gelu": "BiasGelu", "gelu_tanh": "FastGelu"}
        if activation not in fused or linear.bias is None:
            raise UsageError(
                f"the activation {activation!r} has no ONNX lowering", advice="gelu, gelu_new, relu or silu"
            )
        bias = graph.constant(f"{name}.bias", self.weights.values(linear.bias))
        wide = self.dense.add(x, [linear], name, bias=False)
        return graph.add(fused[activation], [wide, bias], f"{name}_act", domain=MICROSOFT)

    def _norm(self, x: str, norm: nn.Module, name: str) -> str:
        operator = "LayerNormalization" if _has_bias(norm) else "SimplifiedLayerNormalization"
        operands = [x, *self._norm_weights(norm, name)]
        return self.graph.add(operator, operands, name, epsilon=self.decoder.epsilon, axis=-1)

    def _add_and_norm(self, x: str, skip: str, linear: nn.Linear, norm: nn.Module, name: str) -> tuple[str, str]:
        """x, the bias that its dense layer left out, and the residual: their norm and their sum."""
        operator = "SkipLayerNormalization" if _has_bias(norm) else "SkipSimplifiedLayerNormalization"
        operands = [x, skip, *self._norm_weights(norm, name)]
        if linear.bias is not None:
            operands.append(self.graph.constant(f"{name}.skip_bias", self.weights.values(linear.bias)))
        outputs = [name, "", "", f"{name}_sum"]
        found = self.graph.add_many(operator, operands, outputs, domain=MICROSOFT, epsilon=self.decoder.epsilon)
        return found[0], found[3]

    def _norm_weights(self, norm: Any, name: str) -> list[str]:
        names = [self.graph.constant(f"{name}.gamma", self.weights.values(norm.weight))]
        if _has_bias(norm):
            names.append(self.graph.constant(f"{name}.beta", self.weights.values(norm.bias)))
        return names

    def _kept(self, x: str) -> str:
        """The last rows that the head is asked for."""
        graph = self.graph
        # an input with this default: ONNX lets a caller override an initializer of the same name
        keep = graph.constant("logits_to_keep", np.array([1], np.int64))
        start = graph.add("Neg", [keep], "kept_from")
        end = graph.constant("to_the_end", np.array([np.iinfo(np.int64).max], np.int64))
        axis = graph.constant("axis1", np.array([1], np.int64))
        return graph.add("Slice", [x, start, end, axis], "kept")


def _has_bias(norm: Any) -> bool:
    return getattr(norm, "bias", None) is not None
