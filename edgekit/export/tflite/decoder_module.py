"""A decoder with its key-value cache as a PyTorch module for one text, made for conversion to TFLite.

The cache is read only in the graph: a run gives the keys and values of its own tokens, which the caller writes behind
those that are there. So no runtime copies a cache for one more token, and padding is never written.
Imports torch, so it is itself imported late.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.export.tflite.layers import MASKED, EmbeddingTable, LayerNorm, Packer, RmsNorm, activation
from edgekit.models.decoder import Decoder, DecoderBlock

# cosines and sines [tokens, head_size / 2]
Rotation = tuple[Tensor, Tensor]
Caches = tuple[tuple[Tensor, Tensor], ...]


class DecoderModule(nn.Module):
    """input_ids int32 [1, tokens], start int32 [1], caches -> hidden float32 [tokens, hidden], new keys and values.

    start:  how many tokens the caches hold
    caches: of each block keys and values, float32 [1, kv_heads, capacity, head_size]; the new ones [1, kv_heads,
            tokens, head_size]
    """

    def __init__(self, decoder: Decoder, weights: QuantizedWeights, capacity: int) -> None:
        super().__init__()
        packer = Packer(weights)
        self.capacity = capacity
        self.token_embedding = EmbeddingTable(decoder.token_embedding, weights)
        self.position_embedding = (
            EmbeddingTable(decoder.position_embedding, weights, slice(capacity))
            if decoder.position_embedding is not None
            else None
        )
        self.rotary = decoder.rotary is not None
        if decoder.rotary is not None:
            for name, table in zip(("cosines", "sines"), decoder.rotary(capacity), strict=True):
                self.register_buffer(name, table.detach().float().contiguous())
        self.blocks = nn.ModuleList(_DecoderBlock(packer, decoder, block) for block in decoder.blocks)
        self.norm = _norm(decoder.norm, decoder.epsilon)
        self.head = packer.dense(decoder.head)
        self.matrices = packer.matrices

    def forward(self, input_ids: Tensor, start: Tensor, caches: Caches) -> tuple[Tensor, Caches]:
        """input_ids [1, tokens] behind those in the caches -> hidden [tokens, hidden], new keys and values.

        Of padding behind them, every result is without meaning.
        """
        tokens = input_ids.shape[1]
        # padding may reach beyond the last position
        positions = (torch.arange(tokens, dtype=torch.int32) + start).clamp(max=self.capacity - 1)
        x, rotation = self.embed(input_ids, positions)
        past_mask = (torch.arange(self.capacity, dtype=torch.int32) >= start).to(torch.float32) * MASKED
        causal_mask = torch.full((tokens, tokens), MASKED).triu(1)
        new = []
        for block, cache in zip(self.blocks, caches, strict=True):
            x, pair = block(x, cache, rotation, past_mask, causal_mask)
            new.append(pair)
        return self.norm(x), tuple(new)

    def embed(self, input_ids: Tensor, positions: Tensor) -> tuple[Tensor, Rotation | None]:
        """The tokens at these places [tokens, hidden], and the cosines and sines there, if positions are rotations."""
        x: Tensor = self.token_embedding(input_ids[0])
        if self.position_embedding is not None:
            x = x + self.position_embedding(positions)
        rotation = None
        if self.rotary:
            cosines, sines = (torch.index_select(self.get_buffer(name), 0, positions) for name in ("cosines", "sines"))
            rotation = cosines, sines
        return x, rotation


class Prefill(nn.Module):
    """The arguments and results of a decoder by the names that a file has for them; see `decoder_file`."""

    def __init__(self, decoder: DecoderModule) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, input_ids: Tensor, start: Tensor, **caches: Tensor) -> dict[str, Tensor]:
        """`caches` are key_0, value_0, key_1..., each [1, kv_heads, capacity, head_size]."""
        pairs = tuple((caches[f"key_{i}"], caches[f"value_{i}"]) for i in range(len(self.decoder.blocks)))
        hidden, new = self.decoder(input_ids, start, pairs)
        outputs = {"hidden": hidden}
        for index, (key, value) in enumerate(new):
            outputs |= {f"new_key_{index}": key, f"new_value_{index}": value}
        return outputs


class Decode(Prefill):
    """The same with logits in place of the hidden values."""

    def forward(self, input_ids: Tensor, start: Tensor, **caches: Tensor) -> dict[str, Tensor]:
        """See `Prefill.forward`; logits [1, vocabulary]."""
        outputs = super().forward(input_ids, start, **caches)
        return {"logits": self.decoder.head(outputs.pop("hidden")), **outputs}


class Head(nn.Module):
    """Hidden values to logits."""

    def __init__(self, decoder: DecoderModule) -> None:
        super().__init__()
        self.head = decoder.head

    def forward(self, hidden: Tensor) -> dict[str, Tensor]:
        """hidden [tokens, width] -> [tokens, vocabulary]."""
        return {"logits": self.head(hidden)}


class DecoderClassifierModule(nn.Module):
    """A classifier on a decoder's body: input_ids, attention_mask int32 [1, length] -> logits float32 [1, labels].

    Padding lies on the right, and the answer is read at the last token before it; what follows the last attention is
    computed for that token alone.

    pad_id: the token at which no answer is read, if there is one
    """

    def __init__(self, decoder: Decoder, weights: QuantizedWeights, max_length: int, pad_id: int | None) -> None:
        super().__init__()
        self.body = DecoderModule(decoder, weights, max_length)
        self.pad_id = pad_id
        self.matrices = self.body.matrices

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """One text [1, length], padded on the right -> logits [1, labels]."""
        # places and masks are counted from the input, so that the converter cannot fold them into each signature
        counts = torch.cumsum(attention_mask[0], 0, dtype=torch.int32)
        x, rotation = self.body.embed(input_ids, (counts - 1).clamp(min=0))
        mask = (counts[None] > counts[:, None]).to(torch.float32) + (1.0 - attention_mask.to(torch.float32))
        last = self._last_token(input_ids, attention_mask)
        final = len(self.body.blocks) - 1
        for index, block in enumerate(self.body.blocks):
            x, _ = block(x, None, rotation, None, mask * MASKED, last if index == final else None)
        return {"logits": self.body.head(self.body.norm(x))}

    def _last_token(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The place of the last token that is neither masked nor the padding, int32 [1]; 0 where there is none."""
        real = attention_mask[0]
        if self.pad_id is not None:
            real = real * (input_ids[0] != self.pad_id).to(torch.int32)
        so_far = torch.cumsum(real, 0, dtype=torch.int32)
        return (so_far < so_far[-1:]).to(torch.int32).sum(dim=0, keepdim=True, dtype=torch.int32)


