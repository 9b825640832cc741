"""Activations of an encoder while it runs: hidden states of all layers, queries, keys and values of the last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgekit.models.encoder import Encoder
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe_encoder

if TYPE_CHECKING:
    from torch import Tensor


@dataclass
class Activations:
    """Those of the last run of a model, filled anew by each.

    hidden:  states [batch, length, hidden] of the embeddings and of each layer, in the order in which they ran
    vectors: queries, keys and values of the last layer, each [batch, length, heads * head_size]
    """

    encoder: Encoder
    hidden: list[Tensor] = field(default_factory=list)
    vectors: dict[str, Tensor] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """heads * head_size of the last layer."""
        return int(self.encoder.blocks[-1].query.out_features)

    @property
    def relation_vectors(self) -> list[Tensor]:
        """Queries, keys and values, each [batch, length, heads * head_size]."""
        return [self.vectors[name] for name in ("query", "key", "value")]


@contextmanager
def hook_activations(model: LoadedModel, *, hidden: bool, relations: bool) -> Iterator[Activations]:
    """Keep the activations of every run of a classifier while the block lasts; however it ends, no hook is left.

    hidden, relations: which are kept; the memory of it is that of one batch, until the next run
    """
    encoder = describe_encoder(model)
    activations = Activations(encoder)
    with ExitStack() as hooks:
        hooks.callback(_clear, activations)
        hooks.callback(model.register_forward_pre_hook(lambda *_: _clear(activations)).remove)
        if hidden:
            first = encoder.embedding_norm if encoder.projection is None else encoder.projection
            for module in (first, *(block.ffn_norm for block in encoder.blocks)):
                append = module.register_forward_hook(lambda module, inputs, output: activations.hidden.append(output))
                hooks.callback(append.remove)
        if relations:
            for name in ("query", "key", "value"):
                hooks.callback(_hook_output(getattr(encoder.blocks[-1], name), activations.vectors, name).remove)
        yield activations


def _clear(activations: Activations) -> None:
    activations.hidden.clear()
    activations.vectors.clear()


def _hook_output(module: Any, outputs: dict[str, Any], name: str) -> Any:
    """The newest output of a module: of a shared block that of its last run."""
    return module.register_forward_hook(lambda module, inputs, output: outputs.__setitem__(name, output))
