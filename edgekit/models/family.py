"""What a family says of its models: one protocol for encoders and decoders, with what most of them have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.models.configuration_keys import check_keys
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.models.loaded_model import LibraryObject, LoadedModel, ModelConfig
from edgekit.schema.shape import Shape

if TYPE_CHECKING:
    from torch import Tensor, nn


class Family(ABC):
    """The models of one `model_type` of transformers; each file in `families/` holds one, as `FAMILY`.

    inputs: the names of what its models read, out of all that a tokenizer can give
    keys:   the keys of its configurations that a model is built from, all of which every file carries over or refuses
    """

    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    keys: frozenset[str] = frozenset()

    def inputs_of(self, config: Mapping[str, object]) -> tuple[str, ...]:
        """The names of what a model of this `config.json` can read, at most."""
        return self.inputs

    def check_config(self, path: Path, raw: Mapping[str, object]) -> None:
        """Raise `UsageError` for what a `config.json` says and no file of this family carries over."""
        check_keys(path, raw, str(raw.get("model_type")), self.keys)

    def complete_config(self, path: Path, raw: Mapping[str, object], config: ModelConfig) -> None:
        """Put into a configuration what its `config.json` says in a form that this transformers does not read."""
        return

    @abstractmethod
    def shape(self, config: ModelConfig) -> Shape:
        """Layers, hidden, heads and FFN width of a configuration."""

    @abstractmethod
    def set_shape(self, config: ModelConfig, shape: Shape) -> None:
        """Give a configuration this shape."""

    @abstractmethod
    def describe(self, model: LoadedModel) -> Encoder | Decoder:
        """The live modules of an unpacked model, named by what they do; `UsageError` for a variant not known here."""

    @abstractmethod
    def set_heads(self, attention: LibraryObject, heads: int, head_size: int) -> None:
        """Tell an attention module how many query heads its dense layers hold now."""

    @abstractmethod
    def blocks(self, model: LoadedModel) -> nn.ModuleList:
        """The module list of the blocks, each of them once, for dropping some."""

    def first_position(self, config: ModelConfig) -> int:
        """Which row of the position embedding is the first token's."""
        return 0

    def unpack_fused(self, model: LoadedModel) -> None:
        """Make every dense layer of a freshly loaded model an ordinary one [out, in], in place.

        Raises `UsageError` for variants that no file reproduces.
        """
        return

    def plain_state(self, model: LoadedModel) -> dict[str, Tensor]:
        """The weights of an unpacked model under the names and in the layout, [out, in], that transformers reads."""
        return model.state_dict()

    def opened_state(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The other way: weights [out, in] as transformers writes them, for an unpacked model."""
        return state
