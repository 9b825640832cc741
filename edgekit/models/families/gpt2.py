"""GPT-2 (Radford et al. 2019): learned positions, LayerNorm before each branch, the token embedding as its head.

Transformers keeps its dense layers transposed (`Conv1D`, [in, out]), with query, key and value packed in one.
`unpack_fused` puts ordinary dense layers [out, in] in their place, as other families have; `plain_state` is the way
back.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from edgekit.errors import UsageError
from edgekit.models.activations import activation_of
from edgekit.models.decoder import Decoder, DecoderBlock
from edgekit.models.family import Family
from edgekit.models.loaded_model import LibraryObject, LoadedModel, ModelConfig
from edgekit.schema.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

_PACKED = ("query", "key", "value")
_CONV1D = ("attn.c_proj", "mlp.c_fc", "mlp.c_proj")


class Gpt2(Family):
    """Its configuration and its modules have names of their own."""

    keys = frozenset(
        {
            *("activation_function", "layer_norm_epsilon", "n_ctx", "n_embd", "n_head", "n_inner", "n_layer"),
            *("n_positions", "hidden_size", "max_position_embeddings", "num_attention_heads", "num_hidden_layers"),
            *("scale_attn_weights", "scale_attn_by_inverse_layer_idx", "add_cross_attention", "is_decoder"),
            "reorder_and_upcast_attn",  # the same products in another order
        }
    )

    def shape(self, config: ModelConfig) -> Shape:
        """Layers, hidden, heads and FFN width of a configuration."""
        ffn = int(config.n_inner or 4 * config.n_embd)
        return Shape(layers=config.n_layer, hidden=config.n_embd, heads=config.n_head, ffn=ffn)

    def set_shape(self, config: ModelConfig, shape: Shape) -> None:
        """Give a configuration this shape."""
        config.n_layer, config.n_embd = shape.layers, shape.hidden
        config.n_head, config.n_inner = shape.heads, shape.ffn

    def unpack_fused(self, model: LoadedModel) -> None:
        """Replace the transposed and packed layers of a freshly loaded model, in place.

        Raises `UsageError` for variants of the attention that no file reproduces.
        """
        config = model.config
        if config.scale_attn_by_inverse_layer_idx or not config.scale_attn_weights or config.add_cross_attention:
            raise UsageError(
                "this GPT-2 scales its attention by layer, not at all, or attends to an encoder: not supported"
            )
        for block in model.base_model.h:
            block.attn.c_attn = _unpacked(block.attn.c_attn)
            for name in _CONV1D:
                module, leaf = name.split(".")
                setattr(getattr(block, module), leaf, _linear(getattr(getattr(block, module), leaf)))

    def plain_state(self, model: LoadedModel) -> dict[str, Tensor]:
        """The weights of an unpacked model under the names and in the layout that transformers reads.

        Dense ones turn from [out, in] to [in, out], query, key and value side by side.
        """
        import torch

        state = dict(model.state_dict())
        for index in range(len(model.base_model.h)):
            attention, prefix = f"transformer.h.{index}.attn.c_attn", f"transformer.h.{index}"
            for kind in ("weight", "bias"):
                parts = [state.pop(f"{attention}.{name}.{kind}") for name in _PACKED]
                state[f"{attention}.{kind}"] = torch.cat(parts).t().contiguous()
            for name in _CONV1D:
                state[f"{prefix}.{name}.weight"] = state[f"{prefix}.{name}.weight"].t().contiguous()
        return state

    def opened_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The other way: weights as transformers writes them, for an unpacked model: dense ones [out, in]."""
        opened: dict[str, Tensor] = {}
        for name, value in state.items():
            module, _, kind = name.rpartition(".")
            if module.endswith(".attn.c_attn"):
                parts = (value.t() if kind == "weight" else value).chunk(len(_PACKED))
                opened |= {
                    f"{module}.{part}.{kind}": rows.contiguous() for part, rows in zip(_PACKED, parts, strict=True)
                }
            else:
                turned = kind == "weight" and module.endswith(_CONV1D)
                opened[name] = value.t().contiguous() if turned else value
        return opened

    def describe(self, model: LoadedModel) -> Decoder:
        """Where the modules of an unpacked `GPT2LMHeadModel` or `GPT2ForSequenceClassification` are."""
        body, config, classifies = model.base_model, model.config, hasattr(model, "score")
        return Decoder(
            family="gpt2",
            token_embedding=body.wte,
            position_embedding=body.wpe,
            blocks=[_block(layer) for layer in body.h],
            norm=body.ln_f,
            head=model.get_submodule("score" if classifies else "lm_head"),
            activation=activation_of(config.activation_function),
            epsilon=config.layer_norm_epsilon,
            rotary=None,
            max_length=int(config.max_position_embeddings),
            classifies=classifies,
        )

    def set_heads(self, attention: LibraryObject, heads: int, head_size: int) -> None:
        """Tell the attention module how many heads its dense layers hold now."""
        attention.num_heads = heads
        attention.split_size = heads * head_size

    def blocks(self, model: LoadedModel) -> nn.ModuleList:
        """The module list of the blocks."""
        blocks: nn.ModuleList = model.base_model.h
        return blocks


def _block(layer: LibraryObject) -> DecoderBlock:
    attention = layer.attn
    return DecoderBlock(
        attention=attention,
        query=attention.c_attn.query,
        key=attention.c_attn.key,
        value=attention.c_attn.value,
        output=attention.c_proj,
        attention_norm=layer.ln_1,
        gate=None,
        ffn_in=layer.mlp.c_fc,
        ffn_out=layer.mlp.c_proj,
        ffn_norm=layer.ln_2,
        head_size=attention.head_dim,
    )


def _unpacked(packed: LibraryObject) -> nn.Module:
    """Three dense layers in the place of a packed one [hidden, query + key + value]."""
    width = packed.nf // 3
    rows = [slice(width * index, width * (index + 1)) for index in range(3)]
    return _packed_dense()(*(_dense(packed.weight[:, part], packed.bias[part]) for part in rows))


@cache
def _packed_dense() -> Callable[..., nn.Module]:
    """The class of what stands for GPT-2's packed layer; one of torch's cannot be made before torch is imported."""
    import torch
    from torch import nn

    class PackedDense(nn.Module):
        """Query, key and value side by side, as one layer gave them: [..., hidden] -> [..., query + key + value]."""

        def __init__(self, query: nn.Linear, key: nn.Linear, value: nn.Linear) -> None:
            super().__init__()
            self.query, self.key, self.value = query, key, value

        def forward(self, x: Tensor) -> Tensor:
            """The three outputs of `x` [..., hidden], concatenated."""
            return torch.cat([self.query(x), self.key(x), self.value(x)], dim=-1)

    return PackedDense


def _linear(conv1d: LibraryObject) -> nn.Linear:
    return _dense(conv1d.weight, conv1d.bias)


def _dense(transposed: Tensor, bias: Tensor) -> nn.Linear:
    """A dense layer from its weight [in, out] and bias [out]."""
    from torch import nn

    inputs, outputs = transposed.shape
    linear = nn.Linear(inputs, outputs, device="meta")
    linear.weight = nn.Parameter(transposed.detach().t().clone().contiguous())
    linear.bias = nn.Parameter(bias.detach().clone())
    return linear


FAMILY = Gpt2()
