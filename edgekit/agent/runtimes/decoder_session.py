"""One face for every runtime that runs a decoder: feed tokens, get logits; the session keeps what came before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import BadInput
from .base import Array, check_file


class DecoderSession(Protocol):
    """A loaded decoder with its key-value cache, for one text at a time.

    capacity:   the most tokens that the cache holds
    vocabulary: how many logits there are
    length:     how many tokens the cache holds now
    Every call raises `BadInput`, and leaves the cache as it was, for more tokens than are left room for.
    """

    runtime: str
    version: str
    threads: int
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
        """Forget all tokens."""

    def rewind(self, length: int) -> None:
        """Forget all tokens but the first `length`, of which there must be as many."""

    @property
    def native(self) -> Any:
        """See `sessions.Session.native`."""


def open_decoder_session(path: Path, capacity: int, runtime: str | None = None, threads: int = 1) -> DecoderSession:
    """Load a `.onnx` or `.tflite` decoder with a cache of `capacity` tokens.

    runtime: as in `sessions.open_session`
    Raises `BadInput` for another kind of file, `RuntimeMissing` without a runtime for it, `RuntimeFailed` when the
    runtime refuses the file.
    """
    check_file(path, runtime, threads)
    if capacity < 1:
        raise BadInput(f"a cache must hold at least 1 token, not {capacity}")
    if path.suffix.lower() == ".tflite":
        from .litert_decoder import TfliteDecoder

        return TfliteDecoder(path, capacity, threads, runtime)
    from .onnxruntime_decoder import OnnxDecoder

    return OnnxDecoder(path, capacity, threads)


def check_rewind(session: DecoderSession, length: int) -> None:
    """Raise `BadInput` unless the cache holds that many tokens."""
    if not 0 <= length <= session.length:
        raise BadInput(f"the cache holds {session.length} tokens: it cannot keep {length}")


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
