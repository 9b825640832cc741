"""ONNX files through onnxruntime, on the CPU.

A decoder's cache lies in fixed buffers, which every run reads and writes in place.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import BadInput, RuntimeFailed, one_line
from ..json_object import JsonObject
from ..machine.cpu import saturates
from .base import Array, DecoderSession, TensorSpec, check_room
from .deadline import Deadline
from .onnx_functions import check_functions
from .onnxruntime_profile import OnnxProfile

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}
# errors are raised as well, and are told by whoever catches them
_ONLY_FATAL = 4
_NO_MEMORY = "Failed to allocate memory"
_PAST, _PRESENT = "past_key_values.", "present."
_KEEP = "logits_to_keep"
# read by onnxruntime itself, beside its options
_VARIABLES = ("ORT_GQA_DISABLE_FLASH_ATTENTION",)

S = TypeVar("S", "OnnxSession", "OnnxDecoderSession")


def import_runtime(name: str) -> OnnxRuntime:
    """The library, its telemetry off; ImportError without it."""
    # the Linux wheel of 1.31 carries a telemetry client; it reads this when it is imported
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return OnnxRuntime(name, onnxruntime)


class OnnxRuntime:
    """onnxruntime, imported; see `base.Runtime`."""

    def __init__(self, name: str, library: Any) -> None:
        self.name = name
        self.library = library
        self.version = str(library.__version__)

    def open_session(self, path: Path, threads: int) -> OnnxSession:
        """See `base.Runtime.open_session`."""
        return OnnxSession(self, path, threads)

    def open_decoder_session(self, path: Path, capacity: int, threads: int) -> OnnxDecoderSession:
        """See `base.Runtime.open_decoder_session`."""
        return OnnxDecoderSession(self, path, capacity, threads)

    def load(self, model: str | bytes, threads: int, profile_prefix: str | None) -> Any:
        """An `InferenceSession` for exact integers; with a prefix, a profile is written under a path of it."""
        options = self.library.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _ONLY_FATAL
        # nowhere else, for it slows files with int8 weights down, other people's too
        if saturates():
            options.add_session_config_entry("session.x64quantprecision", "1")
        if profile_prefix is not None:
            options.enable_profiling = True
            options.profile_file_prefix = profile_prefix
        return self.library.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def deadline(self) -> Deadline:
        """What ends the runs of one session that take too long."""
        options = self.library.RunOptions()
        options.log_severity_level = _ONLY_FATAL
        return Deadline(options)

    def execution(self, session: Any) -> JsonObject:
        """How onnxruntime was built, and the options of an `InferenceSession` as it has them."""
        options = session.get_session_options()
        names = ("intra_op_num_threads", "inter_op_num_threads", "graph_optimization_level", "execution_mode")
        found = {name: _plain(getattr(options, name)) for name in names if hasattr(options, name)}
        found["providers"] = ", ".join(session.get_providers())
        for key in ("session.x64quantprecision",):
            try:
                found[key] = str(options.get_session_config_entry(key))
            except RuntimeError:
                continue
        found.update({name: os.environ[name] for name in _VARIABLES if name in os.environ})
        build = getattr(self.library, "get_build_info", None)
        return {"build": None if build is None else str(build()), "options": found}


class OnnxSession:
    """A `.onnx` file; see `base.Session`.

    profile_prefix: where onnxruntime writes its profile; it slows every run down
    """

    can_profile = True

    def __init__(self, runtime: OnnxRuntime, path: Path, threads: int, profile_prefix: str | None = None) -> None:
        self._library, self._path = runtime, path
        self.runtime, self.version, self.threads = runtime.name, runtime.version, threads
        check_functions(path)
        self._deadline = runtime.deadline()
        try:
            self.native: Any = runtime.load(_readable(path), threads, profile_prefix)
        except Exception as error:
            raise RuntimeFailed(f"onnxruntime {self.version} cannot load {path.name}: {one_line(error)}") from error
        self._inputs = tuple(_spec(node) for node in self.native.get_inputs())
        self._dtypes = {spec.name: np.dtype(spec.dtype) for spec in self._inputs}
        first = self._inputs[0].shape if self._inputs else ()
        fixed = first[1] if len(first) > 1 else None
        self.lengths: tuple[int, ...] = () if fixed is None else (fixed,)

    def inputs(self, length: int) -> tuple[TensorSpec, ...]:
        """The inputs, the same at every length."""
        return self._inputs

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        """Run once, inputs mostly [1, length]; see `base.Session.run`. Raises `RuntimeFailed`."""
        typed = {name: np.asarray(value, self._dtypes.get(name)) for name, value in feeds.items()}
        try:
            with self._deadline.watched() as options:
                outputs: list[Array] = self.native.run(None, typed, options)
        except Exception as error:
            if self._deadline.passed:
                raise self._deadline.error from error
            if _NO_MEMORY in str(error):
                raise BadInput(f"{self._path.name} asks for more memory than there is") from error
            raise RuntimeFailed(f"onnxruntime {self.version} failed: {one_line(error)}") from error
        return outputs

    def execution(self) -> JsonObject:
        """See `base.ModelSession.execution`."""
        return self._library.execution(self.native)

    def profile(self, work: Callable[[OnnxSession], object]) -> OnnxProfile:
        """See `base.ModelSession.profile`."""
        self.close()
        return _profile(lambda prefix: OnnxSession(self._library, self._path, self.threads, prefix), work)

    def close(self) -> None:
        """Give back the memory; it cannot run any more."""
        self.native = None


class OnnxDecoderSession(DecoderSession):
    """A decoder's `.onnx` file; see `base.DecoderSession`.

    profile_prefix: as of `OnnxSession`
    """

    can_profile = True

    def __init__(
        self, runtime: OnnxRuntime, path: Path, capacity: int, threads: int, profile_prefix: str | None = None
    ) -> None:
        self._library, self._path = runtime, path
        self.runtime, self.version, self.threads = runtime.name, runtime.version, threads
        self.capacity = capacity
        self.length = 0
        check_functions(path)
        self._deadline = runtime.deadline()
        try:
            self.native: Any = runtime.load(str(path), threads, profile_prefix)
        except Exception as error:
            raise RuntimeFailed(
                f"onnxruntime {self.version} cannot load {path.name}: {one_line(error)}",
                "decoders with integer weights need onnxruntime 1.23 or newer",
            ) from error
        self.vocabulary = _vocabulary(self.native, path)
        self._binding: Any = self.native.io_binding()
        self._mask = np.ones((1, capacity), np.int64)
        self._one = np.empty((1, 1, self.vocabulary), np.float32)
        self._kept, self._keep_value = 0, None
        self._cache = _bound_cache(runtime.library, self.native, self._binding, capacity)

    def prefill(self, ids: Sequence[int]) -> Array:
        """The logits [vocabulary] after the last token; see `base.DecoderSession.prefill`."""
        return self._run(ids).copy()

    def step(self, token: int) -> Array:
        """The logits [vocabulary] after the token; see `base.DecoderSession.step`."""
        return self._run([token])

    def logits_of(self, ids: Sequence[int]) -> Array:
        """The logits [tokens, vocabulary] after each; see `base.DecoderSession.logits_of`."""
        logits = np.empty((len(ids), self.vocabulary), np.float32)
        self._feed(ids, logits[np.newaxis])
        return logits

    def execution(self) -> JsonObject:
        """See `base.ModelSession.execution`."""
        return self._library.execution(self.native)

    def profile(self, work: Callable[[OnnxDecoderSession], object]) -> OnnxProfile:
        """See `base.ModelSession.profile`."""
        self.close()
        return _profile(
            lambda prefix: OnnxDecoderSession(self._library, self._path, self.capacity, self.threads, prefix), work
        )

    def close(self) -> None:
        """Give back the memory; it cannot run any more."""
        self.native = self._binding = None
        self._cache = []

    def _run(self, ids: Sequence[int]) -> Array:
        self._feed(ids, self._one)
        return self._one.reshape(-1)

    def _feed(self, ids: Sequence[int], logits: Array) -> None:
        """Run the tokens; the logits of as many of the last as `logits` [1, kept, vocabulary] has room for."""
        check_room(self, ids)
        total = self.length + len(ids)
        # bound by address: these must live until the run is over
        tokens, mask = np.array([ids], np.int64), self._mask[:, :total]
        self._binding.bind_cpu_input("input_ids", tokens)
        self._binding.bind_cpu_input("attention_mask", mask)
        self._keep(logits.shape[1])
        self._binding.bind_output("logits", "cpu", 0, np.float32, logits.shape, logits.ctypes.data)
        try:
            with self._deadline.watched() as options:
                self.native.run_with_iobinding(self._binding, options)
        except Exception as error:
            if self._deadline.passed:
                raise self._deadline.error from error
            raise RuntimeFailed(f"onnxruntime {self.version} failed: {one_line(error)}") from error
        self.length = total

    def _keep(self, rows: int) -> None:
        """Ask for the logits of the last rows; one row is what most runs want."""
        if rows != self._kept:
            # no other way of binding takes an input that has a default; the value must outlive the binding
            self._keep_value = self._library.library.OrtValue.ortvalue_from_numpy(np.array([rows], np.int64))
            self._binding.bind_ortvalue_input(_KEEP, self._keep_value)
            self._kept = rows


def _vocabulary(session: Any, path: Path) -> int:
    shapes = {node.name: node.shape for node in session.get_outputs()}
    inputs = {node.name for node in (*session.get_inputs(), *session.get_overridable_initializers())}
    if "logits" not in shapes or not {"input_ids", "attention_mask", _KEEP} <= inputs:
        raise BadInput(f"{path} is no decoder that edgekit exported", "export it again: edgekit export")
    return int(shapes["logits"][2])


def _bound_cache(onnxruntime: Any, session: Any, binding: Any, capacity: int) -> list[Any]:
    """One buffer [1, kv_heads, capacity, head_size] for each cache, bound as its past and as its present."""
    buffers = []
    for node in session.get_inputs():
        if node.name.startswith(_PAST):
            shape = (1, node.shape[1], capacity, node.shape[3])
            buffer = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros(shape, np.float32))
            binding.bind_ortvalue_input(node.name, buffer)
            binding.bind_ortvalue_output(_PRESENT + node.name[len(_PAST) :], buffer)
            buffers.append(buffer)
    return buffers


def _profile(open_session: Callable[[str], S], work: Callable[[S], object]) -> OnnxProfile:
    """What the profiler writes while `work` runs a session that writes under the prefix it is opened with."""
    with tempfile.TemporaryDirectory(prefix="edgekit-profile-") as folder:
        session = open_session(str(Path(folder) / "profile"))
        work(session)
        return OnnxProfile.read(Path(session.native.end_profiling()))


def _readable(path: Path) -> str | bytes:
    """The path as onnxruntime takes it; the file's content where the path is no UTF-8, which it does not take."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return path.read_bytes()
    return str(path)


def _spec(node: Any) -> TensorSpec:
    shape = tuple(size if isinstance(size, int) else None for size in node.shape)
    return TensorSpec(node.name, _DTYPES.get(node.type, "object"), shape)


def _plain(value: object) -> str:
    """`1`, and of `GraphOptimizationLevel.ORT_ENABLE_ALL` what stands behind the dot."""
    return str(value).rpartition(".")[2]
