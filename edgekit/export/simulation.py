"""What a quantized file computes, in PyTorch: the reference that quantized files are checked against.

The weights of the model are already on their grid. What is missing is how each runtime rounds the inputs of its
integer dense layers; hooks do that here, layer by layer. How a runtime rounds is in the folder of its format.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from edgekit.export.source import Source
from edgekit.models.encoder import parameter_names
from edgekit.models.registry import describe
from edgekit.schema.plan import TensorPlan

if TYPE_CHECKING:
    from torch import Tensor, nn

# how a runtime rounds the input of a dense layer: [..., in] -> the same
Rounding = Callable[["Tensor"], "Tensor"]
LayerRounding = tuple["nn.Linear", Rounding]


@contextmanager
def simulated(roundings: Iterable[LayerRounding]) -> Iterator[None]:
    """The inputs of these dense layers are rounded while the block lasts.

    Valid for one unpadded text at a time: a runtime may have one range for all tokens of an input.
    """
    with ExitStack() as hooks:
        for linear, rounding in roundings:
            hooks.callback(linear.register_forward_pre_hook(_hook(rounding)).remove)
        yield


def integer_layers(source: Source) -> Iterator[tuple[nn.Linear, str, TensorPlan]]:
    """Every dense layer whose weight the plan stores as integers, with the weight's name; none without a plan."""
    if source.plan is None or not source.plan.tensors:
        return
    names = parameter_names(source.model)
    for linear in describe(source.model).dense():
        name = names[id(linear.weight)]
        if name in source.plan.tensors:
            yield linear, name, source.plan.tensors[name]


def _hook(rounding: Rounding) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor, ...]]:
    def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (rounding(inputs[0]),)

    return hook
