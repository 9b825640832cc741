"""Which runtimes read which model files, in order of preference, and opening a file with one of them.

A further runtime is a file beside this one, with `import_runtime`, and its name in `MODEL_FORMATS`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ..errors import BadInput, RuntimeMissing, one_line
from .base import DecoderSession, Runtime, Session


@dataclass(frozen=True)
class ModelFormat:
    """A kind of model file.

    runtimes: the module here of each runtime that reads it, by its name, the preferred first
    install:  what to do where there is none
    """

    runtimes: dict[str, str]
    install: str


MODEL_FORMATS = {
    ".onnx": ModelFormat({"onnxruntime": "onnxruntime"}, "pip install onnxruntime"),
    ".tflite": ModelFormat(
        {"ai-edge-litert": "litert", "tflite-runtime": "litert"},
        "pip install ai-edge-litert, or tflite-runtime on 32-bit ARM",
    ),
}


def runtime_names() -> list[str]:
    """The names of all runtimes, which are those of their packages."""
    return sorted({name for known in MODEL_FORMATS.values() for name in known.runtimes})


def open_session(path: Path, runtime: str | None = None, threads: int = 1) -> Session:
    """Load a model file.

    runtime: by its name in `MODEL_FORMATS`; None takes the first installed that reads the file
    Raises `BadInput` for another kind of file, `RuntimeMissing` without a runtime for it, `RuntimeFailed` when the
    runtime refuses the file.
    """
    _check_file(path, runtime, threads)
    return _import_runtime(path, runtime).open_session(path, threads)


def open_decoder_session(path: Path, capacity: int, runtime: str | None = None, threads: int = 1) -> DecoderSession:
    """Load the model file of a decoder with a cache of `capacity` tokens.

    runtime: as in `open_session`
    Raises `BadInput` for another kind of file, `RuntimeMissing` without a runtime for it, `RuntimeFailed` when the
    runtime refuses the file.
    """
    _check_file(path, runtime, threads)
    if capacity < 1:
        raise BadInput(f"a cache must hold at least 1 token, not {capacity}")
    return _import_runtime(path, runtime).open_decoder_session(path, capacity, threads)


def _check_file(path: Path, runtime: str | None, threads: int) -> None:
    """Raise `BadInput` for what is no model file, for a runtime that does not read it, or for no threads."""
    known = MODEL_FORMATS.get(path.suffix.lower())
    if known is None:
        raise BadInput(f"{path} is neither {' nor '.join(MODEL_FORMATS)}")
    if not path.is_file():
        raise BadInput(f"{path} does not exist")
    if runtime is not None and runtime not in known.runtimes:
        names = ", ".join(known.runtimes)
        raise BadInput(f"{runtime} does not read {path.suffix} files", f"for these there is: {names}")
    if threads < 1:
        raise BadInput(f"threads must be at least 1, not {threads}")


def _import_runtime(path: Path, runtime: str | None) -> Runtime:
    """The runtime of this name, or the first that reads the file and can be imported; `RuntimeMissing` without one."""
    suffix = path.suffix.lower()
    known = MODEL_FORMATS[suffix]
    failures: dict[str, ImportError] = {}
    for name in known.runtimes if runtime is None else (runtime,):
        module = importlib.import_module(f".{known.runtimes[name]}", __package__)
        try:
            return cast(Runtime, module.import_runtime(name))
        except ImportError as error:
            failures[name] = error
    if len(known.runtimes) == 1:
        name, cause = next(iter(failures.items()))
        raise RuntimeMissing(f"{name} cannot be imported: {cause}", known.install) from cause
    reasons = "; ".join(f"{name}: {one_line(error)}" for name, error in failures.items())
    raise RuntimeMissing(f"no runtime for {suffix} files here ({reasons})", known.install)
