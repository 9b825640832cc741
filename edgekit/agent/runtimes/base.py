"""One face for every runtime: open a model file, feed arrays by name, get arrays back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import BadInput

Array = Any  # a numpy array; spelled out, its type would need a newer numpy than old devices have
RUNTIMES = {
    ".onnx": ("onnxruntime",),
    ".tflite": ("ai-edge-litert", "tflite-runtime"),
}
SMALL_VOCABULARY = 16


@dataclass(frozen=True)
class TensorSpec:
    """An input as its file declares it; None marks an axis of any length."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Session(Protocol):
    """A loaded model file.

    lengths: the sequence lengths that the file was made for, ascending; empty where any length will do
    """

    runtime: str
    version: str
    threads: int
    lengths: tuple[int, ...]

    def inputs(self, length: int) -> tuple[TensorSpec, ...]:
        """The inputs that a run with sequences of `length` takes, in the file's order."""

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        """Run once on arrays by input name; the outputs in the file's order, owned by the caller."""

    @property
    def native(self) -> Any:
        """The runtime's own object, to be asked what it does with the file."""


def open_session(path: Path, runtime: str | None = None, threads: int = 1) -> Session:
    """Load a `.onnx` or `.tflite` file.

    runtime: `onnxruntime`, `ai-edge-litert` or `tflite-runtime`; None takes the first installed that reads the file
    Raises `BadInput` for another kind of file, `RuntimeMissing` without a runtime for it, `RuntimeFailed` when the
    runtime refuses the file.
    """
    check_file(path, runtime, threads)
    if path.suffix.lower() == ".onnx":
        from .onnxruntime import OnnxSession

        return OnnxSession(path, threads)
    from .litert import TfliteSession

    return TfliteSession(path, threads, runtime)


def check_file(path: Path, runtime: str | None, threads: int) -> None:
    """Raise `BadInput` for what is no model file, for a runtime that does not read it, or for no threads."""
    known = RUNTIMES.get(path.suffix.lower())
    if known is None:
        raise BadInput(f"{path} is neither .onnx nor .tflite")
    if not path.is_file():
        raise BadInput(f"{path} does not exist")
    if runtime is not None and runtime not in known:
        raise BadInput(f"{runtime} does not read {path.suffix} files", f"for these there is: {', '.join(known)}")
    if threads < 1:
        raise BadInput(f"threads must be at least 1, not {threads}")


def length_for(session: Session, tokens: int) -> int:
    """The length at which the session runs `tokens` tokens: the smallest of its lengths that holds them."""
    if not session.lengths:
        return tokens
    for length in session.lengths:
        if length >= tokens:
            return length
    listed = ", ".join(str(length) for length in session.lengths)
    raise BadInput(f"{tokens} tokens do not fit: the file was made for lengths {listed}")


def synthetic_feeds(session: Session, length: int, seed: int = 0) -> dict[str, Array]:
    """Inputs made from the file's own declaration, for files that bring no tokenizer.

    The first integer input gets ids below `SMALL_VOCABULARY`, which any vocabulary has; further integer inputs get
    ones, which are valid as a mask, as a token type and as a position. Floats are drawn from a normal distribution.
    """
    generator = np.random.default_rng(seed)
    feeds: dict[str, Array] = {}
    ids_given = False
    for spec in session.inputs(length):
        shape = [_axis(size, axis, length) for axis, size in enumerate(spec.shape)]
        dtype = np.dtype(spec.dtype)
        if dtype.kind == "f":
            feeds[spec.name] = generator.standard_normal(shape).astype(dtype)
        elif dtype.kind in "iu" and not ids_given:
            feeds[spec.name] = generator.integers(0, SMALL_VOCABULARY, size=shape).astype(dtype)
            ids_given = True
        elif dtype.kind in "iub":
            feeds[spec.name] = np.ones(shape, dtype)
        else:
            raise BadInput(f"no input can be made up for {spec.name}, which is {spec.dtype}")
    return feeds


def _axis(size: int | None, axis: int, length: int) -> int:
    if size is not None:
        return size
    return length if axis == 1 else 1
