"""TFLite: modules in PyTorch that litert-torch converts; the plan's integers are put into what it gives."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections import Counter
from pathlib import Path

from edgekit.errors import UsageError
from edgekit.export.format import Format
from edgekit.export.lowering import Lowering
from edgekit.export.model_file import ModelFile
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.export.source import Source
from edgekit.export.tflite.classifier_file import write_tflite_classifier
from edgekit.export.tflite.decoder_file import write_tflite_decoder
from edgekit.export.tflite.rounding import dequantizes, simulate
from edgekit.models.decoder import Decoder
from edgekit.models.registry import describe
from edgekit.parts import install_command
from edgekit.schema.schemes import Scheme

_READ_BY = {
    "GATHER": "embeddings",
    "GATHER_ND": "embeddings",
    "EMBEDDING_LOOKUP": "embeddings",
    "FULLY_CONNECTED": "dense layers",
    "DEQUANTIZE": "dense layers",
}


def require(scheme: Scheme) -> None:
    """Raise `UsageError` on hosts without a converter, which has wheels for x86-64 Linux and macOS only, or for static
    int8: LiteRT's integer kernels want integer outputs too, measured dearer than dynamic int8 and less accurate.
    """
    if importlib.util.find_spec("litert_torch") is None:
        if sys.platform == "darwin" or (sys.platform, platform.machine()) == ("linux", "x86_64"):
            raise UsageError(
                "TFLite export needs litert-torch, which is not installed; --format onnx does without",
                advice=install_command("tflite"),
            )
        raise UsageError(
            "TFLite export needs an x86-64 Linux or macOS host (litert-torch has no wheel for this one)",
            advice="--format onnx works here",
        )
    if scheme == "int8-static":
        raise UsageError(
            "int8-static is not written to TFLite: it was measured slower and less accurate than int8-dynamic there",
            advice="--scheme int8-dynamic, or --format onnx",
        )


def write(source: Source, lowering: Lowering, out: Path) -> ModelFile:
    """Write `model.tflite` into `out`: batch 1, static lengths.

    Raises `UsageError` for a family without description or more positions than the model has, `ToolError` where the
    conversion fails.
    """
    weights, parts = QuantizedWeights(source.model, source.plan, source.scales), describe(source.model)
    explicit = dequantizes(source, lowering)
    if isinstance(parts, Decoder) and not parts.classifies:
        return write_tflite_decoder(parts, weights, out, max_length=lowering.max_length, explicit=explicit)
    return write_tflite_classifier(source.model, weights, out, lengths=lowering.lengths, explicit=explicit)


def sizes(path: Path) -> Counter[str]:
    """Bytes of the buffers by the operator that reads them, for tensors have no names; `ValueError` for no such file.

    A buffer counts once, under the first operator that reads it: the lengths of a file share their weights.
    """
    from ai_edge_litert import schema_py_generated as schema

    operators = {value: name for name, value in vars(schema.BuiltinOperator).items() if name.isupper()}
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise ValueError("it does not begin as a TFLite file")
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    found: Counter[str] = Counter()
    seen = {0}
    for graph in model.subgraphs:
        for operator in graph.operators:
            name = operators.get(model.operatorCodes[operator.opcodeIndex].builtinCode, "")
            for index in operator.inputs:
                buffer = graph.tensors[index].buffer if index >= 0 else 0
                data = model.buffers[buffer].data
                if buffer not in seen and data is not None:
                    seen.add(buffer)
                    found[_READ_BY.get(name, "norms and constants")] += len(data)
    return found


FORMAT = Format("tflite", "TFLite", require, write, simulate, sizes)
