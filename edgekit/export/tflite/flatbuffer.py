"""Serializing a TFLite model: aligned buffers, and nothing stored twice that can be stored once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np


def compact(path: Path) -> None:
    """Write the file anew: without the names of inner tensors, every buffer aligned."""
    from ai_edge_litert import schema_py_generated as schema

    path.write_bytes(serialize(schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)))


def serialize(model: Any) -> bytes:
    """The bytes of a `ModelT`: every buffer on a multiple of 16, as the schema asks and the generated code does not.

    Scales that the tensors of several signatures share are written once, and so are vectors of numbers that are equal,
    as zero points are: they take twice the bytes of the scales. Inner tensors lose their names, which are
    Python module paths, once for each signature, and whatever else is empty.
    """
    for graph in model.subgraphs:
        interface = {int(index) for index in (*graph.inputs, *graph.outputs)}
        for index, tensor in enumerate(graph.tensors):
            if index not in interface:
                tensor.name = None
            tensor.quantization = _packed_once(tensor.quantization)
    _share_equal_buffers(model)
    _drop_empty_buffers(model)
    for buffer in model.buffers:
        if buffer.data is not None:
            buffer.data = np.asarray(buffer.data, np.uint8)
            buffer.Pack = _aligned(buffer)
    builder = _builder()
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def _packed_once(quantization: Any) -> Any:
    """The quantization of a tensor, or None for one that says nothing."""
    if quantization is None or (quantization.scale is None and quantization.details is None):
        return None
    quantization.Pack = _pack_once(quantization)
    return quantization


def _share_equal_buffers(model: Any) -> None:
    """A table that is read as rows of integers and as a dense matrix has the same bytes twice."""
    first: dict[bytes, int] = {}
    same = {}
    for index, buffer in enumerate(model.buffers):
        if index and buffer.data is not None:
            same[index] = first.setdefault(hashlib.sha256(np.asarray(buffer.data).data).digest(), index)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer = same.get(tensor.buffer, tensor.buffer)
    for entry in model.metadata or ():
        entry.buffer = same.get(entry.buffer, entry.buffer)
    for index, first_index in same.items():
        if first_index != index:
            model.buffers[index].data = None


def _drop_empty_buffers(model: Any) -> None:
    """The converter gives every inner tensor an empty buffer of its own; buffer 0 stands for all of them."""
    new_index = {0: 0}
    for index, buffer in enumerate(model.buffers):
        if index and buffer.data is not None:
            new_index[index] = len(new_index)
    for graph in model.subgraphs:
        for tensor in graph.tensors:
            tensor.buffer = new_index.get(tensor.buffer, 0)
    for entry in model.metadata or ():
        entry.buffer = new_index.get(entry.buffer, 0)
    model.buffers = [model.buffers[index] for index in new_index]


def _aligned(buffer: Any) -> Any:
    pack = type(buffer).Pack

    def aligned(builder: Any) -> Any:
        # the generated code aligns to the item size, one byte
        builder.Prep(16, len(buffer.data))
        return pack(buffer, builder)

    return aligned


def _builder() -> Any:
    """A builder that writes equal vectors of numbers once; those of bytes are left to `_aligned`."""
    import flatbuffers

    class EqualOnce(flatbuffers.Builder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(1024)
            self.offsets: dict[tuple[str, bytes], Any] = {}

        def CreateNumpyVector(self, values: Any) -> Any:
            if values.dtype == np.uint8:
                return super().CreateNumpyVector(values)
            key = values.dtype.str, values.tobytes()
            if key not in self.offsets:
                self.offsets[key] = super().CreateNumpyVector(values)
            return self.offsets[key]

    return EqualOnce()


def _pack_once(table: Any) -> Any:
    """A table packed at its first use; later users point at the same place."""
    if "Pack" in vars(table):
        return table.Pack
    pack = type(table).Pack
    offsets: list[Any] = []

    def packed(builder: object) -> Any:
        if not offsets:
            offsets.append(pack(table, builder))
        return offsets[0]

    return packed
