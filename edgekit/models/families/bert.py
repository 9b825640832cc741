"""BERT (Devlin et al. 2019, arXiv 1810.04805): token types, and a pooler before the classifier."""

from __future__ import annotations

from typing import Any

from edgekit.models.encoder import Block, Dense, Encoder, activation_of, require_plain_attention
from edgekit.schema.shape import Shape

INPUTS = ("input_ids", "token_type_ids", "attention_mask")


def shape(config: Any) -> Shape:
    """Layers, hidden, heads and FFN width of a configuration."""
    return Shape(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        ffn=config.intermediate_size,
    )


def set_shape(config: Any, shape: Shape) -> None:
    """Give a configuration this shape."""
    config.num_hidden_layers, config.hidden_size = shape.layers, shape.hidden
    config.num_attention_heads, config.intermediate_size = shape.heads, shape.ffn


def first_position(config: Any) -> int:
    """The first token has the first row of the position table."""
    return 0


def describe(model: Any) -> Encoder:
    """Where the modules of a `BertForSequenceClassification` are."""
    require_plain_attention(model.config)
    body = model.bert
    return Encoder(
        family="bert",
        token_embedding=body.embeddings.word_embeddings,
        position_embedding=body.embeddings.position_embeddings,
        token_type_embedding=body.embeddings.token_type_embeddings,
        embedding_norm=body.embeddings.LayerNorm,
        blocks=[block(layer) for layer in body.encoder.layer],
        head=[Dense(body.pooler.dense, "tanh"), Dense(model.classifier, "none")],
        activation=activation_of(model.config.hidden_act),
    )


def block(layer: Any) -> Block:
    """Where the modules of a `BertLayer`, or of one of its copies in other families, are."""
    attention = layer.attention.self
    return Block(
        attention=attention,
        query=attention.query,
        key=attention.key,
        value=attention.value,
        output=layer.attention.output.dense,
        attention_norm=layer.attention.output.LayerNorm,
        ffn_in=layer.intermediate.dense,
        ffn_out=layer.output.dense,
        ffn_norm=layer.output.LayerNorm,
        head_size=attention.attention_head_size,
    )


def set_heads(attention: Any, heads: int, head_size: int) -> None:
    """Tell the attention module how many heads its dense layers hold now."""
    attention.num_attention_heads = heads
    attention.all_head_size = heads * head_size


def blocks(model: Any) -> Any:
    """The module list of the blocks, for dropping some."""
    return model.bert.encoder.layer
