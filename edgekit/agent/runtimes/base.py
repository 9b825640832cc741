"""What every runtime offers: sessions that run a model file on arrays, and decoder sessions that keep a cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from ..errors import BadInput
from ..json_object import JsonObject

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]
else:
    # numpy 1.19, which Debian 11 brings, takes no parameters here
    Array = np.ndarray

SMALL_VOCABULARY = 16
# behind the name of a dense layer's operator whose weights are not integers
FLOAT_WEIGHTS = " (float weights)"
# behind the name of an operator that turns integer weights into floats at every run
OF_WEIGHTS = " (weights)"


@dataclass(frozen=True)
class TensorSpec:
    """An input as its file declares it; None marks an axis of any length."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Profile(Protocol):
    """What a runtime's profiler wrote of some runs."""

    def operators(self) -> dict[str, int]:
        """How many nodes of each kind the last run executed."""

    def operator_times(self, warmup: int, runs: int) -> list[JsonObject]:
        """ms per inference of each kind of operator over so many runs behind the warm-up, the most costly first.

        As `schema.measurement.OperatorTime`. Raises `RuntimeFailed` for a profile of too few runs.
        """


S = TypeVar("S")


class ModelSession(Protocol):
    """What sessions and decoder sessions share.

    runtime, version: the library that runs the file
    can_profile:      whether it has a profiler that Python reaches
    """

    runtime: str
    version: str
    threads: int
    can_profile: bool

    def execution(self) -> JsonObject:
        """How the runtime executes the file, as far as it tells: fields of `schema.measurement.Ran`."""

    def profile(self: S, work: Callable[[S], object]) -> Profile:
        """Close this session, open the file again under the profiler, and let `work` run that session.

        Raises `BadInput` where the runtime has no profiler, `RuntimeFailed` where it wrote of no run.
        """


class Session(ModelSession, Protocol):
    """A loaded model file.

    lengths: the sequence lengths that the file was made for, ascending; empty where any length will do
    """

    lengths: tuple[int, ...]

    def inputs(self, length: int) -> tuple[TensorSpec, ...]:
        """The inputs that a run with sequences of `length` takes, in the file's order."""

    def run(self, feeds: dict[str, Array]) -> list[Array]:
        """Run once on arrays by input name, mostly [1, length]; the outputs in the file's order, owned by the caller.

        Raises `RuntimeFailed` where the runtime breaks, `BadInput` for a length that the file was not made for.
        """


class DecoderSession(ModelSession, Protocol):
    """A loaded decoder with its key-value cache, for one text at a time.

    capacity:   the most tokens that the cache holds
    vocabulary: how many logits there are
    length:     how many tokens the cache holds now
    Every call raises `BadInput`, and leaves the cache as it was, for more tokens than are left room for, and
    `RuntimeFailed` where the runtime breaks.
    """

    capacity: int
    vocabulary: int
    length: int

    def prefill(self, ids: Sequence[int]) -> Array:
        """Append tokens; the float32 logits [vocabulary] after the last of them, owned by the caller."""

    def step(self, token: int) -> Array:
        """Append one token; the logits [vocabulary] after it, valid until the next call."""

    def logits_of(self, ids: Sequence[int]) -> Array:
        """Append tokens; the float32 logits [tokens, vocabulary] after each of them, owned by the caller."""

    def reset(self) -> None:
        """Forget all tokens. The cache needs no clearing: what lies behind `length` is not read."""
        self.length = 0

    def rewind(self, length: int) -> None:
        """Forget all tokens but the first `length`; `BadInput` unless the cache holds as many."""
        if not 0 <= length <= self.length:
            raise BadInput(f"the cache holds {self.length} tokens: it cannot keep {length}")
        self.length = length


class Runtime(Protocol):
    """A library that runs model files, imported; `import_runtime(name)` of a file here gives one."""

    name: str
    version: str

    def open_session(self, path: Path, threads: int) -> Session:
        """Load a model file. Raises `RuntimeFailed` where the library refuses it."""

    def open_decoder_session(self, path: Path, capacity: int, threads: int) -> DecoderSession:
        """Load a decoder with a cache of `capacity` tokens.

        Raises `RuntimeFailed` where the library refuses the file, `BadInput` where it is no decoder of edgekit's.
        """


def no_profiler(runtime: str) -> BadInput:
    """The error of a runtime whose time by operator nobody can tell."""
    return BadInput(
        f"time by operator cannot be had from {runtime}: its Python interface has no profiler",
        "measure the ONNX export, or the whole TFLite file without --per-op",
    )


def check_room(session: DecoderSession, ids: Sequence[int]) -> None:
    """Raise `BadInput` where the tokens are none or do not fit behind those in the cache, or are no tokens."""
    if not ids:
        raise BadInput("there are no tokens to run")
    if session.length + len(ids) > session.capacity:
        raise BadInput(
            f"{session.length} tokens and {len(ids)} more do not fit: the cache holds {session.capacity}",
        )
    if min(ids) < 0 or max(ids) >= session.vocabulary:
        raise BadInput(f"token ids must be from 0 to {session.vocabulary - 1}")


def length_for(session: Session, tokens: int) -> int:
    """The length at which the session runs `tokens` tokens: the smallest of its lengths that holds them.

    Raises `BadInput` where none does.
    """
    if not session.lengths:
        return tokens
    for length in session.lengths:
        if length >= tokens:
            return length
    listed = ", ".join(str(length) for length in session.lengths)
    raise BadInput(f"{tokens} tokens do not fit: the file was made for lengths {listed}")


def synthetic_feeds(session: Session, length: int, seed: int = 0) -> dict[str, Array]:
    """Inputs, mostly [1, length], made from the file's own declaration, for files that bring no tokenizer.

    The first integer input gets ids below `SMALL_VOCABULARY`, which any vocabulary has; further integer inputs get
    ones, which are valid as a mask, as a token type and as a position. Floats are drawn from a normal distribution.
    Raises `BadInput` for an input of another type.
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
