"""A classifier on a decoder's body as an ONNX graph: causal attention without a cache, the answer at the last token.

Padding lies on the right, where no token before it sees it: only the choice of the last token needs the mask. What
follows the last attention is computed for that token alone. Dense layers of integers round their inputs token by
token, as those of language models do: one range over all tokens destroys GPT-2. So a text has the same logits in any
batch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgekit.bundle.manifest import ModelTensor
from edgekit.export.model_file import ModelFile
from edgekit.export.onnx.decoder_layers import DecoderLayers, require_heads
from edgekit.export.onnx.dense import DenseLowering, row_block
from edgekit.export.onnx.embedding import TokenEmbedding
from edgekit.export.onnx.graph_builder import ONNX_FILE, OnnxGraph
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe_decoder

_INPUTS = ("input_ids", "attention_mask")


def write_onnx_decoder_classifier(
    model: LoadedModel, weights: QuantizedWeights, out: Path, *, max_length: int
) -> ModelFile:
    """Write `model.onnx` into `out`: int64 [batch, sequence] -> `logits` float32 [batch, labels].

    Any length up to `max_length`. Raises `UsageError` for more positions than the model has, or for heads or an
    activation without an operator.
    """
    from onnx import TensorProto, helper

    decoder = describe_decoder(model)
    require_heads(decoder)
    graph = OnnxGraph()
    dense = DenseLowering(graph, weights, {}, row_block=row_block(decoder, weights.plan))
    _Build(graph, decoder, weights, dense, max_length).answer(model.config.pad_token_id)
    labels = int(decoder.head.out_features)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"]) for name in _INPUTS]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])]
    graph.save(out / ONNX_FILE, inputs, outputs)
    return ModelFile(
        file=ONNX_FILE,
        inputs=tuple(ModelTensor(name=name, dtype="int64", shape=(None, None)) for name in _INPUTS),
        outputs=(ModelTensor(name="logits", dtype="float32", shape=(None, labels)),),
    )


class _Build(DecoderLayers):
    """The graph without a cache."""

    def answer(self, pad_id: int | None) -> None:
        """The whole road from ids to logits."""
        self._lengths()
        last = self._last_token(pad_id)
        token_vectors = TokenEmbedding(self.graph, self.weights, self.decoder.token_embedding).look_up("input_ids")
        x = self.blocks(token_vectors, lambda x: self.graph.add("GatherND", [x, last], "last_token", batch_dims=1))
        one = self.graph.constant("one", np.array([1], np.int64))
        self.graph.add("Squeeze", [self.dense.add(x, [self.decoder.head], "head"), one], "logits")

    def cache(self, index: int) -> tuple[list[str], list[str]]:
        """Nothing was seen before; what is seen now has a name that nothing reads."""
        return ["", ""], [f"block{index}_keys", f"block{index}_values"]

    def _lengths(self) -> None:
        """Every text is as long as its row: none of its tokens sees the padding behind it."""
        graph = self.graph
        one = graph.constant("one", np.array([1], np.int64))
        self.past = graph.constant("none", np.array([0], np.int64))
        self.end = graph.add("Shape", ["input_ids"], "sequence", start=1, end=2)
        self.total = graph.add("Cast", [graph.add("Squeeze", [self.end], "sequence_scalar")], "total", to=6)
        last = graph.add("Cast", [graph.add("Sub", [self.end, one], "last64")], "last_row", to=6)
        self.last = graph.add("Expand", [last, graph.add("Shape", ["input_ids"], "batch", start=0, end=1)], "last")

    def _last_token(self, pad_id: int | None) -> str:
        """Where each text has its last token that is neither masked nor the padding, int64 [batch, 1, 1]; else 0."""
        graph = self.graph
        real = graph.add("Cast", ["attention_mask"], "real", to=6)
        if pad_id is not None:
            padding = graph.add("Equal", ["input_ids", graph.constant("pad_id", np.int64(pad_id))], "padding")
            counted = graph.add("Cast", [graph.add("Not", [padding], "not_padding")], "counted", to=6)
            real = graph.add("Mul", [real, counted], "real_tokens")
        one = graph.constant("one", np.array([1], np.int64))
        axis = graph.constant("axis1_scalar", np.int64(1))
        # the count of tokens grows up to the last one; ArgMax gives the first of the largest
        so_far = graph.add("CumSum", [real, axis], "so_far")
        place = graph.add("ArgMax", [so_far], "last_place", axis=1, keepdims=1)
        return graph.add("Unsqueeze", [place, one], "last_index")
