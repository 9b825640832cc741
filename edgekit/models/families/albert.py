"""ALBERT (Lan et al. 2020, arXiv 1909.11942): narrow embeddings behind a projection, one block for all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.errors import UsageError
from edgekit.models.activations import activation_of
from edgekit.models.encoder import Dense, Encoder, EncoderBlock, require_plain_attention
from edgekit.models.families.bert import Bert
from edgekit.models.loaded_model import LibraryObject, LoadedModel
from edgekit.models.typed_model import reads_types

if TYPE_CHECKING:
    from torch import nn


class Albert(Bert):
    """BERT's configuration and inputs."""

    keys = Bert.keys | {"embedding_size", "inner_group_num", "num_hidden_groups"}

    def describe(self, model: LoadedModel) -> Encoder:
        """Where the modules of an `AlbertForSequenceClassification` are.

        Raises `UsageError` where its layers share more than one block: no published ALBERT has more.
        """
        config = model.config
        require_plain_attention(config)
        if config.num_hidden_groups != 1 or config.inner_group_num != 1:
            raise UsageError(
                f"this ALBERT has {config.num_hidden_groups} groups of {config.inner_group_num} blocks; "
                "edgekit takes those with one block that all layers share"
            )
        body = model.base_model
        types, typed = body.embeddings.token_type_embeddings, reads_types(model, usual=True)
        return Encoder(
            family="albert",
            token_embedding=body.embeddings.word_embeddings,
            position_embedding=body.embeddings.position_embeddings,
            token_type_embedding=types if typed else None,
            only_type=None if typed else types,
            embedding_norm=body.embeddings.LayerNorm,
            projection=body.encoder.embedding_hidden_mapping_in,
            blocks=[_block(layer) for layer in body.encoder.albert_layer_groups[0].albert_layers],
            repeats=config.num_hidden_layers,
            head=[Dense(body.pooler, "tanh"), Dense(model.get_submodule("classifier"), "none")],
            activation=activation_of(config.hidden_act),
        )

    def blocks(self, model: LoadedModel) -> nn.ModuleList:
        """The module list with the one block."""
        blocks: nn.ModuleList = model.base_model.encoder.albert_layer_groups[0].albert_layers
        return blocks


def _block(layer: LibraryObject) -> EncoderBlock:
    attention = layer.attention
    return EncoderBlock(
        attention=attention,
        query=attention.query,
        key=attention.key,
        value=attention.value,
        output=attention.dense,
        attention_norm=attention.LayerNorm,
        ffn_in=layer.ffn,
        ffn_out=layer.ffn_output,
        ffn_norm=layer.full_layer_layer_norm,
        head_size=attention.attention_head_size,
    )


FAMILY = Albert()
