"""ONNX decoders through onnxruntime: the cache lies in fixed buffers that every run reads and writes in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput, RuntimeFailed
from .base import Array
from .decoder_session import check_rewind, check_room
from .onnxruntime import import_onnxruntime, one_line, session_options

_PAST, _PRESENT = "past_key_values.", "present."
_KEEP = "logits_to_keep"


class OnnxDecoder:
    """A decoder's `.onnx` file; see `decoders.DecoderSession`.

    profile_prefix: as of `onnx_session.OnnxSession`
    """

    runtime = "onnxruntime"

    def __init__(self, path: Path, capacity: int, threads: int, profile_prefix: str | None = None) -> None:
        self._onnxruntime = onnxruntime = import_onnxruntime()
        self.version = str(onnxruntime.__version__)
        self.threads = threads
        self.capacity = capacity
        self.length = 0
        options = session_options(onnxruntime, threads, profile_prefix)
        try:
            self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise RuntimeFailed(
                f"onnxruntime {self.version} cannot load {path.name}: {one_line(error)}",
                "decoders with integer weights need onnxruntime 1.23 or newer",
            ) from error
        self.vocabulary = _vocabulary(self._session, path)
        self._binding: Any = self._session.io_binding()
        self._mask = np.ones((1, capacity), np.int64)
        self._one = np.empty((1, 1, self.vocabulary), np.float32)
        self._kept, self._keep_value = 0, None
        self._cache = _bound_cache(onnxruntime, self._session, self._binding, capacity)

    def prefill(self, ids: Sequence[int]) -> Array:
        """See `decoders.DecoderSession.prefill`."""
        return self._run(ids).copy()

    def step(self, token: int) -> Array:
        """See `decoders.DecoderSession.step`."""
        return self._run([token])

    def logits_of(self, ids: Sequence[int]) -> Array:
        """See `decoders.DecoderSession.logits_of`."""
        logits = np.empty((1, len(ids), self.vocabulary), np.float32)
        self._feed(ids, logits)
        return logits[0]

    def reset(self) -> None:
        """See `decoders.DecoderSession.reset`. The buffers need no clearing: what lies behind `length` is not read."""
        self.length = 0

    def rewind(self, length: int) -> None:
        """See `decoders.DecoderSession.rewind`."""
        check_rewind(self, length)
        self.length = length

    def end_profiling(self) -> Path:
        """Stop profiling; the file that onnxruntime wrote."""
        return Path(self._session.end_profiling())

    @property
    def native(self) -> Any:
        """See `sessions.Session.native`."""
        return self._session

    def close(self) -> None:
        """Give back the memory; it cannot run any more."""
        self._session = self._binding = None
        self._cache = []

    def _run(self, ids: Sequence[int]) -> Array:
        self._feed(ids, self._one)
        return self._one[0, 0]

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
            self._session.run_with_iobinding(self._binding)
        except Exception as error:
            raise RuntimeFailed(f"onnxruntime {self.version} failed: {one_line(error)}") from error
        self.length = total

    def _keep(self, rows: int) -> None:
        """Ask for the logits of the last rows; one row is what most runs want."""
        if rows != self._kept:
            # no other way of binding takes an input that has a default; the value must outlive the binding
            self._keep_value = self._onnxruntime.OrtValue.ortvalue_from_numpy(np.array([rows], np.int64))
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
