"""TFLite files through ai_edge_litert, else tflite_runtime; one signature for each length.

A decoder's cache lies in the inputs of its `decode` signature, where each new token is written in place: plain
interpreters alone can do this, and every runtime has one. Longer signatures are given a copy of the cache.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..capture_stderr import captured_output
from ..errors import BadInput, RuntimeFailed, one_line
from ..json_object import JsonObject
from .base import FLOAT_WEIGHTS, Array, DecoderSession, Profile, TensorSpec, check_room, no_profiler

_DECODE, _PREFILL, _HEAD = "decode", "prefill_", "head_"
_NEW = "new_"
# a piece of a text costs as much as so many single tokens, padding and all: its weights are read once
_PIECE_COSTS = 6


def import_runtime(name: str) -> LitertRuntime:
    """The library that the package `name` installs; ImportError without it."""
    module = importlib.import_module(f"{name.replace('-', '_')}.interpreter")
    return LitertRuntime(name, _version(name), module.Interpreter)


class LitertRuntime:
    """ai-edge-litert or tflite-runtime, imported; see `base.Runtime`."""

    def __init__(self, name: str, version: str, interpreter_class: Any) -> None:
        self.name, self.version, self._interpreter_class = name, version, interpreter_class

    def open_session(self, path: Path, threads: int) -> TfliteSession:
        """See `base.Runtime.open_session`."""
        return TfliteSession(self, path, threads)

    def open_decoder_session(self, path: Path, capacity: int, threads: int) -> TfliteDecoderSession:
        """See `base.Runtime.open_decoder_session`."""
        return TfliteDecoderSession(self, path, capacity, threads)

    def load(self, path: Path, threads: int) -> Any:
        """An `Interpreter` whose tensors have their memory."""
        interpreter = self._interpreter_class(model_path=str(path), num_threads=threads)
        interpreter.allocate_tensors()
        return interpreter


class _TfliteModel:
    """What both kinds of session share: no profiler, and the interpreter's own account of its nodes."""

    can_profile = False

    def __init__(self, runtime: LitertRuntime, threads: int) -> None:
        self.runtime, self.version, self.threads = runtime.name, runtime.version, threads
        self._interpreter: Any = None

    def execution(self) -> JsonObject:
        """See `base.ModelSession.execution`."""
        return _delegation(self._interpreter)

    def profile(self, work: Callable[[Any], object]) -> Profile:
        """Raise `BadInput`: the Python interfaces of these runtimes have no profiler."""
        raise no_profiler(self.runtime)


class TfliteSession(_TfliteModel):
    """A `.tflite` file; see `base.Session`. A file without signatures is run by its tensors' names."""

    def __init__(self, runtime: LitertRuntime, path: Path, threads: int) -> None:
        super().__init__(runtime, threads)
        try:
            with captured_output():
                self._interpreter = runtime.load(path, threads)
                self._graphs = _graphs(self._interpreter)
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} cannot load {path.name}: {one_line(error)}") from error
        self.lengths = tuple(sorted(length for length in self._graphs if length is not None))

    def inputs(self, length: int) -> tuple[TensorSpec, ...]:
        """The inputs of the signature for `length`."""
        return self._graph(length).inputs

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        """Run the signature that the length of the first input [1, length] names; see `base.Session.run`.

        Raises `RuntimeFailed` where the runtime breaks, `BadInput` for a length that the file was not made for.
        """
        first = next(iter(feeds.values()))
        graph = self._graph(first.shape[1] if first.ndim > 1 else 1)
        typed = {spec.name: np.asarray(feeds[spec.name], spec.dtype) for spec in graph.inputs}
        try:
            return graph.run(typed)
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} failed: {one_line(error)}") from error

    def _graph(self, length: int) -> _Signature | _Plain:
        # a file that takes any length is kept under None
        graph = self._graphs.get(length) or self._graphs.get(None)
        if graph is None:
            raise BadInput(f"the file has no signature for length {length}; it has {self.lengths}")
        return graph


