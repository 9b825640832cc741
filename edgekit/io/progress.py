"""Progress as a value: whoever works reports to it, whoever shows it decides how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Advance(Protocol):
    """Report how many of the steps are done, with a few words on how it goes."""

    def __call__(self, done: int, note: str = "") -> None:
        """Report."""


class Progress(Protocol):
    """Something that shows work as it goes on."""

    def task(self, title: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """Begin a piece of work of `total` steps, or of unknown length; a context that yields `Advance`."""

    def say(self, text: str) -> None:
        """One line that a person should see."""


class Silent:
    """Shows nothing: the default of every Python call."""

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """A task that nobody watches."""
        yield _ignore

    def say(self, text: str) -> None:
        """Nobody listens."""


def _ignore(done: int, note: str = "") -> None:
    """Progress nobody asked for."""


SILENT = Silent()
