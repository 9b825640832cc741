"""The weights of a model as a plan stores them: integers with scales, or float32."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgekit.compress.quantization.grid import Floats, Integers, integers
from edgekit.errors import ToolError
from edgekit.models.encoder import parameter_names
from edgekit.models.loaded_model import LoadedModel
from edgekit.schema.plan import Plan, TensorPlan

if TYPE_CHECKING:
    from torch import Tensor


# where a 4-bit weight has one scale a row, the scale is repeated for blocks of this many values
_ROW_BLOCK = 32
_ROW_BLOCKS_8 = (128, 64, 32)


def block_size(plan: TensorPlan) -> int | None:
    """The block of a dense weight that runtimes multiply block by block; None for 8 bits a row."""
    return plan.block or (_ROW_BLOCK if plan.bits == 4 else None)


def decoder_block_size(columns: int) -> int:
    """The block of a decoder's dense layer or table with one 8-bit scale a row, which is repeated for each block.

    Long blocks have few scales to read; one that does not divide the row would store padding.
    """
    return next((block for block in _ROW_BLOCKS_8 if columns % block == 0), _ROW_BLOCK)


@dataclass(frozen=True)
class QuantizedTensor:
    """One weight on its grid: integers [rows, columns] and scales [rows] or [rows, blocks]."""

    name: str
    plan: TensorPlan
    integers: Integers
    scales: Floats


class QuantizedWeights:
    """Looks up how each parameter of a model is stored."""

    def __init__(self, model: LoadedModel, plan: Plan | None, scales: Mapping[str, Tensor]) -> None:
        self.plan = plan
        self._names = parameter_names(model)
        self._quantized = dict(_recover(model, plan, scales)) if plan else {}

    def name(self, parameter: Tensor) -> str:
        """The state-dict name of a parameter [rows, columns] or [columns]; `KeyError` for one of another model."""
        return self._names[id(parameter)]

    def quantized(self, parameter: Tensor) -> QuantizedTensor | None:
        """The integers of a parameter [rows, columns], or None where it stays float32."""
        return self._quantized.get(self.name(parameter))

    def quantized_tensors(self) -> tuple[QuantizedTensor, ...]:
        """Every weight [rows, columns] that is stored as integers."""
        return tuple(self._quantized.values())

    def values(self, parameter: Tensor) -> Floats:
        """The parameter [rows, columns] or [columns] as float32."""
        array: Floats = parameter.detach().cpu().float().numpy()
        return array


def _recover(model: LoadedModel, plan: Plan, scales: Mapping[str, Tensor]) -> Iterator[tuple[str, QuantizedTensor]]:
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name, tensor in plan.tensors.items():
        if name not in parameters or name not in scales:
            raise ToolError(f"the plan names {name}, but its weight or its scales are missing")
        steps = scales[name].detach().cpu().float().numpy()
        weight = integers(parameters[name].detach().cpu().numpy(), steps, tensor)
        yield name, QuantizedTensor(name, tensor, weight, steps)
