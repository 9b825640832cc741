"""DistilBERT (Sanh et al. 2019, arXiv 1910.01108): BERT without token types or pooler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.models.activations import activation_of
from edgekit.models.encoder import Dense, Encoder, EncoderBlock
from edgekit.models.family import Family
from edgekit.models.loaded_model import LibraryObject, LoadedModel, ModelConfig
from edgekit.schema.shape import Shape

if TYPE_CHECKING:
    from torch import nn


class DistilBert(Family):
    """Its configuration and its modules have names of their own."""

    # sinusoidal positions are only what a training begins with: they lie in the weights
    keys = frozenset(
        {
            *("activation", "dim", "hidden_dim", "n_heads", "n_layers", "max_position_embeddings"),
            *("hidden_size", "num_attention_heads", "num_hidden_layers", "sinusoidal_pos_embds"),
        }
    )

    def shape(self, config: ModelConfig) -> Shape:
        """Layers, hidden, heads and FFN width of a configuration."""
        return Shape(layers=config.n_layers, hidden=config.dim, heads=config.n_heads, ffn=config.hidden_dim)

    def set_shape(self, config: ModelConfig, shape: Shape) -> None:
        """Give a configuration this shape."""
        config.n_layers, config.dim = shape.layers, shape.hidden
        config.n_heads, config.hidden_dim = shape.heads, shape.ffn

    def describe(self, model: LoadedModel) -> Encoder:
        """Where the modules of a `DistilBertForSequenceClassification` are."""
        body = model.base_model
        return Encoder(
            family="distilbert",
            token_embedding=body.embeddings.word_embeddings,
            position_embedding=body.embeddings.position_embeddings,
            token_type_embedding=None,
            embedding_norm=body.embeddings.LayerNorm,
            blocks=[_block(layer) for layer in body.transformer.layer],
            head=[
                Dense(model.get_submodule("pre_classifier"), "relu"),
                Dense(model.get_submodule("classifier"), "none"),
            ],
            activation=activation_of(model.config.activation),
        )

    def set_heads(self, attention: LibraryObject, heads: int, head_size: int) -> None:
        """Tell the attention module how many heads its dense layers hold now."""
        attention.n_heads = heads
        attention.dim = heads * head_size

    def blocks(self, model: LoadedModel) -> nn.ModuleList:
        """The module list of the blocks."""
        blocks: nn.ModuleList = model.base_model.transformer.layer
        return blocks


def _block(layer: LibraryObject) -> EncoderBlock:
    attention = layer.attention
    return EncoderBlock(
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


FAMILY = DistilBert()
