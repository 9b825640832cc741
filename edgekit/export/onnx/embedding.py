"""The token embedding of a decoder in ONNX, stored once for the look-up and, where they are tied, for the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgekit.export.onnx.dense import nbits_weight
from edgekit.export.onnx.graph_builder import MICROSOFT, OnnxGraph
from edgekit.export.quantized_weights import QuantizedTensor, QuantizedWeights, block_size, decoder_block_size

if TYPE_CHECKING:
    from torch import nn


@dataclass
class TokenEmbedding:
    """Adds the two readers of the token embedding [vocabulary, hidden] to a graph."""

    graph: OnnxGraph
    weights: QuantizedWeights
    table: nn.Embedding

    def look_up(self, ids: str) -> str:
        """The rows of the ids: [batch, sequence] -> [batch, sequence, hidden]."""
        quantized = self.weights.quantized(self.table.weight)
        if quantized is None:
            return self.graph.add("Gather", [self._floats(), ids], "words")
        integers, scales, block = self._integers(quantized)
        gathered = self.graph.add(
            "GatherBlockQuantized",
            [integers, ids, scales],
            "words_blocks",
            domain=MICROSOFT,
            gather_axis=0,
            quantize_axis=2,
            block_size=block,
            bits=quantized.plan.bits,
        )
        shape = self._index("words_shape", 0, 0, -1)
        rows = self.graph.add("Reshape", [gathered, shape], "words")
        hidden = self.table.embedding_dim
        if hidden % block == 0:
            return rows
        # the last block is filled up
        bounds = [self._index("words_from", 0), self._index("words_to", hidden), self._index("words_axis", 2)]
        return self.graph.add("Slice", [rows, *bounds], "words_cut")

    def logits(self, x: str) -> str:
        """The same table as the head: [batch, kept, hidden] -> `logits` [batch, kept, vocabulary]."""
        quantized = self.weights.quantized(self.table.weight)
        if quantized is None:
            return self.graph.add("FusedMatMul", [x, self._floats()], "logits", domain=MICROSOFT, transB=1)
        integers, scales, block = self._integers(quantized)
        return self.graph.add(
            "MatMulNBits",
            [x, integers, self.graph.add("Reshape", [scales, self._index("words_flat", -1)], "words_scales")],
            "logits",
            domain=MICROSOFT,
            K=self.table.embedding_dim,
            N=self.table.num_embeddings,
            bits=quantized.plan.bits,
            block_size=block,
            accuracy_level=4,  # as of other dense layers
        )

    def _floats(self) -> str:
        return self.graph.constant("words.weight", self.weights.values(self.table.weight))

    def _integers(self, quantized: QuantizedTensor) -> tuple[str, str, int]:
        """Unsigned integers [vocabulary, blocks, bytes], scales [vocabulary, blocks, 1], and the block."""
        block = block_size(quantized.plan) or decoder_block_size(self.table.embedding_dim)
        integers, scales = nbits_weight(quantized.integers, quantized.scales, quantized.plan, block)
        names = self.graph.constant("words.weight", integers), self.graph.constant("words.scale", scales[..., None])
        return *names, block

    def _index(self, name: str, *values: int) -> str:
        return self.graph.constant(name, np.array(values, np.int64))
