"""An encoder classifier as a PyTorch module for one unbatched text, made for conversion to TFLite.

Same computation as the ONNX graph: query, key and value packed, the last block for the first token alone. A block that
several layers share is one module that is called several times, whose weights the file holds once. Imports torch, so
it is itself imported late.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.export.tflite.layers import MASKED, EmbeddingTable, LayerNorm, Packer, activation
from edgekit.models.encoder import Encoder, EncoderBlock


class EncoderModule(nn.Module):
    """input_ids, attention_mask (and token_type_ids) int32 [1, length] -> logits float32 [1, labels]."""

    def __init__(self, encoder: Encoder, weights: QuantizedWeights, max_length: int) -> None:
        super().__init__()
        packer = Packer(weights)
        self.token_embedding = EmbeddingTable(encoder.token_embedding, weights)
        self.padding_id, end = encoder.padding_id, encoder.first_position + max_length
        first = encoder.first_position if self.padding_id is None else encoder.first_position - 1
        self.position_embedding = EmbeddingTable(encoder.position_embedding, weights, slice(first, end))
        self.token_type_embedding = (
            EmbeddingTable(encoder.token_type_embedding, weights) if encoder.token_type_embedding is not None else None
        )
        self.only_type = encoder.only_type.weight.detach()[0] if encoder.only_type is not None else None
        self.norm = LayerNorm(encoder.embedding_norm)
        self.projection = packer.dense(encoder.projection) if encoder.projection is not None else None
        last = len(encoder.blocks) - 1
        self.blocks = nn.ModuleList(
            _EncoderBlock(packer, block, encoder.activation, packed=encoder.shared or index < last)
            for index, block in enumerate(encoder.blocks)
        )
        self.runs = [(index, is_last) for index, _, is_last in encoder.runs()]
        self.head = nn.ModuleList(packer.dense(layer.linear) for layer in encoder.head)
        self.head_activations = [activation(layer.activation) for layer in encoder.head]
        self.matrices = packer.matrices

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> dict[str, Tensor]:
        """One text [1, length], padded on the right -> logits [1, labels]."""
        x = self.token_embedding(input_ids[0]) + self.position_embedding(self._positions(input_ids, attention_mask))
        if self.token_type_embedding is not None and token_type_ids is not None:
            x = x + self.token_type_embedding(token_type_ids[0])
        if self.only_type is not None:
            x = x + self.only_type
        x = self.norm(x)
        if self.projection is not None:
            x = self.projection(x)
        mask = (1.0 - attention_mask.to(torch.float32)) * MASKED
        for index, last in self.runs:
            x = self.blocks[index](x, mask, last)
        for linear, activate in zip(self.head, self.head_activations, strict=True):
            x = activate(linear(x))
        return {"logits": x}

    def _positions(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Which row of the table each token has, int32 [length].

        Counted from the inputs, so that the converter cannot fold a float copy of the table into each signature.
        """
        if self.padding_id is None:
            return (torch.cumsum(attention_mask[0], 0, dtype=torch.int32) - 1).clamp(min=0)
        real = attention_mask[0] * (input_ids[0] != self.padding_id).to(torch.int32)
        return torch.cumsum(real, 0, dtype=torch.int32) * real


class _EncoderBlock(nn.Module):
    """A block; `packed` says that the query is stored with key and value, else it is computed by itself."""

    def __init__(self, packer: Packer, block: EncoderBlock, activated: str, *, packed: bool) -> None:
        super().__init__()
        self.heads, self.size = block.heads, block.head_size
        self.query = None if packed else packer.dense(block.query)
        apart = [block.key, block.value]
        self.packed = packer.dense(*([block.query, *apart] if packed else apart))
        self.output = packer.dense(block.output)
        self.ffn_in = packer.dense(block.ffn_in)
        self.ffn_out = packer.dense(block.ffn_out)
        self.attention_norm, self.ffn_norm = LayerNorm(block.attention_norm), LayerNorm(block.ffn_norm)
        self.activation = activation(activated)

    def forward(self, x: Tensor, mask: Tensor, last: bool) -> Tensor:
        """x [tokens, hidden], mask [1, tokens] -> [tokens, hidden], or [1, hidden] for the last run."""
        selected = x[:1] if last else x
        parts = self._split(self.packed(x))
        if self.query is not None:
            parts = (self._heads(self.query(selected)), *parts)
        query, key, value = parts
        if last:
            query = query[:, :1]
        # scaled here and not at the query, where the converter would fold the factor into the weights
        scores = torch.matmul(query, key.transpose(1, 2)) * self.size**-0.5 + mask
        attended = torch.matmul(torch.softmax(scores, dim=-1), value)
        joined = attended.transpose(0, 1).reshape(-1, self.heads * self.size)
        x = self.attention_norm(selected + self.output(joined))
        wide = self.activation(self.ffn_in(x))
        normed: Tensor = self.ffn_norm(x + self.ffn_out(wide))
        return normed

    def _split(self, packed: Tensor) -> tuple[Tensor, ...]:
        return tuple(self._heads(part) for part in torch.split(packed, self.heads * self.size, dim=-1))

    def _heads(self, x: Tensor) -> Tensor:
        """[tokens, heads * size] -> [heads, tokens, size]."""
        return x.reshape(-1, self.heads, self.size).transpose(0, 1)
