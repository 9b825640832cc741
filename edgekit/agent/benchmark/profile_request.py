"""What the host wants to have measured."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..inference.tokenizer import TextPair
from .timing import Stopping


@dataclass(frozen=True)
class ProfileRequest:
    """What to measure.

    length:  tokens in every input; None takes the texts as they are, or for a bare file its own length, else 128.
             Of a decoder the tokens of the prompt
    texts:   texts to measure with, each with its pair or None; empty takes those of the golden cases
    runtime: as in `registry.open_session`
    sustained_seconds: after the usual samples, run back to back for so long; 0 for not at all
    energy:  also measure the energy of a run, where the machine can
    trace:   also find out which kernels ran, which loads the file once more
    processes: so many take the samples of one measurement; `stopping` is this one's share
    """

    path: Path
    threads: int
    stopping: Stopping
    length: int | None = None
    texts: tuple[TextPair, ...] = ()
    runtime: str | None = None
    per_op: bool = False
    sustained_seconds: float = 0.0
    energy: bool = False
    trace: bool = False
    processes: int = 1
