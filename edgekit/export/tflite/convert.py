"""The TFLite model file of a bundle: one signature for each length, all of them sharing their weights."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.agent.capture_stderr import captured_output
from edgekit.bundle.manifest import TensorSpec
from edgekit.errors import ToolError, UsageError
from edgekit.export.model_file import Written
from edgekit.export.quantized_weights import Weights
from edgekit.models.decoder import Decoder
from edgekit.models.registry import describe
from edgekit.schema.schemes import Scheme

TFLITE_FILE = "model.tflite"


def require_converter() -> None:
    """Raise `UsageError` on hosts that have no converter: it has wheels for x86-64 Linux and macOS only."""
    if importlib.util.find_spec("litert_torch") is None:
        raise UsageError(
            "TFLite export needs an x86-64 Linux or macOS host (litert-torch has no wheel for this one)",
            advice="--format onnx works here",
        )


def require_scheme(scheme: Scheme) -> None:
    """Raise `UsageError` for static int8.

    LiteRT's integer kernels want integer outputs too: measured dearer than dynamic int8, and less accurate.
    """
    if scheme == "int8-static":
        raise UsageError(
            "int8-static is not written to TFLite: it was measured slower and less accurate than int8-dynamic there",
            advice="--scheme int8-dynamic, or --format onnx",
        )


def write_tflite_file(model: Any, weights: Weights, out: Path, *, lengths: Sequence[int]) -> Written:
    """Write `model.tflite` into `out`: batch 1, signatures `s16`, `s32`, ... of static lengths, inputs int32.

    Raises `UsageError` for static activations, `ToolError` where the conversion fails.
    """
    require_converter()
    plan = weights.plan
    require_scheme(plan.scheme if plan else "float")
    from edgekit.export.tflite.flatbuffer import compact
    from edgekit.export.tflite.packed_integers import pack_integers

    longest = describe(model).max_length
    if lengths[-1] > longest:
        raise UsageError(f"max_length {lengths[-1]} is more than the model's {longest}")
    module, names = _classifier(model, weights, lengths[-1])
    import torch

    samples = [{name: torch.ones(1, length, dtype=torch.int32) for name in names} for length in lengths]
    signatures = [(f"s{length}", module, sample) for length, sample in zip(lengths, samples, strict=True)]
    convert(signatures, out / TFLITE_FILE)
    if plan is not None and module.matrices:
        pack_integers(out / TFLITE_FILE, module.matrices, explicit=plan.activations == "float")
    else:
        compact(out / TFLITE_FILE)
    return Written(
        file=TFLITE_FILE,
        inputs=tuple(TensorSpec(name=name, dtype="int32", shape=(1, None)) for name in names),
        outputs=(TensorSpec(name="logits", dtype="float32", shape=(1, model.config.num_labels)),),
        lengths=tuple(lengths),
    )


def _classifier(model: Any, weights: Weights, max_length: int) -> tuple[Any, list[str]]:
    """The module to convert, and the names of what it reads."""
    parts, names = describe(model), ["input_ids", "attention_mask"]
    if isinstance(parts, Decoder):
        from edgekit.export.tflite.decoder_classifier_module import TfliteDecoderClassifier

        return TfliteDecoderClassifier(parts, weights, max_length, model.config.pad_token_id).eval(), names
    from edgekit.export.tflite.encoder_module import TfliteEncoder

    if parts.token_type_embedding is not None:
        names.append("token_type_ids")
    return TfliteEncoder(parts, weights, max_length).eval(), names


def convert(signatures: Sequence[tuple[str, Any, dict[str, Any]]], path: Path) -> None:
    """Write a file with these signatures: the name of each, its PyTorch module, and a sample of its arguments.

    Raises `ToolError` with the converter's last words where it fails.
    """
    with captured_output() as log, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import litert_torch

            converter: Any = litert_torch
            for name, module, sample in signatures:
                converter = converter.signature(name, module, sample_kwargs=sample)
            converter.convert().export(str(path))
        except Exception as error:
            # the converter raises every kind there is; its own words are the only explanation
            lines = log().strip().splitlines()
            raise ToolError(
                f"litert-torch cannot convert this model: {type(error).__name__}: {error}",
                advice=f"its last words: {lines[-1][:300]}" if lines else None,
            ) from error
