"""The shape of a transformer: whole, or the part of it that a person asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pydantic

from edgekit.schema.base_model import Strict, key_values
from edgekit.schema.families import FAMILIES


@dataclass(frozen=True)
class Shape:
    """Blocks, width of the residual stream, attention heads and width of the feed-forward layers."""

    layers: int
    hidden: int
    heads: int
    ffn: int


class WantedShape(Strict):
    """A shape as it is asked for; what is left out follows from the model it is cut from, its family too.

    embedding: width of the embeddings of an ALBERT. Default: hidden, so that nothing of the teacher's is lost
    """

    family: str | None = None
    layers: pydantic.PositiveInt | None = None
    hidden: pydantic.PositiveInt | None = None
    heads: pydantic.PositiveInt | None = None
    ffn: pydantic.PositiveInt | None = None
    embedding: pydantic.PositiveInt | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse `layers=3,hidden=256,ffn=1024`."""
        return cls.parse(key_values(text, "layers=3,hidden=256"), f"shape {text!r}")

    @pydantic.model_validator(mode="after")
    def _only_factorized_embeddings_have_a_width_of_their_own(self) -> Self:
        _check_embedding(self.family, self.embedding)
        return self


class Scratch(Strict):
    """A model made from nothing: its family, its shape, and the tokenizer that is trained for it.

    embedding: width of the embeddings of an ALBERT. Default: 128, or hidden where that is less.
    """

    family: str = "distilbert"
    layers: pydantic.PositiveInt = 4
    hidden: pydantic.PositiveInt = 256
    heads: pydantic.PositiveInt = 4
    ffn: pydantic.PositiveInt = 1024
    embedding: pydantic.PositiveInt | None = None
    vocabulary: int = pydantic.Field(default=4000, ge=200)
    dropout: float = pydantic.Field(default=0.1, ge=0, lt=1)
    max_length: pydantic.PositiveInt = 128

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse `layers=4,hidden=256,heads=4,ffn=1024,vocabulary=4000`."""
        return cls.parse(key_values(text, "layers=4,hidden=256"), f"--scratch {text!r}")

    @pydantic.model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.hidden % self.heads:
            raise ValueError(f"hidden {self.hidden} is not a multiple of heads {self.heads}")
        return self

    @pydantic.model_validator(mode="after")
    def _only_factorized_embeddings_have_a_width_of_their_own(self) -> Self:
        _check_embedding(self.family, self.embedding)
        return self

    @pydantic.model_validator(mode="after")
    def _decoders_know_every_byte(self) -> Self:
        least = FAMILIES[self.family].least_vocabulary if self.family in FAMILIES else 0
        if self.vocabulary < least:
            raise ValueError(f"vocabulary {self.vocabulary} is less than {least}: every byte is a token of it")
        return self


def _check_embedding(family: str | None, embedding: int | None) -> None:
    factorized = [name for name, facts in FAMILIES.items() if facts.factorized_embedding]
    if embedding is not None and family not in factorized:
        raise ValueError(
            f"embedding is for {', '.join(factorized)}; the embeddings of any other family are as wide as hidden"
        )