def _norm(norm: nn.Module, epsilon: float) -> nn.Module:
    return LayerNorm(norm) if isinstance(norm, nn.LayerNorm) else RmsNorm(norm, epsilon)


class _DecoderBlock(nn.Module):
    def __init__(self, packer: Packer, decoder: Decoder, block: DecoderBlock) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.size = block.heads, block.kv_heads, block.head_size
        self.packed = packer.dense(block.query, block.key, block.value)
        self.output = packer.dense(block.output)
        self.gate = packer.dense(block.gate) if block.gate is not None else None
        self.ffn_in, self.ffn_out = packer.dense(block.ffn_in), packer.dense(block.ffn_out)
        self.attention_norm = _norm(block.attention_norm, decoder.epsilon)
        self.ffn_norm = _norm(block.ffn_norm, decoder.epsilon)
        self.activation = activation(decoder.activation)

    def forward(
        self,
        x: Tensor,
        cache: tuple[Tensor, Tensor] | None,
        rotation: Rotation | None,
        past_mask: Tensor | None,
        causal_mask: Tensor,
        selected: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """x [tokens, hidden]; rotation: cosines and sines [tokens, size / 2]; the masks of past and new tokens.

        cache, past_mask: None where nothing was seen before
        selected: the tokens for which all that follows the attention is computed, int32
        """
        sizes = [count * self.size for count in (self.heads, self.kv_heads, self.kv_heads)]
        packed = torch.split(self.packed(self.attention_norm(x)), sizes, dim=-1)
        query, key, value = (part.reshape(x.shape[0], -1, self.size).transpose(0, 1) for part in packed)
        if rotation is not None:
            query, key = _rotate(query, *rotation), _rotate(key, *rotation)
        attended = self._attend(query, key, value, cache, past_mask, causal_mask)
        if selected is not None:
            x, attended = (torch.index_select(rows, 0, selected) for rows in (x, attended))
        x = x + self.output(attended)
        normed = self.ffn_norm(x)
        wide = self.ffn_in(normed)
        wide = self.activation(wide) if self.gate is None else self.activation(self.gate(normed)) * wide
        return x + self.ffn_out(wide), (key[None], value[None])

    def _attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        cache: tuple[Tensor, Tensor] | None,
        past_mask: Tensor | None,
        causal_mask: Tensor,
    ) -> Tensor:
        """query [heads, tokens, size], key and value [kv_heads, tokens, size] -> [tokens, heads * size]."""
        tokens, group = query.shape[1], self.heads // self.kv_heads
        # the query heads of one key head lie side by side: they read it together
        query = query.reshape(self.kv_heads, group * tokens, self.size)
        new = torch.matmul(query, key.transpose(1, 2)) * self.size**-0.5 + causal_mask.repeat(group, 1)
        if cache is None:
            attended = torch.matmul(torch.softmax(new, dim=-1), value)
        else:
            keys, values = cache[0][0], cache[1][0]
            past = torch.matmul(query, keys.transpose(1, 2)) * self.size**-0.5 + past_mask
            shares = torch.softmax(torch.cat([past, new], dim=-1), dim=-1)
            past, new = shares[..., : keys.shape[1]], shares[..., keys.shape[1] :]
            attended = torch.matmul(past, values) + torch.matmul(new, value)
        return attended.reshape(self.heads, tokens, self.size).transpose(0, 1).reshape(tokens, -1)


def _rotate(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary positions (Su et al. 2021, arXiv 2104.09864) of [heads, tokens, size], in halves."""
    first, second = torch.chunk(x, 2, dim=-1)
    return torch.cat([first * cosines - second * sines, second * cosines + first * sines], dim=-1)
