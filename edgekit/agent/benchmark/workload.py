"""What is measured: the request of the host, and a loaded file whose runs are timed or counted, whatever its task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Union

from ..inference.tokenizer import TextPair
from ..runtimes.base import ModelSession
from .record import ModelHashes
from .timing import Marks, Stopping

# makes a run of this number ready, which gives the work alone
PreparedRun = Callable[[int], Callable[[], object]]
# tokens of every input, or `data` where each text has its own
Length = Union[int, str]


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


class Workload(Protocol):
    """Runs of one file, each with its number.

    kind:    what is run, in words: only files of one kind are compared
    load_ms: what it took to load the tokenizer and the model
    """

    kind: str
    hashes: ModelHashes
    length: Length
    load_ms: float
    notes: tuple[str, ...]

    @property
    def session(self) -> ModelSession:
        """What runs the file."""

    def golden_texts(self) -> tuple[TextPair, ...]:
        """Texts that it brings along, for another file to be run on as well."""

    def prepare(self) -> None:
        """Bring the session to where steps can be run."""

    def step(self, run: int) -> Marks:
        """Run once; the times at its start and at the end of each part."""

    def counted(self) -> dict[str, PreparedRun]:
        """What is counted apart, by the name of its part."""
