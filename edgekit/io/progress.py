"""Progress as a value: whoever works reports to it, whoever shows it decides how."""

from __future__ import annotations

import time
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


class Timed:
    """Shows what another progress shows, and knows how long each task took.

    seconds: by the title of the task, those of one title added up; of tasks within others, those of the outer alone
    """

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._begun = time.monotonic()
        self._open = 0
        self.seconds: dict[str, float] = {}

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """A task whose time is taken."""
        begun = time.monotonic()
        self._open += 1
        try:
            with self._shown.task(title, total) as advance:
                yield advance
        finally:
            self._open -= 1
            if not self._open:
                self.seconds[title] = self.seconds.get(title, 0.0) + time.monotonic() - begun

    def say(self, text: str) -> None:
        """Passed on."""
        self._shown.say(text)

    @property
    def elapsed(self) -> float:
        """Seconds since this began."""
        return time.monotonic() - self._begun


class SaidOnce:
    """Shows what another progress shows, each line that is said once: several stages read the same data."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._said: set[str] = set()

    def task(self, title: str, total: int | None = None) -> AbstractContextManager[Advance]:
        """Passed on."""
        return self._shown.task(title, total)

    def say(self, text: str) -> None:
        """Passed on when it is new."""
        if text not in self._said:
            self._said.add(text)
            self._shown.say(text)
