"""A bag-of-words classifier as a TFLite file, put together operator by operator, so that no converter is loaded."""

from __future__ import annotations

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s

_OPERATORS = ("GATHER", "CAST", "EXPAND_DIMS", "MUL", "SUM", "FULLY_CONNECTED")


def tiny_tflite(table, weight, bias, lengths, signatures=True):
    """The bytes of a file with one signature `s<length>` a length: args_0 are ids, args_1 the mask."""
    writer = _Writer()
    for length in lengths:
        writer.add_graph(length, table, weight, bias)
    return writer.finish(lengths if signatures else ())


class _Writer:
    def __init__(self):
        self.buffers = [s.BufferT()]
        self.graphs = []
        self.codes = {}
        self.model = s.ModelT()
        self.model.version = 3
        self.model.operatorCodes = []
        for index, name in enumerate(_OPERATORS):
            code = s.OperatorCodeT()
            code.builtinCode = getattr(s.BuiltinOperator, name)
            code.deprecatedBuiltinCode = code.builtinCode
            code.version = 1
            self.codes[name] = index
            self.model.operatorCodes.append(code)

    def add_graph(self, length, table, weight, bias):
        graph = s.SubGraphT()
        graph.name, graph.tensors, graph.operators = f"s{length}", [], []
        self.graphs.append(graph)
        ids = self.tensor("ids", (1, length), s.TensorType.INT32)
        mask = self.tensor("mask", (1, length), s.TensorType.INT32)
        words = self.operator("GATHER", [self.constant(table), ids], (1, length, table.shape[1]), s.GatherOptionsT())
        cast = s.CastOptionsT()
        cast.inDataType, cast.outDataType = s.TensorType.INT32, s.TensorType.FLOAT32
        weights = self.operator("CAST", [mask], (1, length), cast)
        axis = self.constant(np.array([2], np.int32))
        weights = self.operator("EXPAND_DIMS", [weights, axis], (1, length, 1), s.ExpandDimsOptionsT())
        masked = self.operator("MUL", [words, weights], (1, length, table.shape[1]), s.MulOptionsT())
        axis = self.constant(np.array([1], np.int32))
        total = self.operator("SUM", [masked, axis], (1, table.shape[1]), s.ReducerOptionsT())
        dense = [total, self.constant(weight), self.constant(bias)]
        logits = self.operator("FULLY_CONNECTED", dense, (1, len(bias)), s.FullyConnectedOptionsT())
        graph.inputs, graph.outputs = [ids, mask], [logits]

    def tensor(self, name, shape, kind, buffer=0):
        tensor = s.TensorT()
        tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), kind, buffer
        self.graphs[-1].tensors.append(tensor)
        return len(self.graphs[-1].tensors) - 1

    def constant(self, value):
        buffer = s.BufferT()
        buffer.data = np.frombuffer(value.tobytes(), np.uint8)
        self.buffers.append(buffer)
        kind = s.TensorType.INT32 if value.dtype == np.int32 else s.TensorType.FLOAT32
        return self.tensor(f"constant{len(self.buffers)}", value.shape, kind, len(self.buffers) - 1)

    def operator(self, name, inputs, shape, options):
        operator = s.OperatorT()
        operator.opcodeIndex = self.codes[name]
        operator.inputs = inputs
        operator.outputs = [self.tensor(f"{name}{len(self.graphs[-1].tensors)}", shape, s.TensorType.FLOAT32)]
        operator.builtinOptions = options
        operator.builtinOptionsType = getattr(s.BuiltinOptions, type(options).__name__.removesuffix("T"))
        self.graphs[-1].operators.append(operator)
        return operator.outputs[0]

    def finish(self, lengths):
        self.model.subgraphs, self.model.buffers = self.graphs, self.buffers
        self.model.signatureDefs = [self.signature(index, length) for index, length in enumerate(lengths)]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def signature(self, index, length):
        signature = s.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = f"s{length}", index
        graph = self.graphs[index]
        signature.inputs = [_named(f"args_{place}", tensor) for place, tensor in enumerate(graph.inputs)]
        signature.outputs = [_named("output_0", graph.outputs[0])]
        return signature


def _named(name, tensor):
    entry = s.TensorMapT()
    entry.name, entry.tensorIndex = name, tensor
    return entry
