"""ONNX: graphs built from a model's description and, for families without one, the export of another tool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from edgekit.bundle.manifest import ModelTensor
from edgekit.errors import UsageError
from edgekit.export.activation_range import ActivationRange
from edgekit.export.format import Format
from edgekit.export.lowering import Lowering
from edgekit.export.model_file import ModelFile
from edgekit.export.onnx.calibration import calibrate
from edgekit.export.onnx.decoder_classifier_graph import write_onnx_decoder_classifier
from edgekit.export.onnx.decoder_graph import write_onnx_decoder
from edgekit.export.onnx.encoder_graph import write_encoder_graph
from edgekit.export.onnx.fallback import require_exporter, write_onnx_fallback
from edgekit.export.onnx.graph_builder import ONNX_FILE
from edgekit.export.onnx.rounding import simulate
from edgekit.export.onnx.verify import verify_integers
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.export.source import Source
from edgekit.models.encoder import Encoder
from edgekit.models.registry import describe
from edgekit.models.sizes import part_of
from edgekit.schema.schemes import Scheme

_SIGNED = (
    "on x86-64 cores without VNNI onnxruntime adds its products in 16 bits, which saturates: open it there with the "
    "session option session.x64quantprecision = 1, as edgekit does"
)


def require(_: Scheme) -> None:
    """Every host writes every scheme."""


def write(source: Source, lowering: Lowering, out: Path) -> ModelFile:
    """Write `model.onnx` into `out`: any batch, any length up to the longest.

    Raises `UsageError` for more positions than the model has, or an activation or heads without an operator;
    `ParityError` where the file holds other integers than the plan; `ToolError` where no exporter knows a family
    without description.
    """
    if not source.described:
        return write_onnx_fallback(source.model, out)
    weights, parts = QuantizedWeights(source.model, source.plan, source.scales), describe(source.model)
    if isinstance(parts, Encoder):
        written = _write_encoder(source, parts, weights, lowering, out)
    else:
        write_decoder = write_onnx_decoder_classifier if parts.classifies else write_onnx_decoder
        written = write_decoder(source.model, weights, out, max_length=lowering.max_length)
    verify_integers(out / ONNX_FILE, weights, lowering.max_length)
    return written


def _write_encoder(
    source: Source, parts: Encoder, weights: QuantizedWeights, lowering: Lowering, out: Path
) -> ModelFile:
    """signed: shared blocks stay unsigned, for onnxruntime's own cure on x86-64 replaces each use of a constant once,
    and refuses the file at the second.
    """
    activations = source.plan.activations if source.plan is not None else "float"
    ranges: Mapping[str, ActivationRange] = {}
    if source.plan is not None and activations == "int8-static":
        if not source.plan.calibration:
            raise UsageError("int8-static needs texts to calibrate with", advice="--calibrate FILE")
        ranges = calibrate(source.model, source.tokenizer, source.plan.calibration, lowering.max_length)
    signed = lowering.signed and activations != "float" and not parts.shared
    graph = write_encoder_graph(
        source.model, weights, out / ONNX_FILE, max_length=lowering.max_length, ranges=ranges, signed=signed
    )
    return ModelFile(
        file=ONNX_FILE,
        inputs=tuple(ModelTensor(name=name, dtype="int64", shape=(None, None)) for name in graph.inputs),
        outputs=(ModelTensor(name="logits", dtype="float32", shape=(None, source.model.config.num_labels)),),
        ranges=ranges,
        notes=(_SIGNED,) if signed else (),
    )


def sizes(path: Path) -> Counter[str]:
    """Bytes of the initializers by the part of the model that their names say; `ValueError` for no graph."""
    import onnx

    found: Counter[str] = Counter()
    graph = onnx.load(path).graph
    if not graph.node:
        raise ValueError("it holds no graph")
    for tensor in graph.initializer:
        found[part_of(tensor.name)] += len(tensor.raw_data) or tensor.ByteSize()
    return found


FORMAT = Format("onnx", "ONNX", require, write, simulate, sizes, require_family=require_exporter)