class TfliteDecoderSession(_TfliteModel, DecoderSession):
    """A decoder's `.tflite` file; see `base.DecoderSession`."""

    def __init__(self, runtime: LitertRuntime, path: Path, capacity: int, threads: int) -> None:
        super().__init__(runtime, threads)
        self.capacity = capacity
        self.length = 0
        try:
            with captured_output():
                self._interpreter = runtime.load(path, threads)
                signatures = self._interpreter.get_signature_list()
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} cannot load {path.name}: {one_line(error)}") from error
        pieces = [int(name[len(_PREFILL) :]) for name in signatures if name.startswith(_PREFILL)]
        if _DECODE not in signatures or not pieces:
            raise BadInput(f"{path} is no decoder that edgekit exported", "export it again: edgekit export")
        # nothing may be kept of a runner: the interpreter counts who refers to it before it runs
        runner = self._interpreter.get_signature_runner(_DECODE)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
        self._inputs = {name: self._interpreter.tensor(detail["index"]) for name, detail in inputs.items()}
        self._outputs = {name: self._interpreter.tensor(detail["index"]) for name, detail in outputs.items()}
        self._piece = pieces[0]
        self._caches = [name for name in inputs if _NEW + name in outputs]
        held = min(int(inputs[name]["shape"][2]) for name in self._caches)
        if capacity > held:
            raise BadInput(f"{path.name} has a cache of {held} tokens, not {capacity}")
        self.vocabulary = int(outputs["logits"]["shape"][-1])
        for name in self._caches:
            # what is not seen yet is multiplied by 0, and must be a number for that
            self._inputs[name]()[:] = 0

    def prefill(self, ids: Sequence[int]) -> Array:
        """The logits [vocabulary] after the last token; see `base.DecoderSession.prefill`."""
        check_room(self, ids)
        before, rest = self.length, list(ids[:-1])
        try:
            while rest:
                if len(rest) >= min(_PIECE_COSTS, self._piece):
                    self._run_piece(rest[: self._piece])
                    rest = rest[self._piece :]
                else:
                    self.step(rest.pop(0))
            return self.step(ids[-1])
        except RuntimeFailed:
            self.length = before
            raise

    def step(self, token: int) -> Array:
        """The logits [vocabulary] after the token; see `base.DecoderSession.step`. Raises `RuntimeFailed`."""
        check_room(self, [token])
        self._inputs["input_ids"]()[0, 0] = token
        self._inputs["start"]()[0] = self.length
        try:
            self._interpreter.invoke()
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} failed: {one_line(error)}") from error
        for name in self._caches:
            self._inputs[name]()[0, :, self.length] = self._outputs[_NEW + name]()[0, :, 0]
        self.length += 1
        # a view of the interpreter's memory would keep it from running again
        return np.array(self._outputs["logits"]()[0])

    def logits_of(self, ids: Sequence[int]) -> Array:
        """The logits [tokens, vocabulary] after each; see `base.DecoderSession.logits_of`."""
        check_room(self, ids)
        before, size = self.length, self._piece
        logits = np.empty((len(ids), self.vocabulary), np.float32)
        try:
            for first in range(0, len(ids), size):
                piece = ids[first : first + size]
                found = self._call(f"{_HEAD}{size}", {"hidden": self._run_piece(piece)})
                logits[first : first + size] = found["logits"][: len(piece)]
        except RuntimeFailed:
            self.length = before
            raise
        return logits

    def _run_piece(self, ids: Sequence[int]) -> Array:
        """Run up to a piece of tokens and write their keys and values into the cache; hidden values [piece, width]."""
        padded = np.zeros((1, self._piece), np.int32)
        padded[0, : len(ids)] = ids
        feeds: dict[str, Array] = {name: self._inputs[name]() for name in self._caches}
        feeds |= {"input_ids": padded, "start": np.array([self.length], np.int32)}
        found = self._call(f"{_PREFILL}{self._piece}", feeds)
        end = self.length + len(ids)
        for name in self._caches:
            feeds[name][0, :, self.length : end] = found[_NEW + name][0, :, : len(ids)]
        self.length = end
        hidden: Array = found["hidden"]
        return hidden

    def _call(self, signature: str, feeds: dict[str, Array]) -> JsonObject:
        try:
            found: JsonObject = self._interpreter.get_signature_runner(signature)(**feeds)
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} failed: {one_line(error)}") from error
        return found


