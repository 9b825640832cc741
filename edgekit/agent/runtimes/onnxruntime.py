"""ONNX files through onnxruntime, on the CPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RuntimeFailed, RuntimeMissing
from .base import Array, TensorSpec

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


class OnnxSession:
    """A `.onnx` file; see `sessions.Session`.

    profile_prefix: where onnxruntime writes its profile, for `per_op`; it slows every run down
    """

    runtime = "onnxruntime"

    def __init__(self, path: Path, threads: int, profile_prefix: str | None = None) -> None:
        onnxruntime = import_onnxruntime()
        self.version = str(onnxruntime.__version__)
        self.threads = threads
        options = session_options(onnxruntime, threads, profile_prefix)
        try:
            self._session: Any = onnxruntime.InferenceSession(
                _readable(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise RuntimeFailed(f"onnxruntime {self.version} cannot load {path.name}: {one_line(error)}") from error
        self._inputs = tuple(_spec(node) for node in self._session.get_inputs())
        self._dtypes = {spec.name: np.dtype(spec.dtype) for spec in self._inputs}
        first = self._inputs[0].shape if self._inputs else ()
        fixed = first[1] if len(first) > 1 else None
        self.lengths: tuple[int, ...] = () if fixed is None else (fixed,)

    def inputs(self, length: int) -> tuple[TensorSpec, ...]:
        """The inputs, the same at every length."""
        return self._inputs

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        """Run once; see `sessions.Session.run`."""
        typed = {name: np.asarray(value, self._dtypes.get(name)) for name, value in feeds.items()}
        try:
            outputs: list[Array] = self._session.run(None, typed)
        except Exception as error:
            raise RuntimeFailed(f"onnxruntime {self.version} failed: {one_line(error)}") from error
        return outputs

    def end_profiling(self) -> Path:
        """Stop profiling; the file that onnxruntime wrote."""
        return Path(self._session.end_profiling())

    @property
    def native(self) -> Any:
        """See `sessions.Session.native`."""
        return self._session

    def close(self) -> None:
        """Give back the memory; it cannot run any more."""
        self._session = None


def session_options(onnxruntime: Any, threads: int, profile_prefix: str | None = None) -> Any:
    """Options for exact results on `threads` threads; with a prefix, a profile is written under a path of it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # x86-64 cores without VNNI would add products with int8 weights in 16 bits, which saturates
    options.add_session_config_entry("session.x64quantprecision", "1")
    if profile_prefix is not None:
        options.enable_profiling = True
        options.profile_file_prefix = profile_prefix
    return options


def _readable(path: Path) -> str | bytes:
    """The path as onnxruntime takes it; the file's content where the path is no UTF-8, which it does not take."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return path.read_bytes()
    return str(path)


def one_line(error: BaseException) -> str:
    """An exception's message on one line, cut where it stops being readable."""
    return " ".join(str(error).split())[:500] or type(error).__name__


def import_onnxruntime() -> Any:
    """The library, its telemetry off; `RuntimeMissing` without it."""
    # the Linux wheel of 1.31 carries a telemetry client; it reads this when it is imported
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
    except ImportError as error:
        raise RuntimeMissing(f"onnxruntime cannot be imported: {error}", "pip install onnxruntime") from error
    return onnxruntime


def _spec(node: Any) -> TensorSpec:
    shape = tuple(size if isinstance(size, int) else None for size in node.shape)
    return TensorSpec(node.name, _DTYPES.get(node.type, "object"), shape)
