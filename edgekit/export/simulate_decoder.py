"""What a quantized decoder file computes, in PyTorch: the reference that such files are checked against.

The weights of the model are on their grid already; hooks round the inputs of its dense layers as the runtime does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.export.quantized_weights import blocked, decoder_block
from edgekit.export.simulate import Rounding, per_block_int8, per_row_int8
from edgekit.models.encoder import parameter_names
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe_decoder
from edgekit.schema.plan import Plan, TensorPlan
from edgekit.schema.schemes import Format

if TYPE_CHECKING:
    from torch import Tensor, nn


@contextmanager
def simulated_decoder(
    model: LoadedModel, plan: Plan | None, format: Format, *, explicit: bool = False
) -> Iterator[LoadedModel]:
    """The model, rounding its activations as the runtime of `format` does, while the block lasts.

    explicit: as of `tflite_decoder.write_tflite_decoder`
    Each token is rounded by itself, so that a text may be run whole or token by token.
    """
    names = parameter_names(model)
    with ExitStack() as hooks:
        for linear in describe_decoder(model).dense():
            tensor = plan.tensors.get(names[id(linear.weight)]) if plan else None
            if tensor is not None and not (explicit and tensor.bits == 8):
                rounds = linear.register_forward_pre_hook(_hook(_rounding(tensor, linear, format)))
                hooks.callback(rounds.remove)
        yield model


def _rounding(tensor: TensorPlan, linear: nn.Linear, format: Format) -> Rounding:
    if format == "tflite":
        return per_row_int8
    block = blocked(tensor) or decoder_block(linear.in_features)
    return lambda x: per_block_int8(x, block)  # MatMulNBits


def _hook(rounding: Rounding) -> Any:
    def hook(_module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
        return (rounding(inputs[0]),)

    return hook
