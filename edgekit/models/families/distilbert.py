"""DistilBERT (Sanh et al. 2019, arXiv 1910.01108): BERT without token types or pooler."""

from __future__ import annotations

from typing import Any

from edgekit.models.encoder import Block, Dense, Encoder, activation_of
from edgekit.schema.shape import Shape

INPUTS = ("input_ids", "attention_mask")


def shape(config: Any) -> Shape:
    """Layers, hidden, heads and FFN width of a configuration."""
    return Shape(layers=config.n_layers, hidden=config.dim, heads=config.n_heads, ffn=config.hidden_dim)


def set_shape(config: Any, shape: Shape) -> None:
    """Give a configuration this shape."""
    config.n_layers, config.dim, config.n_heads, config.hidden_dim = (
        shape.layers,
        shape.hidden,
        shape.heads,
        shape.ffn,
    )


def first_position(config: Any) -> int:
    """The first token has the first row of the position table."""
    return 0


def describe(model: Any) -> Encoder:
    """Where the modules of a `DistilBertForSequenceClassification` are."""
    body = model.distilbert
    return Encoder(
        family="distilbert",
        token_embedding=body.embeddings.word_embeddings,
        position_embedding=body.embeddings.position_embeddings,
        token_type_embedding=None,
        embedding_norm=body.embeddings.LayerNorm,
        blocks=[_block(layer) for layer in body.transformer.layer],
        head=[Dense(model.pre_classifier, "relu"), Dense(model.classifier, "none")],
        activation=activation_of(model.config.activation),
    )


def _block(layer: Any) -> Block:
    attention = layer.attention
    return Block(
        attention=attention,
        query=attention.q_lin,
        key=attention.k_lin,
        value=attention.v_lin,
        output=attention.out_lin,
        attention_norm=layer.sa_layer_norm,
        ffn_in=layer.ffn.lin1,
        ffn_out=layer.ffn.lin2,
        ffn_norm=layer.output_layer_norm,
        head_size=attention.dim // attention.n_heads,
    )


def set_heads(attention: Any, heads: int, head_size: int) -> None:
    """Tell the attention module how many heads its dense layers hold now."""
    attention.n_heads = heads
    attention.dim = heads * head_size


def blocks(model: Any) -> Any:
    """The module list of the blocks, for dropping some."""
    return model.distilbert.transformer.layer
