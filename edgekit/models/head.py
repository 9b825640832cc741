"""The head of a classifier: its labels named, its logits put in another order, or made anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.data.label_order import label_order
from edgekit.models.loaded_model import LoadedModel, ModelConfig
from edgekit.tasks.problem_type import SINGLE_LABEL, ProblemType

if TYPE_CHECKING:
    from torch import nn


def name_labels(config: ModelConfig, labels: Sequence[str]) -> None:
    """Give a configuration these labels, in the order of the logits."""
    config.id2label, config.label2id = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}


def set_problem_type(config: ModelConfig, problem_type: ProblemType) -> None:
    """Say in a configuration what its logits mean; the usual meaning is not said, as transformers leaves it out."""
    config.problem_type = None if problem_type == SINGLE_LABEL else problem_type


def order_logits(model: LoadedModel, labels: Sequence[str]) -> None:
    """Put the logits of a classifier in the order of `labels`, in place: its own ones by `label_order`.

    Raises `ValueError` where they are other labels.
    """
    import torch

    order = label_order([model.config.id2label[place] for place in range(model.config.num_labels)], labels)
    if order is None:
        raise ValueError(f"the labels of the model are others than {labels}")
    layer = _logits_layer(model)
    with torch.no_grad():
        for weight in (layer.weight, layer.bias):
            if weight is not None:
                weight.copy_(weight[order].clone())
    name_labels(model.config, labels)


def renew_head(model: LoadedModel) -> None:
    """Make the layer that gives the logits anew, in place, as transformers makes it for a model without a head."""
    from torch import nn

    layer = _logits_layer(model)
    nn.init.normal_(layer.weight, std=getattr(model.config, "initializer_range", 0.02))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _logits_layer(model: LoadedModel) -> nn.Linear:
    """The last dense layer of the head."""
    from torch import nn

    body = set(model.base_model.modules())
    head = [module for module in model.modules() if module not in body and isinstance(module, nn.Linear)]
    return head[-1]
