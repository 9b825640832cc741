"""A model of transformers in memory, as far as edgekit uses it: transformers itself gives no types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from edgekit.agent.json_object import JsonObject

if TYPE_CHECKING:
    from torch import Tensor, nn


class LibraryObject(Protocol):
    """A configuration or a module of transformers: which attributes it has, its own class says."""

    def __getattr__(self, name: str) -> Any:
        """An attribute of its own class; `AttributeError` for one that it lacks."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Give an attribute of its own class another value."""


class ModelConfig(LibraryObject, Protocol):
    """The configuration of a model, a `PretrainedConfig`: what all have, beside what a family calls in its own way."""

    model_type: str
    vocab_size: int
    max_position_embeddings: int
    num_labels: int
    problem_type: str | None
    pad_token_id: int | None
    id2label: dict[int, str]
    label2id: dict[str, int]

    def to_dict(self) -> JsonObject:
        """Every key with its value, as `config.json` has them."""


class LoadedModel(Protocol):
    """A `PreTrainedModel`: a classifier or a language model, its decoder's dense layers unpacked.

    base_model: the model without its head, whose modules go by the names of its class
    """

    config: ModelConfig
    training: bool

    @property
    def base_model(self) -> Any:
        """The model without its head."""

    @property
    def base_model_prefix(self) -> str:
        """What the names of the base model's weights begin with, before a dot."""

    @property
    def generation_config(self) -> Any:
        """How a language model generates, as its `generation_config.json` says; None of most classifiers."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What the model gives: `logits` [rows, labels] or [rows, positions, vocabulary], and what else is asked."""

    def eval(self) -> Self:
        """Without dropout, from now on."""

    def train(self, mode: bool = True) -> Self:
        """With dropout, from now on."""

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """On another device or of another type."""

    def float(self) -> Self:
        """In float32."""

    def get_input_embeddings(self) -> nn.Embedding:
        """The token embedding."""

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Whether gradients are taken of its parameters, from now on."""

    def add_module(self, name: str, module: nn.Module | None) -> None:
        """A module that becomes part of the model."""

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Any:
        """Call `hook(model, inputs)` before every run, until `remove` of what is returned."""

    def get_submodule(self, target: str) -> Any:
        """The module of this name; `AttributeError` where there is none."""

    def modules(self) -> Iterator[nn.Module]:
        """Every module once."""

    def named_modules(self) -> Iterator[tuple[str, nn.Module]]:
        """Every module once, with its name."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """Every parameter once."""

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, nn.Parameter]]:
        """Every parameter once, or under each of its names."""

    def state_dict(self) -> dict[str, Tensor]:
        """The weights by their names, dense ones [out, in]."""

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Any:
        """Fill the model; `RuntimeError` for a weight of another shape."""

    def save_pretrained(
        self, save_directory: Path, *, state_dict: Mapping[str, Any] | None = None, safe_serialization: bool = True
    ) -> None:
        """Write `config.json`, `generation_config.json` and the weights into a folder."""
