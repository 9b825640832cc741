"""RoBERTa (Liu et al. 2019, arXiv 1907.11692): BERT's blocks, one token type for all, positions behind the padding's.

Its head is a dense layer with tanh on the first token, as BERT's pooler is, but trained with the classifier.
"""

from __future__ import annotations

from typing import Any

from edgekit.models.encoder import Dense, Encoder, activation_of, require_plain_attention
from edgekit.models.families.bert import block, set_heads, set_shape, shape

__all__ = ["INPUTS", "blocks", "describe", "first_position", "set_heads", "set_shape", "shape"]

INPUTS = ("input_ids", "attention_mask")


def first_position(config: Any) -> int:
    """The rows up to that of the padding token stand for no position."""
    return int(config.pad_token_id) + 1


def describe(model: Any) -> Encoder:
    """Where the modules of a `RobertaForSequenceClassification` are."""
    require_plain_attention(model.config)
    body = model.roberta
    return Encoder(
        family="roberta",
        token_embedding=body.embeddings.word_embeddings,
        position_embedding=body.embeddings.position_embeddings,
        token_type_embedding=None,
        embedding_norm=body.embeddings.LayerNorm,
        blocks=[block(layer) for layer in body.encoder.layer],
        head=[Dense(model.classifier.dense, "tanh"), Dense(model.classifier.out_proj, "none")],
        activation=activation_of(model.config.hidden_act),
        first_position=first_position(model.config),
        only_type=body.embeddings.token_type_embeddings,
    )


def blocks(model: Any) -> Any:
    """The module list of the blocks, for dropping some."""
    return model.roberta.encoder.layer
