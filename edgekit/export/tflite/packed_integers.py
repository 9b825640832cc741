"""Puts a plan's integers into a float TFLite file: the same integers, tensor by tensor, never rounded again.

(ai-edge-quantizer would round the float values a second time, with scales of its own.)

The converter's float matrices are found by their bytes. Each becomes an integer tensor with its scales:

- 8 bits a row, explicit: behind an explicit DEQUANTIZE, which the interpreter runs once (constant input)
- 8 bits a row otherwise, and 4 bits: read by FULLY_CONNECTED itself, which rounds its input token by token

The layout of the integers is that of ai-edge-quantizer (`transformations/quantize_tensor.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.compress.quantization.grid import Integers
from edgekit.errors import ToolError
from edgekit.export.tflite.flatbuffer import serialize
from edgekit.export.tflite.layers import DenseMatrix
from edgekit.schema.plan import TensorPlan


def pack_integers(path: Path, matrices: Sequence[DenseMatrix], *, explicit: bool) -> None:
    """Rewrite the file at `path` with the integers of every matrix, then read it back and compare.

    explicit: whether 8-bit matrices are read through an explicit DEQUANTIZE
    Raises `ToolError` where a matrix is not in the file, or the file holds other integers afterwards.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    found = _find(model, matrices)
    for buffer, matrix in found.items():
        model.buffers[buffer].data = pack_bytes(matrix.integers, matrix.plan)
    shared: dict[int, Any] = {}
    for graph in model.subgraphs:
        _rewrite(model, graph, found, explicit=explicit, shared=shared)
    path.write_bytes(serialize(model))
    _verify(path, matrices)


def pack_bytes(integers: Integers, plan: TensorPlan) -> npt.NDArray[np.uint8]:
    """The integers [rows, columns] as the file holds them: bytes, or two to a byte with the first in the low half."""
    flat = integers.reshape(-1)
    if plan.bits == 8:
        return flat.view(np.uint8).copy()
    halves = (flat & 0x0F).astype(np.uint8)
    if len(halves) % 2:
        halves = np.append(halves, np.uint8(0))
    packed: npt.NDArray[np.uint8] = halves[0::2] | (halves[1::2] << np.uint8(4))
    return packed


def _find(model: Any, matrices: Sequence[DenseMatrix]) -> dict[int, DenseMatrix]:
    """Buffer index -> the matrix it holds, by shape and bytes; layers with the very same weights are one buffer."""
    expected = {_key(matrix.values.shape, matrix.values): matrix for matrix in matrices}
    found: dict[int, DenseMatrix] = {}
    keys = set()
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            data = model.buffers[tensor.buffer].data
            if data is None or tensor.shape is None or len(tensor.shape) != 2:
                continue
            key = _key(tensor.shape, data)
            if key in expected:
                found[tensor.buffer] = expected[key]
                keys.add(key)
    for matrix in matrices:
        if _key(matrix.values.shape, matrix.values) not in keys:
            raise ToolError(f"the converter changed the weights of {', '.join(matrix.names)}; they cannot be packed")
    return found


def _key(shape: Any, data: Any) -> tuple[tuple[int, ...], bytes]:
    return tuple(int(size) for size in shape), np.asarray(data).tobytes()


def _rewrite(model: Any, graph: Any, found: dict[int, DenseMatrix], *, explicit: bool, shared: dict[int, Any]) -> None:
    """Give every matrix of one subgraph its integer type, and its readers what they need."""
    from ai_edge_litert import schema_py_generated as schema

    fully_connected = schema.BuiltinOperator.FULLY_CONNECTED
    operators = []
    floats: dict[int, int] = {}
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex].builtinCode
        for place, index in enumerate(operator.inputs):
            matrix = found.get(graph.tensors[index].buffer) if index >= 0 else None
            if matrix is None:
                continue
            if code != fully_connected or place != 1:
                raise ToolError(f"{', '.join(matrix.names)}: read by an operator that takes no integers")
            if explicit and matrix.plan.bits == 8:
                if index not in floats:
                    floats[index] = _float_copy(graph, index)
                    operators.append(_dequantize(model, index, floats[index]))
                operator.inputs = [floats[index] if other == index else int(other) for other in operator.inputs]
            else:
                operator.builtinOptions.asymmetricQuantizeInputs = True
        operators.append(operator)
    graph.operators = operators
    for index, tensor in enumerate(list(graph.tensors)):
        if tensor.buffer in found and index not in floats.values():
            _make_integer(model, graph, tensor, found[tensor.buffer], shared)


