"""Signatures of PyTorch modules -> one TFLite file that holds their weights once, as the plan stores them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.agent.capture_stderr import captured_output
from edgekit.errors import ToolError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from edgekit.export.tflite.layers import DenseMatrix

TFLITE_FILE = "model.tflite"
# a name, the module, and a sample of its arguments by name
Signature = tuple[str, "nn.Module", dict[str, "Tensor"]]


def write_signatures(
    signatures: Sequence[Signature], path: Path, matrices: Sequence[DenseMatrix], *, explicit: bool
) -> None:
    """Write a file with these signatures, whose dense matrices are stored as integers.

    explicit: 8-bit matrices stand behind a DEQUANTIZE, and activations stay float
    Raises `ToolError` where the conversion fails, or the file holds other integers than the matrices.
    """
    from edgekit.export.tflite.flatbuffer import compact
    from edgekit.export.tflite.packed_integers import pack_integers

    _convert(signatures, path)
    if matrices:
        pack_integers(path, matrices, explicit=explicit)
    else:
        compact(path)


def _convert(signatures: Sequence[Signature], path: Path) -> None:
    """Raises `ToolError` with the converter's last words where it fails."""
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
