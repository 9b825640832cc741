"""What the training stages can be told: fine-tuning, distillation, pruning."""

from __future__ import annotations

from typing import Annotated

import pydantic
from pydantic import Field

from edgekit.spec.shape import WantedShape
from edgekit.spec.strict import Strict

Fraction = Annotated[float, Field(gt=0, le=1)]


class TrainOptions(Strict):
    """What every training loop can be told."""

    epochs: Annotated[float, Field(gt=0, description="Passes over the training rows.")] = 3.0
    learning_rate: Annotated[
        float | None, Field(gt=0, description="Peak learning rate. Default: 5e-5, or 5e-4 for a model from scratch.")
    ] = None
    batch_size: Annotated[int, Field(gt=0, description="Rows a step.")] = 32
    weight_decay: Annotated[float, Field(ge=0, description="AdamW weight decay.")] = 0.01
    warmup: Annotated[float, Field(ge=0, lt=1, description="Share of the steps in which the rate rises.")] = 0.06
    max_length: Annotated[int, Field(gt=1, description="Longest input in tokens; longer ones are cut.")] = 128
    patience: Annotated[
        int, Field(ge=0, description="Epochs without a better validation before stopping; 0: never.")
    ] = 0
    seed: Annotated[int, Field(ge=0, description="Seed of everything random.")] = 0


class FinetuneOptions(TrainOptions):
    """Options of `edgekit finetune`."""


class DistillOptions(TrainOptions):
    """Options of `edgekit distill`.

    The loss is soft_weight * T^2 * KL(teacher || student) at temperature T, plus (1 - soft_weight) * cross
    entropy with the labels (Hinton et al. 2015, arXiv 1503.02531).
    """

    student: Annotated[
        WantedShape,
        Field(description="Shape of the student, as layers=3,hidden=256,ffn=1024. Default: half the layers."),
    ] = WantedShape()
    temperature: Annotated[float, Field(gt=0, description="Softens both distributions.")] = 2.0
    soft_weight: Annotated[float, Field(ge=0, le=1, description="Share of the loss that follows the teacher.")] = 0.7


class PruneOptions(TrainOptions):
    """Options of `edgekit prune`; the training options are those of the recovery."""

    heads: Annotated[Fraction, Field(description="Share of the attention heads to keep, over all blocks.")] = 0.75
    ffn: Annotated[Fraction, Field(description="Share of the FFN neurons to keep, over all blocks.")] = 0.5
    multiple_of: Annotated[
        int, Field(gt=0, description="FFN widths are kept to multiples of this, as kernels like.")
    ] = 32
    samples: Annotated[int, Field(gt=0, description="Training rows that decide what matters.")] = 1024
    temperature: Annotated[float, Field(gt=0, description="Temperature of the recovery.")] = 2.0
    soft_weight: Annotated[float, Field(ge=0, le=1, description="Share of the recovery that follows the teacher.")] = (
        0.7
    )
    epochs: Annotated[float, Field(ge=0, description="Passes over the training rows to recover; 0: none.")] = 1.0

    @pydantic.field_validator("multiple_of")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        if value & (value - 1):
            raise ValueError("must be a power of two, as kernels' tiles are")
        return value
