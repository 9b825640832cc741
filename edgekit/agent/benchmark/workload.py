"""A loaded file and what to run on it over and over, ready to be timed or counted, whatever its task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Union

from ..inference.tokenizer import TextPair
from ..runtimes.base import ModelSession
from .record import ModelHashes
from .timing import Marks

# makes a run of this number ready, which gives the work alone
PreparedRun = Callable[[int], Callable[[], object]]
# tokens of every input, or `data` where each text has its own
Length = Union[int, str]


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
