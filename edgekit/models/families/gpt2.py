"""GPT-2 (Radford et al. 2019): learned positions, LayerNorm before each branch, the token embedding as its head.

Transformers keeps its dense layers transposed (`Conv1D`, [in, out]), with query, key and value packed in one.
`unpack_fused` puts ordinary dense layers [out, in] in their place, as other families have; `plain_state` is the way
back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgekit.errors import UsageError
from edgekit.models.decoder import Decoder, DecoderBlock
from edgekit.schema.shape import Shape

if TYPE_CHECKING:
    from torch import Tensor, nn

INPUTS = ("input_ids", "attention_mask")
_ACTIVATIONS = {"gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu", "relu": "relu"}
_PACKED = ("query", "key", "value")
_CONV1D = ("attn.c_proj", "mlp.c_fc", "mlp.c_proj")


def shape(config: Any) -> Shape:
    """Layers, hidden, heads and FFN width of a configuration."""
    return Shape(layers=config.n_layer, hidden=config.n_embd, heads=config.n_head, ffn=_inner(config))


def set_shape(config: Any, shape: Shape) -> None:
    """Give a configuration this shape."""
    config.n_layer, config.n_embd, config.n_head, config.n_inner = shape.layers, shape.hidden, shape.heads, shape.ffn


def unpack_fused(model: Any) -> None:
    """Replace the transposed and packed layers of a freshly loaded model, in place.

    Raises `UsageError` for variants of the attention that no file reproduces.
    """
    config = model.config
    if config.scale_attn_by_inverse_layer_idx or not config.scale_attn_weights or config.add_cross_attention:
        raise UsageError(
            "this GPT-2 scales its attention by layer, not at all, or attends to an encoder: not supported"
        )
    for block in model.transformer.h:
        block.attn.c_attn = _unpacked(block.attn.c_attn)
        for name in _CONV1D:
            module, leaf = name.split(".")
            setattr(getattr(block, module), leaf, _linear(getattr(getattr(block, module), leaf)))


def plain_state(model: Any) -> dict[str, Tensor]:
    """The state of an opened model under the names and in the layout that transformers reads."""
    import torch

    state = dict(model.state_dict())
    for index in range(len(model.transformer.h)):
        attention, prefix = f"transformer.h.{index}.attn.c_attn", f"transformer.h.{index}"
        for kind in ("weight", "bias"):
            parts = [state.pop(f"{attention}.{name}.{kind}") for name in _PACKED]
            state[f"{attention}.{kind}"] = torch.cat(parts).t().contiguous()
        for name in _CONV1D:
            state[f"{prefix}.{name}.weight"] = state[f"{prefix}.{name}.weight"].t().contiguous()
    return state


def opened_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The other way: a state as transformers writes it, for an opened model."""
    opened: dict[str, Tensor] = {}
    for name, value in state.items():
        module, _, kind = name.rpartition(".")
        if module.endswith(".attn.c_attn"):
            parts = (value.t() if kind == "weight" else value).chunk(len(_PACKED))
            opened |= {f"{module}.{part}.{kind}": rows.contiguous() for part, rows in zip(_PACKED, parts, strict=True)}
        else:
            turned = kind == "weight" and module.endswith(_CONV1D)
            opened[name] = value.t().contiguous() if turned else value
    return opened


def describe(model: Any) -> Decoder:
    """Where the modules of an opened `GPT2LMHeadModel` or `GPT2ForSequenceClassification` are."""
    body, config, classifies = model.transformer, model.config, hasattr(model, "score")
    return Decoder(
        family="gpt2",
        token_embedding=body.wte,
        position_embedding=body.wpe,
        blocks=[_block(layer) for layer in body.h],
        norm=body.ln_f,
        head=model.score if classifies else model.lm_head,
        activation=_ACTIVATIONS.get(config.activation_function, config.activation_function),
        epsilon=config.layer_norm_epsilon,
        rotary=None,
        classifies=classifies,
    )


def _block(layer: Any) -> DecoderBlock:
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


def set_heads(attention: Any, heads: int, head_size: int) -> None:
    """Tell the attention module how many heads its dense layers hold now."""
    attention.num_heads = heads
    attention.split_size = heads * head_size


def blocks(model: Any) -> Any:
    """The module list of the blocks, for dropping some."""
    return model.transformer.h


def _inner(config: Any) -> int:
    return int(config.n_inner or 4 * config.n_embd)


def _unpacked(packed: Any) -> nn.Module:
    from edgekit.models.families.split_conv1d import PackedDense

    width = packed.nf // 3
    rows = [slice(width * index, width * (index + 1)) for index in range(3)]
    return PackedDense(*(_dense(packed.weight[:, part], packed.bias[part]) for part in rows))


def _linear(conv1d: Any) -> nn.Linear:
    return _dense(conv1d.weight, conv1d.bias)


def _dense(transposed: Tensor, bias: Tensor) -> nn.Linear:
    """A dense layer from its weight [in, out]."""
    from torch import nn

    inputs, outputs = transposed.shape
    linear = nn.Linear(inputs, outputs, device="meta")
    linear.weight = nn.Parameter(transposed.detach().t().clone().contiguous())
    linear.bias = nn.Parameter(bias.detach().clone())
    return linear
