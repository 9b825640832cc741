"""The family of a model, found by the `model_type` of its configuration, and its description."""

from __future__ import annotations

import importlib
from typing import cast

from edgekit.errors import UsageError, unknown_name
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.models.family import Family
from edgekit.models.loaded_model import LoadedModel
from edgekit.schema.families import DECODERS, ENCODERS, FAMILIES


def family(name: str) -> Family:
    """The family of this `model_type`, or `UsageError` with those there are."""
    if name not in FAMILIES:
        near = unknown_name("family", name, FAMILIES).advice if name else None
        raise UsageError(f"models of the family {name!r} cannot be taken apart", advice=near)
    return cast(Family, importlib.import_module(f"edgekit.models.families.{name}").FAMILY)


def family_of(model: LoadedModel) -> Family:
    """The family of a loaded model, or `UsageError` where it cannot be taken apart."""
    return family(model.config.model_type)


def is_decoder(model: LoadedModel) -> bool:
    """Whether a model is a decoder that can be taken apart: a language model, or a classifier on the body of one."""
    return model.config.model_type in DECODERS


def require_decoder(name: str) -> None:
    """Raise `UsageError` for a family whose models are no decoders that can be taken apart."""
    if name not in DECODERS:
        raise UsageError(
            f"decoders of the family {name!r} cannot be taken apart", advice=f"families: {', '.join(DECODERS)}"
        )


def describe(model: LoadedModel) -> Encoder | Decoder:
    """The description of a loaded model, or `UsageError` where it cannot be taken apart."""
    return family_of(model).describe(model)


def is_described(model: LoadedModel) -> bool:
    """Whether a loaded model can be taken apart: a known family may have variants that cannot."""
    if model.config.model_type not in FAMILIES:
        return False
    try:
        describe(model)
    except UsageError:
        return False
    return True


def describe_encoder(model: LoadedModel) -> Encoder:
    """The description of a loaded encoder, or `UsageError` where it is none that can be taken apart."""
    name = model.config.model_type
    if name not in ENCODERS:
        raise UsageError(
            f"encoders of the family {name!r} cannot be taken apart", advice=f"families: {', '.join(ENCODERS)}"
        )
    return cast(Encoder, describe(model))


def describe_decoder(model: LoadedModel) -> Decoder:
    """The description of a loaded decoder, or `UsageError` where it is none that can be taken apart."""
    require_decoder(model.config.model_type)
    return cast(Decoder, describe(model))
