"""A decoder with its key-value cache as an ONNX graph, built operator by operator from its description.

Inputs and outputs are named as optimum exports them, so that `optimum.onnxruntime.ORTModelForCausalLM` opens the
bundle. `logits_to_keep` is left out there: 1 by default, for the logits of the last token alone; 0 gives all.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.bundle.manifest import ModelTensor
from edgekit.export.model_file import ModelFile
from edgekit.export.onnx.decoder_layers import DecoderLayers, require_heads
from edgekit.export.onnx.dense import DenseLowering, row_block
from edgekit.export.onnx.embedding import TokenEmbedding
from edgekit.export.onnx.graph_builder import ONNX_FILE, OnnxGraph
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.models.decoder import Decoder
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe_decoder

if TYPE_CHECKING:
    from onnx import ValueInfoProto


def write_onnx_decoder(model: LoadedModel, weights: QuantizedWeights, out: Path, *, max_length: int) -> ModelFile:
    """Write `model.onnx` into `out`, for texts of up to `max_length` tokens in all.

    input_ids int64 [batch, sequence], attention_mask int64 [batch, total], past_key_values.i.key and .value float32
    [batch, kv_heads, past, head_size] -> logits float32 [batch, kept, vocabulary], present.i.key and .value like
    past. Padding, if any, is on the right of the mask. past and present may be one buffer of a fixed capacity.
    Raises `UsageError` for more positions than the model has, or for heads or an activation without an operator.
    """
    decoder = describe_decoder(model)
    require_heads(decoder)
    graph = OnnxGraph()
    dense = DenseLowering(graph, weights, {}, row_block=row_block(decoder, weights.plan))
    _Build(graph, decoder, weights, dense, max_length).logits()
    inputs, outputs = _interface(decoder)
    keep = ModelTensor(name="logits_to_keep", dtype="int64", shape=(1,))
    graph.save(out / ONNX_FILE, [_value_info(spec) for spec in (*inputs, keep)], list(map(_value_info, outputs)))
    return ModelFile(file=ONNX_FILE, inputs=inputs, outputs=outputs)


def _interface(decoder: Decoder) -> tuple[tuple[ModelTensor, ...], tuple[ModelTensor, ...]]:
    inputs = [ModelTensor(name=name, dtype="int64", shape=(None, None)) for name in ("input_ids", "attention_mask")]
    outputs = [ModelTensor(name="logits", dtype="float32", shape=(None, None, decoder.head.out_features))]
    for index, block in enumerate(decoder.blocks):
        shape = (None, block.kv_heads, None, block.head_size)
        for kind in ("key", "value"):
            inputs.append(ModelTensor(name=f"past_key_values.{index}.{kind}", dtype="float32", shape=shape))
            outputs.append(ModelTensor(name=f"present.{index}.{kind}", dtype="float32", shape=shape))
    return tuple(inputs), tuple(outputs)


def _value_info(spec: ModelTensor) -> ValueInfoProto:
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


class _Build(DecoderLayers):
    """The graph with a cache."""

    def logits(self) -> str:
        """The whole road from ids to logits."""
        self._lengths()
        embedding = TokenEmbedding(self.graph, self.weights, self.decoder.token_embedding)
        selected = self._selected(self.blocks(embedding.look_up("input_ids")))
        if self.decoder.tied:
            return embedding.logits(selected)
        return self.dense.add(selected, [self.decoder.head], "logits")

    def cache(self, index: int) -> tuple[list[str], list[str]]:
        """One key and one value for each block, in and out."""
        kinds = ("key", "value")
        return [f"past_key_values.{index}.{kind}" for kind in kinds], [f"present.{index}.{kind}" for kind in kinds]

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

    def _selected(self, x: str) -> str:
        """The last rows that the head is asked for."""
        graph = self.graph
        # an input with this default: ONNX lets a caller override an initializer of the same name
        keep = graph.constant("logits_to_keep", np.array([1], np.int64))
        start = graph.add("Neg", [keep], "kept_from")
        end = graph.constant("to_the_end", np.array([np.iinfo(np.int64).max], np.int64))
        axis = graph.constant("axis1", np.array([1], np.int64))
        return graph.add("Slice", [x, start, end, axis], "kept")
