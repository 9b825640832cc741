"""The ONNX model file of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgekit.bundle.manifest import TensorSpec
from edgekit.export.activation_ranges import Range
from edgekit.export.model_file import Written
from edgekit.export.onnx.encoder_graph import write_onnx
from edgekit.export.quantized_weights import Weights
from edgekit.models.registry import describe_encoder

ONNX_FILE = "model.onnx"
_SIGNED = (
    "on x86-64 cores without VNNI onnxruntime adds its products in 16 bits, which saturates: open it there with the "
    "session option session.x64quantprecision = 1, as edgekit does"
)


def write_onnx_file(
    model: Any, weights: Weights, out: Path, *, max_length: int, ranges: Mapping[str, Range], signed: bool
) -> Written:
    """Write `model.onnx` into `out`: any batch, any length up to `max_length`.

    signed: as of `DenseLowering`, wished for by the target; blocks that are shared stay unsigned, for onnxruntime's
            own cure on x86-64 replaces each use of a constant once, and refuses the file at the second
    """
    rounded = weights.plan is not None and weights.plan.activations != "float"
    signed = signed and rounded and describe_encoder(model).repeats == 1
    file = write_onnx(model, weights, out / ONNX_FILE, max_length=max_length, ranges=ranges, signed=signed)
    return Written(
        file=ONNX_FILE,
        inputs=tuple(TensorSpec(name=name, dtype="int64", shape=(None, None)) for name in file.inputs),
        outputs=(TensorSpec(name="logits", dtype="float32", shape=(None, model.config.num_labels)),),
        ranges=ranges,
        notes=(_SIGNED,) if signed else (),
    )