def _float_copy(graph: Any, index: int) -> int:
    """A float tensor without data, of the shape of another; returns its index."""
    from ai_edge_litert import schema_py_generated as schema

    like = graph.tensors[index]
    graph.tensors.append(
        schema.TensorT(shape=like.shape, type=schema.TensorType.FLOAT32, buffer=0, name=like.name + b"_float")
    )
    return len(graph.tensors) - 1


def _dequantize(model: Any, source: int, result: int) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    kind = schema.BuiltinOperator.DEQUANTIZE
    codes = [code.builtinCode for code in model.operatorCodes]
    if kind not in codes:
        # version 2 is the one that takes int8
        model.operatorCodes.append(schema.OperatorCodeT(deprecatedBuiltinCode=kind, builtinCode=kind, version=2))
        codes.append(kind)
    return schema.OperatorT(
        opcodeIndex=codes.index(kind),
        inputs=[source],
        outputs=[result],
        builtinOptionsType=schema.BuiltinOptions.DequantizeOptions,
        builtinOptions=schema.DequantizeOptionsT(),
    )


def _make_integer(model: Any, graph: Any, tensor: Any, matrix: DenseMatrix, shared: dict[int, Any]) -> None:
    from ai_edge_litert import schema_py_generated as schema

    tensor.type = schema.TensorType.INT8 if matrix.plan.bits == 8 else schema.TensorType.INT4
    if matrix.plan.block is None:
        if tensor.buffer not in shared:
            quantization = schema.QuantizationParametersT(quantizedDimension=0)
            quantization.scale = matrix.scales
            quantization.zeroPoint = np.zeros(len(matrix.scales), np.int64)
            shared[tensor.buffer] = quantization
        tensor.quantization = shared[tensor.buffer]
        return
    details = schema.BlockwiseQuantizationT(zeroPoints=-1, blockSize=matrix.plan.block)
    details.scales = _scales_tensor(model, graph, tensor, matrix)
    tensor.quantization = schema.QuantizationParametersT(
        detailsType=schema.QuantizationDetails.BlockwiseQuantization, details=details, quantizedDimension=0
    )


def _scales_tensor(model: Any, graph: Any, tensor: Any, matrix: DenseMatrix) -> int:
    """The float16 scales of the blocks; one buffer serves every subgraph."""
    from ai_edge_litert import schema_py_generated as schema

    half = matrix.scales.astype(np.float16)
    if not np.array_equal(half.astype(np.float32), matrix.scales):
        raise ToolError(f"{matrix.names[0]}: the scales of its blocks are no float16 values")
    data = half.view(np.uint8).reshape(-1)
    held = (index for index, buffer in enumerate(model.buffers) if np.array_equal(buffer.data, data))
    index = next(held, len(model.buffers))
    if index == len(model.buffers):
        model.buffers.append(schema.BufferT(data=data))
    graph.tensors.append(
        schema.TensorT(
            shape=list(half.shape), type=schema.TensorType.FLOAT16, buffer=index, name=tensor.name + b"_scales"
        )
    )
    return len(graph.tensors) - 1


def _verify(path: Path, matrices: Sequence[DenseMatrix]) -> None:
    """Read the written file anew and compare its integers with the plan's."""
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    kinds = {8: schema.TensorType.INT8, 4: schema.TensorType.INT4}
    held = {
        (tensor.type, *_key(tensor.shape, model.buffers[tensor.buffer].data))
        for graph in model.subgraphs
        for tensor in graph.tensors
        if tensor.type in kinds.values() and model.buffers[tensor.buffer].data is not None
    }
    for matrix in matrices:
        expected = pack_bytes(matrix.integers, matrix.plan).tobytes()
        if (kinds[matrix.plan.bits], matrix.integers.shape, expected) not in held:
            raise ToolError(f"{', '.join(matrix.names)}: the TFLite file holds other integers than the plan")
