"""The families edgekit can take apart, found by the `model_type` of a Hugging Face configuration."""

from __future__ import annotations

import importlib
from typing import Any, Protocol, cast

from edgekit.errors import UsageError, unknown_name
from edgekit.models.encoder import Encoder
from edgekit.schema.shape import Shape

FAMILIES = ("albert", "bert", "distilbert", "roberta")


class Family(Protocol):
    """What a family file says of its models; each file in this folder named after a family is one."""

    @property
    def INPUTS(self) -> tuple[str, ...]:
        """The names of what the model reads, out of all that a tokenizer can give."""

    def shape(self, config: Any) -> Shape:
        """Layers, hidden, heads and FFN width of a configuration."""

    def set_shape(self, config: Any, shape: Shape) -> None:
        """Give a configuration this shape."""

    def first_position(self, config: Any) -> int:
        """Which row of the position table is the first token's."""

    def describe(self, model: Any) -> Encoder:
        """The live modules of a model, named by what they do."""

    def set_heads(self, attention: Any, heads: int, head_size: int) -> None:
        """Tell an attention module how many heads its dense layers hold."""

    def blocks(self, model: Any) -> Any:
        """The module list of the blocks, each of them once."""


def family(name: str) -> Family:
    """The family of this `model_type`, or `UsageError` with those there are."""
    if name not in FAMILIES:
        near = unknown_name("family", name, FAMILIES).advice if name else None
        raise UsageError(f"models of the family {name!r} cannot be taken apart", advice=near)
    return cast(Family, importlib.import_module(f"edgekit.models.families.{name}"))


def describe(model: Any) -> Encoder:
    """The description of a loaded model, by its own configuration."""
    return family(model.config.model_type).describe(model)
