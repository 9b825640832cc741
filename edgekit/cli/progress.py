"""Progress on a terminal, with the time left; on anything else only the lines worth keeping."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from edgekit.cli.terminal import terminal_console
from edgekit.io.progress import SILENT, Advance, Progress


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

        with self._lock:
            if self._bars is None:
                columns: list[Any] = [TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn()]
                columns += [TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()]
                columns += [TextColumn("{task.fields[note]}")]
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
    """For logs: nothing moves; only the lines of `say` are printed."""

    def task(self, title: str, total: int | None = None) -> Any:
        """Show nothing."""
        return SILENT.task(title, total)

    def say(self, text: str) -> None:
        """Print a line to standard error."""
        click.echo(text, err=True)


def progress(as_json: bool = False) -> Progress:
    """The progress that suits standard error: bars on a terminal, lines in a log, nothing beside JSON."""
    if as_json:
        return SILENT
    return TerminalProgress() if sys.stderr.isatty() else LineProgress()
