"""Where the bytes of a model file are: by the part of the model that each stored tensor belongs to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edgekit.errors import ToolError
from edgekit.models.sizes import part_of

_READ_BY = {
    "GATHER": "tables",
    "GATHER_ND": "tables",
    "EMBEDDING_LOOKUP": "tables",
    "FULLY_CONNECTED": "dense layers",
    "DEQUANTIZE": "dense layers",
}


def file_parts(path: Path) -> dict[str, int]:
    """Bytes of each part of an ONNX or TFLite file; what is no tensor is the graph.

    Raises `ToolError` for a file that is not what its name says.
    """
    try:
        sizes = _onnx(path) if path.suffix == ".onnx" else _tflite(path)
    except Exception as error:  # either reader raises anything at all on bytes that are no model
        raise ToolError(f"{path} cannot be read: {type(error).__name__}: {error}") from error
    sizes["graph"] = max(0, path.stat().st_size - sum(sizes.values()))
    return dict(sizes)


def _onnx(path: Path) -> Counter[str]:
    import onnx

    sizes: Counter[str] = Counter()
    graph = onnx.load(path).graph
    if not graph.node:
        raise ValueError("it holds no graph")
    for tensor in graph.initializer:
        sizes[part_of(tensor.name)] += len(tensor.raw_data) or tensor.ByteSize()
    return sizes


def _tflite(path: Path) -> Counter[str]:
    """Its tensors have no names, so that a part is told by the operator which reads it.

    A buffer counts once, under the first operator that reads it: the lengths of a file share their weights.
    """
    from ai_edge_litert import schema_py_generated as schema

    operators = {value: name for name, value in vars(schema.BuiltinOperator).items() if name.isupper()}
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise ValueError("it does not begin as a TFLite file")
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    sizes: Counter[str] = Counter()
    seen = {0}
    for graph in model.subgraphs:
        for operator in graph.operators:
            name = operators.get(model.operatorCodes[operator.opcodeIndex].builtinCode, "")
            for index in operator.inputs:
                buffer = graph.tensors[index].buffer if index >= 0 else 0
                data = model.buffers[buffer].data
                if buffer not in seen and data is not None:
                    seen.add(buffer)
                    sizes[_READ_BY.get(name, "norms and constants")] += len(data)
    return sizes
