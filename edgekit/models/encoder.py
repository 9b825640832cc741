"""One description of every encoder family: the live modules, named by what they do.

A family file says where its modules are (`describe`); pruning, quantization and the ONNX builder work on
this description alone and never ask which family they have before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.errors import UsageError
from edgekit.models.loaded_model import LoadedModel, ModelConfig

if TYPE_CHECKING:
    from torch import nn

# all of these are 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))


@dataclass
class EncoderBlock:
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
    head_size: int

    @property
    def heads(self) -> int:
        """How many attention heads the dense layers hold."""
        return int(self.query.out_features) // self.head_size

    @property
    def kv_heads(self) -> int:
        """Every head has a key head of its own."""
        return self.heads

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
    """A classifier on an encoder: embeddings, blocks, head. The first token's state goes into the head.

    token_embedding [vocabulary, width], position_embedding [first_position + max length, width],
    token_type_embedding [2, width] or None.
    projection [hidden, width] follows the norm of the embeddings; without one, width is hidden.
    blocks are the distinct ones, in the order in which they run; all of them are run `repeats` times over.
    activation is that of the feed-forward layers: one of `activations.ACTIVATIONS`.
    first_position is the row of the first token; only_type an embedding whose first row is added to every token.
    padding_id is a token that counts for no position wherever it stands: all of it have the row before the first.
    """

    family: str
    token_embedding: nn.Embedding
    position_embedding: nn.Embedding
    token_type_embedding: nn.Embedding | None
    embedding_norm: nn.LayerNorm
    blocks: list[EncoderBlock]
    head: list[Dense]
    activation: str
    projection: nn.Linear | None = None
    repeats: int = 1
    first_position: int = 0
    only_type: nn.Embedding | None = None
    padding_id: int | None = None

    @property
    def hidden(self) -> int:
        """Width of the residual stream."""
        return int(self.blocks[0].ffn_norm.normalized_shape[0])

    @property
    def max_length(self) -> int:
        """The longest text in tokens that the position embedding has rows for."""
        return int(self.position_embedding.num_embeddings) - self.first_position

    @property
    def shared(self) -> bool:
        """Whether blocks are run more than once with the same weights."""
        return self.repeats > 1

    @property
    def embeddings(self) -> list[nn.Embedding]:
        """The embeddings that are looked up by an input, the largest first."""
        return [
            embedding
            for embedding in (self.token_embedding, self.position_embedding, self.token_type_embedding)
            if embedding is not None
        ]

    def runs(self) -> Iterator[tuple[int, EncoderBlock, bool]]:
        """Each run of a block: its number among the distinct ones, the block, and whether it is the last run."""
        for turn in range(self.repeats):
            for index, block in enumerate(self.blocks):
                yield index, block, turn == self.repeats - 1 and index == len(self.blocks) - 1

    def dense(self) -> Iterator[nn.Linear]:
        """Every dense layer once, in the order in which they run."""
        if self.projection is not None:
            yield self.projection
        for block in self.blocks:
            yield from block.dense()
        yield from (layer.linear for layer in self.head)


def activation_key(config: ModelConfig) -> str:
    """Under which name a configuration of transformers keeps the activation of the feed-forward layers."""
    return "activation" if hasattr(config, "activation") else "hidden_act"


def require_plain_attention(config: ModelConfig) -> None:
    """Raise `UsageError` for BERT's rarer kinds of attention."""
    rarer = rarer_attention(config.to_dict())
    if rarer is not None:
        raise UsageError(f"{config.model_type} {rarer} cannot be taken apart")


def rarer_attention(config: Mapping[str, object]) -> str | None:
    """By what a configuration's attention differs from that of every BERT; None where it does not."""
    positions = config.get("position_embedding_type") or "absolute"
    if positions != "absolute":
        return f"with {positions} positions"
    return "as a decoder" if config.get("is_decoder") else None


def parameter_names(model: LoadedModel) -> dict[int, str]:
    """`id(parameter)` -> its state-dict name; a shared parameter has its first name."""
    names: dict[int, str] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), name)
    return names
