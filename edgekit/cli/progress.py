"""Progress on a terminal, with the time left; on anything else a line now and then."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from edgekit.cli.log import LoggedProgress, is_quiet
from edgekit.cli.terminal import terminal_console
from edgekit.io.progress import SILENT, Advance, Progress
from edgekit.io.quantities import duration

# of a task that goes on a log has a line at least so often
LINE_SECONDS = 30.0


class TerminalProgress:
    """A bar for each task on standard error, gone when the task ends; `say` prints a line.

    Tasks of several threads stand below each other.
    """

    def __init__(self) -> None:
        self._console = terminal_console(stderr=True)
        self._lock = threading.Lock()
        self._bars: Any = None
        self._open = 0

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """A bar with the share done, a few words on how it goes, and the time left."""
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars
        from rich.table import Column

        with self._lock:
            if self._bars is None:
                columns: list[Any] = [TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn()]
                columns += [TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()]
                columns += [TextColumn("{task.fields[note]}", table_column=Column(no_wrap=True, overflow="ellipsis"))]
                self._bars = Bars(*columns, console=self._console, transient=True)
                self._bars.start()
            bars = self._bars
            self._open += 1
        task = bars.add_task(title, total=total, note="")
        try:
            yield lambda done, note="": bars.update(task, completed=done, note=note)
        finally:
            with self._lock:
                self._open -= 1
                if self._open:
                    bars.remove_task(task)
                else:
                    bars.stop()
                    self._bars = None

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class LineProgress:
    """For logs: the lines of `say`, and of each task that goes on a line when it is `LINE_SECONDS` old, and so on."""

    def __init__(self) -> None:
        self._tasks: list[_Line] = []
        self._lock = threading.Lock()
        self._ended: threading.Event | None = None

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """A task of which a line is printed now and then, also while it is silent."""
        line = _Line(title, total)
        with self._lock:
            self._tasks.append(line)
            if self._ended is None:
                self._ended = threading.Event()
                threading.Thread(target=self._watch, args=(self._ended,), daemon=True).start()
        try:
            yield line.advance
        finally:
            with self._lock:
                self._tasks.remove(line)
                if not self._tasks and self._ended is not None:
                    self._ended.set()
                    self._ended = None

    def say(self, text: str) -> None:
        """Print a line to standard error."""
        click.echo(text, err=True)

    def _watch(self, ended: threading.Event) -> None:
        """Until the last task ends: a line of each that none was printed of for long."""
        while not ended.wait(LINE_SECONDS / 10):
            with self._lock:
                due = [line for line in self._tasks if time.monotonic() - line.shown >= LINE_SECONDS]
            for line in due:
                line.shown = time.monotonic()
                # whoever read the lines may be gone
                with contextlib.suppress(OSError, ValueError):
                    self.say(line.text())


class _Line:
    """How far a task is."""

    def __init__(self, title: str, total: int | None) -> None:
        self.shown = self._begun = time.monotonic()
        self._title, self._total = title, total
        self._first: int | None = None
        self._done, self._note = 0, ""

    def advance(self, done: int, note: str = "") -> None:
        """See `Advance`."""
        if self._first is None:
            # a training that goes on begins with steps that were done before
            self._first, self._begun = done, time.monotonic()
        self._done, self._note = done, note

    def text(self) -> str:
        """In a line: the share done, a few words on how it goes, and the time left where it can be told."""
        parts = [f"{100 * self._done / self._total:.0f} %"] if self._total else []
        parts += [self._note] if self._note else []
        past, moved = time.monotonic() - self._begun, self._done - (self._first or 0)
        if self._total and moved > 0:
            parts.append(f"about {duration(past / moved * (self._total - self._done))} left")
        return f"{self._title}: {', '.join(parts) or f'{duration(past)} so far'}"


def progress(as_json: bool = False) -> Progress:
    """The progress that suits standard error: bars on a terminal, lines in a log, nothing beside JSON, all logged."""
    if as_json or is_quiet():
        return LoggedProgress(SILENT)
    return LoggedProgress(TerminalProgress() if sys.stderr.isatty() else LineProgress())
