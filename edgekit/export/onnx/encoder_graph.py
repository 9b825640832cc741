"""An encoder classifier as an ONNX graph, built operator by operator from its description.

A block that several layers share has its constants once; each run of it is nodes of its own that read them.
Only the first token goes into the head, so the last block computes its query, its output and its feed-forward
layer for that token alone; keys and values are needed of all. (The query of a shared block stays packed with its
keys and values, for it would otherwise be stored twice.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.errors import ToolError, UsageError
from edgekit.export.activation_range import ActivationRange
from edgekit.export.onnx.activation import FUSED_BIAS, add_activation
from edgekit.export.onnx.dense import DenseLowering
from edgekit.export.onnx.graph_builder import MICROSOFT, OnnxGraph
from edgekit.export.quantized_weights import QuantizedTensor, QuantizedWeights
from edgekit.models.encoder import Encoder, EncoderBlock
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe_encoder

if TYPE_CHECKING:
    from onnx import ValueInfoProto
    from torch import nn


@dataclass(frozen=True)
class EncoderGraph:
    """What was written: input names in order, and by weight name which graph values its dense layer reads."""

    inputs: tuple[str, ...]
    dense_inputs: Mapping[str, Sequence[str]] = field(default_factory=dict)


def write_encoder_graph(
    model: LoadedModel,
    weights: QuantizedWeights,
    path: Path,
    *,
    max_length: int,
    ranges: Mapping[str, ActivationRange] | None = None,
    taps: Sequence[str] = (),
    signed: bool = False,
) -> EncoderGraph:
    """Write a sequence classifier to `path`.

    Inputs int64 [batch, sequence], output `logits` float32 [batch, labels]. `ranges` are needed for static
    activations. `taps` are names of inner values (`EncoderGraph.dense_inputs`) to be given out as well. `signed`: see
    `DenseLowering`.
    """
    encoder = describe_encoder(model)
    graph = OnnxGraph()
    dense = DenseLowering(graph, weights, ranges or {}, signed=signed)
    names = _input_names(encoder)
    mask = graph.add("Cast", ["attention_mask"], "mask", to=6)  # int32, as MultiHeadAttention wants it
    x = _embed(dense, encoder, max_length)
    for index, block, last in encoder.runs():
        x = _block(dense, block, x, mask, encoder, f"block{index}", last=last)
    logits = _head(dense, encoder, x)
    inputs, outputs = _value_infos(names, encoder.head[-1].linear.out_features, taps)
    graph.add("Squeeze", [logits, graph.constant("one", np.array([1], np.int64))], "logits")
    graph.save(path, inputs, outputs)
    return EncoderGraph(tuple(names), dense.inputs)


def _input_names(encoder: Encoder) -> list[str]:
    """In the order in which optimum exports them, so that its `ORTModelForSequenceClassification` opens the bundle."""
    types = ["token_type_ids"] if encoder.token_type_embedding is not None else []
    return ["input_ids", "attention_mask", *types]


def _value_infos(
    names: Sequence[str], labels: int, taps: Sequence[str]
) -> tuple[list[ValueInfoProto], list[ValueInfoProto]]:
    from onnx import TensorProto, helper

    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch_size", "sequence_length"]) for name in names
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", labels])]
    outputs += [helper.make_tensor_value_info(tap, TensorProto.FLOAT, None) for tap in taps]
    return inputs, outputs


def _embed(dense: DenseLowering, encoder: Encoder, max_length: int) -> str:
    """Token ids -> the normalized sum of word, position and type rows, projected: [batch, sequence, hidden]."""
    if max_length > encoder.max_length:
        raise UsageError(f"max_length {max_length} is more than the model's {encoder.max_length}")
    graph, weights = dense.graph, dense.weights
    token_vectors = _rows(graph, weights, encoder.token_embedding, "input_ids", "words")
    total = graph.add("Add", [token_vectors, _positions(graph, weights, encoder, max_length)], "embedded")
    if encoder.token_type_embedding is not None:
        total = graph.add(
            "Add", [total, _rows(graph, weights, encoder.token_type_embedding, "token_type_ids", "types")], "embedded"
        )
    if encoder.only_type is not None:
        row = graph.constant("only_type.weight", weights.values(encoder.only_type.weight)[0])
        total = graph.add("Add", [total, row], "embedded")
    norm = encoder.embedding_norm
    x = graph.add(
        "LayerNormalization",
        [total, *_norm(graph, weights, norm, "embedding_norm")],
        "embedding",
        epsilon=norm.eps,
        axis=-1,
    )
    return x if encoder.projection is None else dense.add(x, [encoder.projection], "projection")


def _rows(graph: OnnxGraph, weights: QuantizedWeights, table: nn.Embedding, ids: str, name: str) -> str:
    """The rows of a table that the ids name; of an integer table only these rows become float."""
    quantized = weights.quantized(table.weight)
    if quantized is None:
        matrix = graph.constant(f"{name}.weight", weights.values(table.weight))
        return graph.add("Gather", [matrix, ids], name)
    integers, scales = _table(graph, quantized, slice(None), name)
    cast = graph.add("Cast", [graph.add("Gather", [integers, ids], f"{name}_integers")], f"{name}_cast", to=1)
    return graph.add("Mul", [cast, graph.add("Gather", [scales, ids], f"{name}_scales")], name)


def _positions(graph: OnnxGraph, weights: QuantizedWeights, encoder: Encoder, max_length: int) -> str:
    """The rows of the first `sequence` positions, of which `max_length` are kept; or of those that are counted."""
    table, first = encoder.position_embedding, encoder.first_position
    selected = slice(first if encoder.padding_id is None else first - 1, first + max_length)
    quantized = weights.quantized(table.weight)
    if quantized is None:
        rows = graph.constant("positions.weight", weights.values(table.weight)[selected])
    else:
        # constants only: folded once, when the file is opened
        integers, scales = _table(graph, quantized, selected, "positions")
        rows = graph.add("Mul", [graph.add("Cast", [integers], "positions_cast", to=1), scales], "positions_table")
    if encoder.padding_id is not None:
        return graph.add("Gather", [rows, _counted(graph, encoder.padding_id)], "positions")
    length = graph.add("Shape", ["input_ids"], "length", start=1, end=2)
    start, axis = graph.constant("start", np.array([0], np.int64)), graph.constant("axis", np.array([0], np.int64))
    return graph.add("Slice", [rows, start, length, axis], "positions")


def _counted(graph: OnnxGraph, padding_id: int) -> str:
    """Of each token how many have come up to it that are not padding, int64 [batch, sequence]; of padding 0."""
    padding = graph.add("Equal", ["input_ids", graph.constant("padding_id", np.int64(padding_id))], "padding")
    real = graph.add("Cast", [graph.add("Not", [padding], "not_padding")], "real", to=7)
    so_far = graph.add("CumSum", [real, graph.constant("axis1_scalar", np.int64(1))], "so_far")
    return graph.add("Mul", [so_far, real], "places")


def _table(graph: OnnxGraph, quantized: QuantizedTensor, rows: slice, name: str) -> tuple[str, str]:
    if quantized.plan.bits != 8 or quantized.plan.block:
        raise ToolError(f"{quantized.name}: embeddings are stored in 8 bits, one scale a row")
    return (
        graph.constant(f"{name}.weight", quantized.integers[rows]),
        graph.constant(f"{name}.scale", quantized.scales[rows, None]),
    )


def _block(
    dense: DenseLowering, block: EncoderBlock, x: str, mask: str, encoder: Encoder, name: str, *, last: bool
) -> str:
    """One post-norm block: [batch, sequence, hidden] -> the same, or [batch, 1, hidden] for the last."""
    graph = dense.graph
    selected = _first_token(graph, x) if last else x
    attended = graph.add(
        "MultiHeadAttention",
        [*_query_key_value(dense, block, x, selected, name, packed=encoder.shared or not last), "", mask],
        f"{name}_attention",
        domain=MICROSOFT,
        num_heads=block.heads,
    )
    projected = dense.add(attended, [block.output], f"{name}_output")
    x = _add_and_norm(dense, projected, selected, block.attention_norm, f"{name}_attention_norm")
    inner = _feed_forward(dense, block, x, encoder.activation, name)
    return _add_and_norm(dense, inner, x, block.ffn_norm, f"{name}_ffn_norm")


def _query_key_value(
    dense: DenseLowering, block: EncoderBlock, x: str, selected: str, name: str, *, packed: bool
) -> list[str]:
    width = block.heads * block.head_size
    names = [f"{name}_query", f"{name}_key", f"{name}_value"]
    if packed:
        together = dense.add(x, [block.query, block.key, block.value], f"{name}_qkv")
        query, key, value = _split(dense.graph, together, width, names)
        return [query if selected == x else _first_token(dense.graph, query), key, value]
    query = dense.add(selected, [block.query], names[0])
    together = dense.add(x, [block.key, block.value], f"{name}_kv")
    return [query, *_split(dense.graph, together, width, names[1:])]


def _split(graph: OnnxGraph, packed: str, width: int, names: list[str]) -> list[str]:
    sizes = graph.constant(f"split{len(names)}_{width}", np.full(len(names), width, np.int64))
    return graph.add_many("Split", [packed, sizes], names, axis=-1)


def _feed_forward(dense: DenseLowering, block: EncoderBlock, x: str, activation: str, name: str) -> str:
    """The two dense layers and the activation between them."""
    graph = dense.graph
    if activation in FUSED_BIAS and block.ffn_in.bias is not None:
        wide = dense.add(x, [block.ffn_in], f"{name}_ffn_in", bias=False)
        bias = graph.constant(f"{name}_ffn_in.bias", dense.weights.values(block.ffn_in.bias))
        wide = graph.add(FUSED_BIAS[activation], [wide, bias], f"{name}_activation", domain=MICROSOFT)
    else:
        wide = add_activation(graph, activation, dense.add(x, [block.ffn_in], f"{name}_ffn_in"), f"{name}_activation")
    return dense.add(wide, [block.ffn_out], f"{name}_ffn_out")


def _add_and_norm(dense: DenseLowering, x: str, skip: str, norm: nn.LayerNorm, name: str) -> str:
    """Sum and norm in two operators: onnxruntime's fused one takes five times as long at these widths.

    A Sum, for the two of an Add would be fused again when the file is opened.
    """
    total = dense.graph.add("Sum", [x, skip], f"{name}_sum")
    operands = [total, *_norm(dense.graph, dense.weights, norm, name)]
    return dense.graph.add("LayerNormalization", operands, name, epsilon=norm.eps, axis=-1)


def _norm(graph: OnnxGraph, weights: QuantizedWeights, norm: nn.LayerNorm, name: str) -> list[str]:
    return [
        graph.constant(f"{name}.gamma", weights.values(norm.weight)),
        graph.constant(f"{name}.beta", weights.values(norm.bias)),
    ]


def _first_token(graph: OnnxGraph, x: str) -> str:
    """[batch, sequence, hidden] -> [batch, 1, hidden]."""
    return graph.add("Gather", [x, graph.constant("first", np.array([0], np.int64))], "first_token", axis=1)


def _head(dense: DenseLowering, encoder: Encoder, x: str) -> str:
    """The classification head on [batch, 1, hidden]."""
    operators = {"relu": "Relu", "tanh": "Tanh"}
    for index, layer in enumerate(encoder.head):
        x = dense.add(x, [layer.linear], f"head{index}")
        if layer.activation != "none":
            x = dense.graph.add(operators[layer.activation], [x], f"head{index}_activation")
    return x
