"""What commands say beside their results: `--quiet`, `--verbose` and `--log-file`, by the levels of Python's logging.

error and warning: always shown; info: what a person should see, and hints; debug: what is begun, and how long it took.
A result is no such line: it goes to standard output.
"""

from __future__ import annotations

import contextlib
import logging
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from edgekit.io.progress import Advance, Progress

# for the log file alone: what a terminal has anyway
FILE_ONLY = 5
logging.addLevelName(FILE_ONLY, "COMMAND")


class _Log(logging.Logger):
    """Heeds its own level alone: the logs of libraries are disabled as a whole (`cli._quieten`). command: as typed"""

    command = ""

    def isEnabledFor(self, level: int) -> bool:
        return level >= self.level


class _Screen(logging.Handler):
    """Standard error; a line that belongs to work under way goes above its bars."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the line; errors are printed where they are caught."""
        if record.levelno < logging.ERROR:
            mark = "warning: " if record.levelno == logging.WARNING else ""
            show: Callable[[str], object] = getattr(record, "show", None) or _echo
            show(mark + record.getMessage())


def _echo(text: str) -> None:
    click.echo(text, err=True)


LOG = _Log("edgekit", FILE_ONLY)
_screen = _Screen(logging.INFO)
LOG.addHandler(_screen)


@contextmanager
def logged(arguments: Sequence[str]) -> Iterator[None]:
    """A block that runs a command line: it begins with the usual levels, and its log file is whole at its end."""
    _screen.setLevel(logging.INFO)
    LOG.handlers[:] = [_screen]
    LOG.command = shlex.join(["edgekit", *arguments])
    try:
        yield
    finally:
        for handler in LOG.handlers[1:]:
            with contextlib.suppress(OSError, ValueError):  # the disk is full
                handler.close()
        LOG.handlers[:] = [_screen]


class LoggedProgress:
    """Shows what another progress shows, and logs it: its lines, the tasks, and how long each took."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown

    @contextmanager
    def task(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """A task of the other progress."""
        begun = time.monotonic()
        self._log(logging.DEBUG, title)
        with self._shown.task(title, total) as advance:
            yield advance
        self._log(logging.DEBUG, f"{title}: {time.monotonic() - begun:.1f} s")

    def say(self, text: str) -> None:
        """A line that a person should see."""
        self._log(logging.INFO, text)

    def _log(self, level: int, text: str) -> None:
        LOG.log(level, "%s", text, extra={"show": self._shown.say})


def hint(text: str) -> None:
    """Say what a person may want to do or know next."""
    LOG.info("%s", text)


def is_quiet() -> bool:
    """Whether only results, warnings and errors are to be seen."""
    return _screen.level > logging.INFO


def _set_level(level: int) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(context: click.Context, parameter: click.Parameter, given: bool) -> None:
        if given and _screen.level not in (logging.INFO, level):
            raise click.UsageError("--quiet and --verbose say the opposite", context)
        if given:
            _screen.setLevel(level)

    return callback


def _open_file(context: click.Context, parameter: click.Parameter, path: Path | None) -> None:
    if path is None:
        return
    try:
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be written: {error.strerror}", context, parameter) from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk ends no command
    LOG.addHandler(handler)
    LOG.log(FILE_ONLY, "%s", LOG.command)


def log_options() -> list[click.Option]:
    """The options that every command and group takes, each of which is heeded as soon as it is read."""
    shared: dict[str, Any] = {"is_eager": True, "expose_value": False}
    quiet, verbose = _set_level(logging.WARNING), _set_level(logging.DEBUG)
    return [
        click.Option(
            ["-q", "--quiet"], is_flag=True, callback=quiet, help="Print results, warnings and errors alone.", **shared
        ),
        click.Option(
            ["--verbose"],
            is_flag=True,
            callback=verbose,
            help="Also say what is begun and how long it took.",
            **shared,
        ),
        click.Option(
            ["--log-file"],
            type=click.Path(path_type=Path, dir_okay=False),
            callback=_open_file,
            help="Also put all that is said, with its time, at the end of this file.",
            **shared,
        ),
    ]
