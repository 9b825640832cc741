"""The ONNX model file of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.export.activations import Range
from edgekit.export.onnx_encoder import write_onnx
from edgekit.export.stored import Weights
from edgekit.export.written import Written
from edgekit.spec.manifest import TensorSpec

ONNX_FILE = "model.onnx"


def write_onnx_file(
    model: Any, weights: Weights, out: Path, *, max_length: int, ranges: Mapping[str, Range]
) -> Written:
    """Write `model.onnx` into `out`: any batch, any length up to `max_length`."""
    file = write_onnx(model, weights, out / ONNX_FILE, max_length=max_length, ranges=ranges)
    return Written(
        file=ONNX_FILE,
        inputs=tuple(TensorSpec(name=name, dtype="int64", shape=(None, None)) for name in file.inputs),
        outputs=(TensorSpec(name="logits", dtype="float32", shape=(None, model.config.num_labels)),),
        ranges=ranges,
    )
