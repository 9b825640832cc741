"""What a quantized decoder file computes, in PyTorch: the reference that such files are held against.

The weights of the model are on their grid already; hooks round the inputs of its dense layers as the runtime does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.export.simulate import per_block_int8
from edgekit.export.stored import blocked, decoder_block
from edgekit.models.decoders import describe_decoder
from edgekit.models.encoder import parameter_names
from edgekit.spec.plan import Plan

if TYPE_CHECKING:
    from torch import Tensor, nn


@contextmanager
def simulated_decoder(model: nn.Module, plan: Plan | None) -> Iterator[nn.Module]:
    """The model, rounding its activations block by block as MatMulNBits does, while the block lasts.

    Each token is rounded by itself, so that a text may be run whole or token by token.
    """
    names = parameter_names(model)
    handles = []
    for linear in describe_decoder(model).dense():
        tensor = plan.tensors.get(names[id(linear.weight)]) if plan else None
        if tensor is not None:
            block = blocked(tensor) or decoder_block(linear.in_features)
            handles.append(linear.register_forward_pre_hook(_rounding(block)))
    try:
        yield model
    finally:
        for handle in handles:
            handle.remove()


def _rounding(block: int) -> Any:
    def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
        return (per_block_int8(inputs[0], block),)

    return hook
