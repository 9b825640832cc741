"""Reading a written ONNX file back: it holds the integers of the plan, each of them.

No comparison of answers tells one integer that is off by one: rounded activations move the logits of a sound file as
much. (The TFLite files are read back where they are packed, `tflite.packed_integers`.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edgekit.compress.quantization.grid import Integers
from edgekit.errors import ParityError
from edgekit.export.quantized_weights import QuantizedTensor, QuantizedWeights

_MIDDLE_8, _MIDDLE_4 = 128, 8


def verify_integers(path: Path, weights: QuantizedWeights, max_length: int) -> None:
    """Compare the rows of every quantized weight with those that the file at `path` holds.

    max_length: so many rows of a table of positions must be there; every row of all else
    Raises `ParityError` that names the weight whose integers are others in the file.
    """
    by_columns: dict[int, list[QuantizedTensor]] = defaultdict(list)
    for tensor in weights.quantized_tensors():
        by_columns[tensor.integers.shape[1]].append(tensor)
    matrices = list(_matrices(path)) if by_columns else []
    for columns, group in by_columns.items():
        file_rows = {
            row.tobytes()
            for matrix, padded in matrices
            if matrix.shape[1] == columns or (padded and matrix.shape[1] > columns)
            for row in matrix[:, :columns]
        }
        for tensor in group:
            missing = sum(row.tobytes() not in file_rows for row in tensor.integers)
            rows = len(tensor.integers)
            dropped = max(0, rows - max_length) if "position" in tensor.name or ".wpe." in tensor.name else 0
            if missing > dropped:
                raise ParityError(
                    f"the exported file holds other integers than the plan for {missing} of {rows} rows of "
                    f"{tensor.name}",
                    advice="this is a fault of the conversion, not of the model; nothing was written",
                )


def _matrices(path: Path) -> Iterator[tuple[Integers, bool]]:
    """What may be rows of integers, in each way that they could be read, and whether they may be filled up."""
    import onnx
    from onnx import numpy_helper

    for tensor in onnx.load(path).graph.initializer:
        if tensor.data_type not in (onnx.TensorProto.INT8, onnx.TensorProto.UINT8):
            continue
        value = numpy_helper.to_array(tensor)
        if value.ndim == 2:
            signed = value if value.dtype == np.int8 else _signed(value, _MIDDLE_8)
            yield signed, False
            yield signed.T, False
        elif value.ndim == 3 and value.dtype == np.uint8:
            flat = value.reshape(len(value), -1)
            yield _signed(flat, _MIDDLE_8), True
            halves = np.stack([flat & 0x0F, flat >> 4], axis=-1).reshape(len(flat), -1)
            yield _signed(halves, _MIDDLE_4), True


def _signed(unsigned: np.typing.NDArray[np.uint8], middle: int) -> Integers:
    return (unsigned.astype(np.int16) - middle).astype(np.int8)
