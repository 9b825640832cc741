"""One description of every decoder family: the live modules, named by what they do.

A family file says where its modules are (`describe`); quantization and the builders of files work on this
description alone and never ask which family they have before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass
class DecoderBlock:
    """One transformer block with the norm before each branch (pre-norm), as in GPT-2 and Llama.

    query [heads * head_size, hidden]; key, value [kv_heads * head_size, hidden]; output [hidden, heads * head_size];
    gate (None without one) and ffn_in [ffn, hidden]; ffn_out [hidden, ffn]. Each key head serves heads / kv_heads
    query heads, which lie side by side. `attention` is the module that keeps its own head counts.
    """

    attention: nn.Module
    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    output: nn.Linear
    attention_norm: nn.Module
    gate: nn.Linear | None
    ffn_in: nn.Linear
    ffn_out: nn.Linear
    ffn_norm: nn.Module
    head_size: int

    @property
    def heads(self) -> int:
        """How many query heads the dense layers hold."""
        return int(self.query.out_features) // self.head_size

    @property
    def kv_heads(self) -> int:
        """How many key heads, and value heads, they hold."""
        return int(self.key.out_features) // self.head_size

    @property
    def ffn(self) -> int:
        """Width of the feed-forward layer."""
        return int(self.ffn_in.out_features)

    def dense(self) -> Iterator[nn.Linear]:
        """The six or seven dense layers, in the order in which they run."""
        yield from (self.query, self.key, self.value, self.output)
        if self.gate is not None:
            yield self.gate
        yield from (self.ffn_in, self.ffn_out)


@dataclass
class Decoder:
    """A language model, or a classifier on the body of one: embeddings, blocks, last norm and head.

    token_embedding [vocabulary, hidden]; position_embedding [max length, hidden], None where
    positions are rotations;
    head [vocabulary, hidden], whose weight is that of `token_embedding` where tied; of a classifier [labels, hidden],
    for the last token of a text that is no padding.
    activation: one of `activations.ACTIVATIONS`, of ffn_in or, where there is one, of the gate
    epsilon:    of every norm; a norm with a bias is a LayerNorm, one without is an RMSNorm
    max_length: the longest text in tokens that it has positions for
    rotary:     gives cosines and sines [n, head_size / 2] of the first n positions; halves of a head are rotated
    """

    family: str
    token_embedding: nn.Embedding
    position_embedding: nn.Embedding | None
    blocks: list[DecoderBlock]
    norm: nn.Module
    head: nn.Linear
    activation: str
    epsilon: float
    rotary: Callable[[int], tuple[Tensor, Tensor]] | None
    max_length: int
    classifies: bool = False

    @property
    def hidden(self) -> int:
        """Width of the residual stream."""
        return int(self.token_embedding.embedding_dim)

    @property
    def tied(self) -> bool:
        """Whether the head is the token embedding."""
        return self.head.weight is self.token_embedding.weight

    @property
    def embeddings(self) -> list[nn.Embedding]:
        """Its embeddings, the largest first."""
        return [embedding for embedding in (self.token_embedding, self.position_embedding) if embedding is not None]

    def dense(self) -> Iterator[nn.Linear]:
        """Every dense layer of the blocks and the head, in the order in which they run."""
        for block in self.blocks:
            yield from block.dense()
        yield self.head
