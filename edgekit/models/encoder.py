"""One description of every encoder family: the live modules, named by what they do.

A family file says where its modules are (`describe`); pruning, quantization and the ONNX builder work on
this description alone and never ask which family they have before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass
class Block:
    """One transformer block with the norm after each residual (post-norm), as in BERT.

    query, key, value [heads * head_size, hidden]; output [hidden, heads * head_size];
    ffn_in [ffn, hidden]; ffn_out [hidden, ffn]. `attention` is the module that keeps its own head count.
    """

    attention: nn.Module
    query: nn.Linear
    key: nn.Linear
    value: nn.Linear
    output: nn.Linear
    attention_norm: nn.LayerNorm
    ffn_in: nn.Linear
    ffn_out: nn.Linear
    ffn_norm: nn.LayerNorm
    heads: int
    head_size: int

    @property
    def ffn(self) -> int:
        """Width of the feed-forward layer."""
        return int(self.ffn_in.out_features)

    def dense(self) -> Iterator[nn.Linear]:
        """The six dense layers, in the order in which they run."""
        yield from (self.query, self.key, self.value, self.output, self.ffn_in, self.ffn_out)


@dataclass
class Dense:
    """A dense layer of the classification head and the activation behind it; `none` for the last."""

    linear: nn.Linear
    activation: str


@dataclass
class Encoder:
    """A classifier on an encoder: tables, blocks, head. The first token's state goes into the head.

    words [vocabulary, hidden], positions [max length, hidden], types [2, hidden] or None.
    activation is that of the feed-forward layers: `gelu` (erf), `gelu_tanh` or `relu`.
    """

    family: str
    words: nn.Embedding
    positions: nn.Embedding
    types: nn.Embedding | None
    embedding_norm: nn.LayerNorm
    blocks: list[Block]
    head: list[Dense]
    activation: str

    @property
    def hidden(self) -> int:
        """Width of the residual stream."""
        return int(self.embedding_norm.normalized_shape[0])

    @property
    def tables(self) -> list[nn.Embedding]:
        """The embedding tables, the largest first."""
        return [table for table in (self.words, self.positions, self.types) if table is not None]

    def dense(self) -> Iterator[nn.Linear]:
        """Every dense layer of the blocks and the head, in the order in which they run."""
        for block in self.blocks:
            yield from block.dense()
        yield from (layer.linear for layer in self.head)


def parameter_names(model: nn.Module) -> dict[int, str]:
    """`id(parameter)` -> its state-dict name; a shared parameter has its first name."""
    names: dict[int, str] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), name)
    return names
