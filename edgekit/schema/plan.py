"""A quantization plan: which tensor gets which bits and granularity; its weights are already on the grid."""

from __future__ import annotations

from typing import Literal

import pydantic

from edgekit.schema.base_model import Strict
from edgekit.schema.schemes import Scheme


class TensorPlan(Strict):
    """How one weight is stored: signed symmetric integers of `bits`, a scale for each row or each block.

    `per-row` is one scale for each output channel of a dense layer [out, in] or each entry of a table
    [entries, width] (axis 0). `block-N` is one scale for each run of N values along axis 1.
    """

    bits: Literal[4, 8]
    block: pydantic.PositiveInt | None = None

    @property
    def limit(self) -> int:
        """The largest integer of the grid."""
        return int(2 ** (self.bits - 1) - 1)

    @property
    def lowest(self) -> int:
        """The smallest: of 4 bits all 16 levels count, of 8 bits one side is as long as the other."""
        return -self.limit - 1 if self.bits == 4 else -self.limit


class Plan(Strict):
    """Which tensors are integers, and how the layers that read them treat their activations.

    scheme:      the plan's name for people; `activations` and `tensors` are what counts
    activations: `float`, `int8-dynamic` (quantized at run time) or `int8-static` (ranges calibrated on each
                 exported graph from `calibration`)
    tensors:     state-dict name -> how it is stored; what is not named stays float32
    calibration: texts, or pairs of them, that calibrate the static ranges, or by which weights of 4 bits were rounded
    """

    scheme: Scheme
    activations: Literal["float", "int8-dynamic", "int8-static"]
    tensors: dict[str, TensorPlan]
    calibration: tuple[str | tuple[str, str], ...] = ()
