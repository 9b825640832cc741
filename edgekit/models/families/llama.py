"""Llama (Touvron et al. 2023, arXiv 2302.13971) and what is built like it, as SmolLM2: RMSNorm, rotary positions,
shared key heads, gated feed-forward layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.models import rotary
from edgekit.models.activations import activation_of
from edgekit.models.decoder import Decoder, DecoderBlock
from edgekit.models.family import Family
from edgekit.models.loaded_model import LibraryObject, LoadedModel, ModelConfig
from edgekit.schema.shape import Shape

if TYPE_CHECKING:
    from torch import Tensor, nn


class Llama(Family):
    """Its layers lie open as transformers loads them."""

    keys = frozenset(
        {
            *("hidden_act", "hidden_size", "intermediate_size", "max_position_embeddings", "num_attention_heads"),
            *("num_hidden_layers", "num_key_value_heads", "head_dim", "rms_norm_eps", "attention_bias", "mlp_bias"),
            *rotary.KEYS,
            "is_decoder",
        }
    )

    def check_config(self, path: Path, raw: Mapping[str, object]) -> None:
        """Raise `UsageError` for what a `config.json` says and no file carries over, as rotations without a table."""
        super().check_config(path, raw)
        rotary.read_rotary(path, raw)

    def complete_config(self, path: Path, raw: Mapping[str, object], config: ModelConfig) -> None:
        """Put into a configuration the rotary positions of a `config.json` that another transformers wrote."""
        if rotary.is_foreign(raw):
            rotary.read_rotary(path, raw).write_to(config)

    def shape(self, config: ModelConfig) -> Shape:
        """Layers, hidden, heads and FFN width of a configuration."""
        return Shape(
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            heads=config.num_attention_heads,
            ffn=config.intermediate_size,
        )

    def set_shape(self, config: ModelConfig, shape: Shape) -> None:
        """Give a configuration this shape, with as many heads to a key head as it had.

        Heads that did not fill the width keep their own.
        """
        group = config.num_attention_heads // config.num_key_value_heads
        filled = config.head_dim * config.num_attention_heads == config.hidden_size
        config.num_hidden_layers, config.hidden_size, config.intermediate_size = shape.layers, shape.hidden, shape.ffn
        config.num_attention_heads, config.num_key_value_heads = shape.heads, shape.heads // group
        if filled:
            config.head_dim = shape.hidden // shape.heads

    def describe(self, model: LoadedModel) -> Decoder:
        """Where the modules of a `LlamaForCausalLM` or `LlamaForSequenceClassification` are."""
        body, config, classifies = model.base_model, model.config, hasattr(model, "score")
        return Decoder(
            family="llama",
            token_embedding=body.embed_tokens,
            position_embedding=None,
            blocks=[_block(layer) for layer in body.layers],
            norm=body.norm,
            head=model.get_submodule("score" if classifies else "lm_head"),
            activation=activation_of(config.hidden_act),
            epsilon=config.rms_norm_eps,
            rotary=lambda length: _rotations(body.rotary_emb, length),
            max_length=int(config.max_position_embeddings),
            classifies=classifies,
        )

    def set_heads(self, attention: LibraryObject, heads: int, head_size: int) -> None:
        """Tell the attention module how many query heads share each of its key heads now."""
        attention.num_key_value_groups = heads * head_size // attention.k_proj.out_features

    def blocks(self, model: LoadedModel) -> nn.ModuleList:
        """The module list of the blocks."""
        blocks: nn.ModuleList = model.base_model.layers
        return blocks


def _block(layer: LibraryObject) -> DecoderBlock:
    attention = layer.self_attn
    return DecoderBlock(
        attention=attention,
        query=attention.q_proj,
        key=attention.k_proj,
        value=attention.v_proj,
        output=attention.o_proj,
        attention_norm=layer.input_layernorm,
        gate=layer.mlp.gate_proj,
        ffn_in=layer.mlp.up_proj,
        ffn_out=layer.mlp.down_proj,
        ffn_norm=layer.post_attention_layernorm,
        head_size=attention.head_dim,
    )


def _rotations(rotary: nn.Module, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines [length, head_size / 2]: the module gives each half twice."""
    import torch

    cosines, sines = rotary(torch.zeros(1, dtype=torch.float32), torch.arange(length)[None])
    half = cosines.shape[-1] // 2
    return cosines[0, :, :half], sines[0, :, :half]


FAMILY = Llama()
