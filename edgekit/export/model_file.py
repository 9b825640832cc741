"""What a format's writer reports of the model file it wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgekit.bundle.manifest import ModelTensor
from edgekit.export.activation_range import ActivationRange


@dataclass(frozen=True)
class ModelFile:
    """The interface of a model file, its sequence lengths (none: any), and its static ranges by weight name."""

    file: str
    inputs: tuple[ModelTensor, ...]
    outputs: tuple[ModelTensor, ...]
    lengths: tuple[int, ...] = ()
    ranges: Mapping[str, ActivationRange] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
