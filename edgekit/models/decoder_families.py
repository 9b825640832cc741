"""The decoder families edgekit can take apart, and one view of decoders and encoders for what treats both alike."""

from __future__ import annotations

import importlib
from typing import Any, Protocol, cast

from edgekit.errors import UsageError, unknown_name
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.models.encoder_families import FAMILIES, Family, describe, family
from edgekit.schema.shape import Shape

DECODERS = ("gpt2", "llama")


class DecoderFamily(Protocol):
    """What the file of a decoder family says of its models; each is named after its family."""

    @property
    def INPUTS(self) -> tuple[str, ...]:
        """The names of what the model reads, out of all that a tokenizer can give."""

    def shape(self, config: Any) -> Shape:
        """Layers, hidden, heads and FFN width of a configuration."""

    def set_shape(self, config: Any, shape: Shape) -> None:
        """Give a configuration this shape."""

    def unpack_fused(self, model: Any) -> None:
        """Make every dense layer of a freshly loaded model an ordinary one."""

    def plain_state(self, model: Any) -> dict[str, Any]:
        """The state of an opened model as transformers reads it."""

    def opened_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """The other way: a state as transformers writes it, for an opened model."""

    def set_heads(self, attention: Any, heads: int, head_size: int) -> None:
        """Tell an attention module how many query heads its dense layers hold."""

    def blocks(self, model: Any) -> Any:
        """The module list of the blocks."""

    def describe(self, model: Any) -> Decoder:
        """The live modules of an opened model, named by what they do."""


def decoder_family(name: str) -> DecoderFamily:
    """The decoder family of this `model_type`, or `UsageError` with those there are."""
    if name not in DECODERS:
        raise UsageError(
            f"decoders of the family {name!r} cannot be taken apart", advice=f"families: {', '.join(DECODERS)}"
        )
    return cast(DecoderFamily, importlib.import_module(f"edgekit.models.families.{name}"))


def any_family(name: str) -> Family | DecoderFamily:
    """The family of either kind of this `model_type`, or `UsageError` with those there are."""
    if name not in (*FAMILIES, *DECODERS):
        near = unknown_name("family", name, (*FAMILIES, *DECODERS)).advice if name else None
        raise UsageError(f"models of the family {name!r} cannot be taken apart", advice=near)
    return decoder_family(name) if name in DECODERS else family(name)


def is_decoder(model: Any) -> bool:
    """Whether a model is a decoder that can be taken apart: a language model, or a classifier on the body of one."""
    return model.config.model_type in DECODERS


def describe_decoder(model: Any) -> Decoder:
    """The description of an opened decoder."""
    return decoder_family(model.config.model_type).describe(model)


def describe_model(model: Any) -> Encoder | Decoder:
    """The description of a loaded model of either kind."""
    return describe_decoder(model) if is_decoder(model) else describe(model)


def configured_shape(model: Any) -> Shape:
    """The shape that the configuration of a loaded model of either kind says."""
    return family_of(model).shape(model.config)


def most_tokens(model: Any) -> int:
    """The longest text in tokens that a loaded model of either kind has positions for."""
    return int(model.config.max_position_embeddings) if is_decoder(model) else describe(model).max_length


def family_of(model: Any) -> Family | DecoderFamily:
    """What the file of a loaded model's family says of it."""
    return any_family(model.config.model_type)


def plain_state(model: Any) -> dict[str, Any]:
    """The state of a loaded model of either kind, as transformers reads it."""
    return decoder_family(model.config.model_type).plain_state(model) if is_decoder(model) else model.state_dict()
