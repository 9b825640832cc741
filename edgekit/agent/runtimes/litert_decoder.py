"""TFLite decoders: the cache lies in the inputs of the `decode` signature, where each new token is written in place.

Plain interpreters alone can do this, and every runtime has one; longer signatures are given a copy of the cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..capture_stderr import captured_output
from ..errors import BadInput, RuntimeFailed
from .base import Array
from .decoder_session import check_rewind, check_room
from .litert import import_interpreter
from .onnxruntime import one_line

_DECODE, _PREFILL, _HEAD = "decode", "prefill_", "head_"
_NEW = "new_"
# a piece of a text costs as much as so many single tokens, padding and all: its weights are read once
_PIECE_COSTS = 6


class TfliteDecoder:
    """A decoder's `.tflite` file; see `decoders.DecoderSession`."""

    def __init__(self, path: Path, capacity: int, threads: int, runtime: str | None = None) -> None:
        self.runtime, self.version, interpreter_class = import_interpreter(runtime)
        self.threads = threads
        self.capacity = capacity
        self.length = 0
        try:
            with captured_output():
                self._interpreter = interpreter_class(model_path=str(path), num_threads=threads)
                self._interpreter.allocate_tensors()
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
        """See `decoders.DecoderSession.prefill`."""
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
        """See `decoders.DecoderSession.step`."""
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
        """See `decoders.DecoderSession.logits_of`."""
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

    def reset(self) -> None:
        """See `decoders.DecoderSession.reset`. The cache needs no clearing: what lies behind `length` is not read."""
        self.length = 0

    def rewind(self, length: int) -> None:
        """See `decoders.DecoderSession.rewind`."""
        check_rewind(self, length)
        self.length = length

    @property
    def native(self) -> Any:
        """See `sessions.Session.native`."""
        return self._interpreter

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
        return found["hidden"]

    def _call(self, signature: str, feeds: dict[str, Array]) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._interpreter.get_signature_runner(signature)(**feeds)
        except Exception as error:
            raise RuntimeFailed(f"{self.runtime} {self.version} failed: {one_line(error)}") from error
        return found
