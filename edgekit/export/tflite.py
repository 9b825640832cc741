"""The TFLite model file of a bundle: one signature for each length, all of them sharing their weights."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.agent.quiet import captured_output
from edgekit.export.stored import Weights
from edgekit.export.written import Written
from edgekit.models.families import describe
from edgekit.spec.errors import ToolError, UsageError
from edgekit.spec.manifest import TensorSpec
from edgekit.spec.schemes import Scheme

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
    from edgekit.export.tflite_buffer import compact
    from edgekit.export.tflite_integers import pack_integers
    from edgekit.export.tflite_module import TfliteEncoder

    encoder = describe(model)
    if lengths[-1] > encoder.max_length:
        raise UsageError(f"max_length {lengths[-1]} is more than the model's {encoder.max_length}")
    module = TfliteEncoder(encoder, weights, lengths[-1]).eval()
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if encoder.types is not None else [])
    _convert(module, names, lengths, out / TFLITE_FILE)
    if plan is not None and module.matrices:
        pack_integers(out / TFLITE_FILE, module.matrices, plan)
    else:
        compact(out / TFLITE_FILE)
    return Written(
        file=TFLITE_FILE,
        inputs=tuple(TensorSpec(name=name, dtype="int32", shape=(1, None)) for name in names),
        outputs=(TensorSpec(name="logits", dtype="float32", shape=(1, model.config.num_labels)),),
        lengths=tuple(lengths),
    )


def _convert(module: Any, names: Sequence[str], lengths: Sequence[int], path: Path) -> None:
    import torch

    with captured_output() as log, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import litert_torch

            signatures: Any = litert_torch
            for length in lengths:
                sample = {name: torch.ones(1, length, dtype=torch.int32) for name in names}
                signatures = signatures.signature(f"s{length}", module, sample_kwargs=sample)
            signatures.convert().export(str(path))
        except Exception as error:
            # the converter raises every kind there is; its own words are the only explanation
            lines = log().strip().splitlines()
            raise ToolError(
                f"litert-torch cannot convert this model: {type(error).__name__}: {error}",
                advice=f"its last words: {lines[-1][:300]}" if lines else None,
            ) from error
