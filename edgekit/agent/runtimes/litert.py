"""TFLite files through ai_edge_litert, else tflite_runtime; one signature for each length."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from pathlib import Path
from typing import Any

import numpy as np

from ..capture_stderr import captured_output
from ..errors import BadInput, RuntimeFailed, RuntimeMissing
from .base import RUNTIMES, Array, TensorSpec
from .onnxruntime import one_line


class TfliteSession:
    """A `.tflite` file; see `sessions.Session`. A file without signatures is run by its tensors' names."""

    def __init__(self, path: Path, threads: int, runtime: str | None = None) -> None:
        self.runtime, self.version, interpreter_class = import_interpreter(runtime)
        self.threads = threads
        try:
            with captured_output():
                self._interpreter = interpreter_class(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
                self._graphs = _graphs(self._interpreter)
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} cannot load {path.name}: {one_line(error)}") from error
        self.lengths = tuple(sorted(length for length in self._graphs if length is not None))

    def inputs(self, length: int) -> tuple[TensorSpec, ...]:
        """The inputs of the signature for `length`."""
        return self._graph(length).inputs

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        """Run the signature that the first input's length names; see `sessions.Session.run`."""
        first = next(iter(feeds.values()))
        graph = self._graph(first.shape[1] if first.ndim > 1 else 1)
        typed = {spec.name: np.asarray(feeds[spec.name], spec.dtype) for spec in graph.inputs}
        try:
            return graph.run(typed)
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} failed: {one_line(error)}") from error

    @property
    def native(self) -> Any:
        """See `sessions.Session.native`."""
        return self._interpreter

    def _graph(self, length: int) -> _Signature | _Plain:
        # a file that takes any length is kept under None
        graph = self._graphs.get(length) or self._graphs.get(None)
        if graph is None:
            raise BadInput(f"the file has no signature for length {length}; it has {self.lengths}")
        return graph


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


def _spec(name: str, detail: dict[str, Any]) -> TensorSpec:
    # `shape` has 1 where any size will do, `shape_signature` has -1
    shape = detail.get("shape_signature", detail["shape"])
    return TensorSpec(name, np.dtype(detail["dtype"]).name, tuple(None if size < 0 else int(size) for size in shape))


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort args_2 before args_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def import_interpreter(runtime: str | None) -> tuple[str, str, Any]:
    """The runtime's name, its version, and its Interpreter class."""
    candidates = RUNTIMES[".tflite"] if runtime is None else (runtime,)
    reasons = []
    for name in candidates:
        try:
            module = importlib.import_module(f"{name.replace('-', '_')}.interpreter")
        except ImportError as error:
            reasons.append(f"{name}: {one_line(error)}")
            continue
        return name, _version(name), module.Interpreter
    raise RuntimeMissing(
        f"no runtime for .tflite files here ({'; '.join(reasons)})",
        "pip install ai-edge-litert, or tflite-runtime on 32-bit ARM",
    )


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