class _Signature:
    """One signature of a file."""

    def __init__(self, interpreter: Any, key: str) -> None:
        self._runner = interpreter.get_signature_runner(key)
        details = self._runner.get_input_details()
        names = sorted(details, key=_natural)
        self.inputs = tuple(_spec(name, details[name]) for name in names)

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        # the arrays of the interpreter may be views of memory that its next run overwrites
        results = self._runner(**feeds)
        return [np.array(results[name]) for name in sorted(results, key=_natural)]


class _Plain:
    """The only graph of a file without signatures."""

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        details = interpreter.get_input_details()
        self._index = {detail["name"]: detail["index"] for detail in details}
        self._outputs = [detail["index"] for detail in interpreter.get_output_details()]
        self._shapes = {detail["name"]: tuple(detail["shape"]) for detail in details}
        self.inputs = tuple(_spec(detail["name"], detail) for detail in details)

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        changed = {name: value for name, value in feeds.items() if self._shapes[name] != value.shape}
        for name, value in changed.items():
            self._interpreter.resize_tensor_input(self._index[name], value.shape)
            self._shapes[name] = value.shape
        if changed:
            self._interpreter.allocate_tensors()
        for name, value in feeds.items():
            self._interpreter.set_tensor(self._index[name], value)
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(index)) for index in self._outputs]


def _graphs(interpreter: Any) -> dict[int | None, _Signature | _Plain]:
    """What can be run, by sequence length; None for any length. The first signature of a length is taken."""
    keys = list(interpreter.get_signature_list())
    graphs: list[_Signature | _Plain] = [_Signature(interpreter, key) for key in keys] or [_Plain(interpreter)]
    found: dict[int | None, _Signature | _Plain] = {}
    for graph in graphs:
        shape = graph.inputs[0].shape if graph.inputs else ()
        found.setdefault(shape[1] if len(shape) > 1 else None, graph)
    return found


def _spec(name: str, detail: JsonObject) -> TensorSpec:
    # `shape` has 1 where any size will do, `shape_signature` has -1
    shape: Sequence[int] = detail["shape_signature" if "shape_signature" in detail else "shape"]
    return TensorSpec(name, np.dtype(detail["dtype"]).name, tuple(None if size < 0 else int(size) for size in shape))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort args_2 before args_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _delegation(interpreter: Any) -> JsonObject:
    """The nodes of a file's first graph, and how many of them XNNPACK took over; nothing where that is not shown.

    The list of nodes ends with one `DELEGATE` for each piece of the graph that was taken over: all nodes between its
    outputs and its inputs.
    """
    try:
        nodes = interpreter._get_ops_details()
    except (AttributeError, RuntimeError, ValueError, TypeError):
        return {}
    own = [node for node in nodes if node["op_name"] != "DELEGATE"]
    pieces = [node for node in nodes if node["op_name"] == "DELEGATE"]
    operators: dict[str, int] = {}
    for node in own:
        name = _node_kind(node)
        operators[name] = operators.get(name, 0) + 1
    delegated = {int(node["index"]) for piece in pieces for node in _taken_over(piece, own)}
    return {
        "operators": operators,
        "delegate": "XNNPACK" if pieces else None,
        "delegated": len(delegated),
        "nodes": len(own),
    }


def _node_kind(node: JsonObject) -> str:
    types = [getattr(kind, "__name__", str(kind)) for kind in node["operand_types"]]
    dense = node["op_name"] == "FULLY_CONNECTED" and len(types) > 1
    return str(node["op_name"]) + (FLOAT_WEIGHTS if dense and types[1].startswith("float") else "")


def _taken_over(piece: JsonObject, nodes: list[JsonObject]) -> list[JsonObject]:
    """The nodes that compute a piece's outputs from its inputs."""
    makers = {int(tensor): node for node in nodes for tensor in node["outputs"]}
    known = {int(tensor) for tensor in piece["inputs"]}
    wanted = [int(tensor) for tensor in piece["outputs"]]
    found: dict[int, JsonObject] = {}
    while wanted:
        node = makers.get(wanted.pop())
        if node is None or int(node["index"]) in found:
            continue
        found[int(node["index"])] = node
        wanted += [int(tensor) for tensor in node["inputs"] if int(tensor) not in known]
    return list(found.values())
