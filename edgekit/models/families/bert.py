"""BERT (Devlin et al. 2019, arXiv 1810.04805): token types, and a pooler before the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.models.activations import activation_of
from edgekit.models.configuration_keys import check_keys
from edgekit.models.encoder import Dense, Encoder, EncoderBlock, require_plain_attention
from edgekit.models.family import Family
from edgekit.models.loaded_model import LibraryObject, LoadedModel, ModelConfig
from edgekit.models.typed_model import reads_types
from edgekit.schema.shape import Shape

if TYPE_CHECKING:
    from torch import nn

# what makes another attention of BERT's
_VARIANTS = ("position_embedding_type", "is_decoder")


class Bert(Family):
    """Also what families made after it have in common with it."""

    inputs: tuple[str, ...] = ("input_ids", "token_type_ids", "attention_mask")
    keys = frozenset(
        {
            "hidden_act",
            "hidden_size",
            "intermediate_size",
            "layer_norm_eps",
            "max_position_embeddings",
            "num_attention_heads",
            "num_hidden_layers",
            "type_vocab_size",
        }
    )

    def check_config(self, path: Path, raw: Mapping[str, object]) -> None:
        """Raise `UsageError` for what a `config.json` says and no file carries over.

        Rarer kinds of attention are understood where the installed transformers computes them: an exporter that knows
        them writes the file.
        """
        from transformers import AutoConfig

        name = str(raw["model_type"])
        computed = AutoConfig.for_model(name)
        check_keys(path, raw, name, self.keys | {key for key in _VARIANTS if hasattr(computed, key)})

    def shape(self, config: ModelConfig) -> Shape:
        """Layers, hidden, heads and FFN width of a configuration."""
        return Shape(
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            heads=config.num_attention_heads,
            ffn=config.intermediate_size,
        )

    def set_shape(self, config: ModelConfig, shape: Shape) -> None:
        """Give a configuration this shape."""
        config.num_hidden_layers, config.hidden_size = shape.layers, shape.hidden
        config.num_attention_heads, config.intermediate_size = shape.heads, shape.ffn

    def describe(self, model: LoadedModel) -> Encoder:
        """Where the modules of a `BertForSequenceClassification` are."""
        require_plain_attention(model.config)
        body = model.base_model
        types, typed = body.embeddings.token_type_embeddings, reads_types(model, usual=True)
        return Encoder(
            family="bert",
            token_embedding=body.embeddings.word_embeddings,
            position_embedding=body.embeddings.position_embeddings,
            token_type_embedding=types if typed else None,
            only_type=None if typed else types,
            embedding_norm=body.embeddings.LayerNorm,
            blocks=[block(layer) for layer in body.encoder.layer],
            head=[Dense(body.pooler.dense, "tanh"), Dense(model.get_submodule("classifier"), "none")],
            activation=activation_of(model.config.hidden_act),
        )

    def set_heads(self, attention: LibraryObject, heads: int, head_size: int) -> None:
        """Tell the attention module how many heads its dense layers hold now."""
        attention.num_attention_heads = heads
        attention.all_head_size = heads * head_size

    def blocks(self, model: LoadedModel) -> nn.ModuleList:
        """The module list of the blocks."""
        blocks: nn.ModuleList = model.base_model.encoder.layer
        return blocks


def block(layer: LibraryObject) -> EncoderBlock:
    """Where the modules of a `BertLayer`, or of one of its copies in other families, are."""
    attention = layer.attention.self
    return EncoderBlock(
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


FAMILY = Bert()
