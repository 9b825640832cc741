"""The streams of a command: no text from a model, a device or a file steers the terminal, and a full disk is told."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, cast

from edgekit.io.printable import visible

if TYPE_CHECKING:
    from rich.console import Console

_STDERR = 2


class Output:
    """A text stream that remembers what kept it from being written; all else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        """Write the text, and say as any stream that all of it was."""
        try:
            self.stream.write(text)
        except OSError as error:
            self.failure = error
            raise
        return len(text)

    def flush(self) -> None:
        """Write what is still held back."""
        try:
            self.stream.flush()
        except OSError as error:
            self.failure = error
            raise

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of them."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class VisibleOutput(Output):
    """An output that writes out what cannot be seen (`printable.visible`). raw: the same one without that."""

    def __init__(self, raw: Output) -> None:
        super().__init__(raw.stream)
        self.raw = raw

    def write(self, text: str) -> int:
        """Write the text as it can be seen."""
        self.raw.write(visible(text))
        return len(text)

    def flush(self) -> None:
        """Write what is still held back."""
        self.raw.flush()


@contextmanager
def hidden_native_output() -> Iterator[None]:
    """Within the block what native code writes to standard error is thrown away: log lines, and panics of Rust.

    Python's own standard error goes where it went. Commands that are started have pipes of their own.
    """
    try:
        own = sys.stderr.fileno()
        shown = os.path.samestat(os.fstat(own), os.fstat(_STDERR))
    except (AttributeError, OSError, ValueError):  # there is none, or one of a test's own
        shown = False
    if not shown:
        yield
        return
    before, saved = sys.stderr, os.dup(_STDERR)
    before.flush()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDERR)
    os.close(null)
    if own == _STDERR:
        sys.stderr = os.fdopen(saved, "w", 1, encoding=before.encoding, errors=before.errors, closefd=False)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        sys.stderr = before
        os.dup2(saved, _STDERR)
        os.close(saved)


@contextmanager
def visible_streams() -> Iterator[None]:
    """Within the block nothing that cannot be seen is printed, but the colours and bars of `terminal_console`.

    Characters that the encoding of the output lacks are escaped, where Python would end the command.
    """
    before = sys.stdout, sys.stderr
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout, sys.stderr = (
        stream if stream is None else cast(TextIO, VisibleOutput(Output(stream)))
        for stream in (sys.stdout, sys.stderr)
    )
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def terminal_console(*, stderr: bool = False, **options: Any) -> Console:
    """A console of rich's whose texts are as those of the streams; its own escape sequences go through."""
    from rich.console import Console
    from rich.segment import Segment

    class VisibleConsole(Console):
        def render(self, *arguments: Any, **named: Any) -> Iterator[Segment]:
            for segment in super().render(*arguments, **named):
                yield segment if segment.control else segment._replace(text=visible(segment.text))

    stream = sys.stderr if stderr else sys.stdout
    raw = cast(TextIO, stream.raw) if isinstance(stream, VisibleOutput) else stream
    return VisibleConsole(file=raw, **options)


def unwritable_stdout() -> OSError | None:
    """What keeps standard output from being written, the rest of which is thrown away then; None if all is written."""
    # click wraps what is a closed pipe
    output = getattr(sys.stdout, "wrapped", sys.stdout)
    if not isinstance(output, VisibleOutput):
        return None
    with contextlib.suppress(OSError, ValueError):  # it is full, or it was closed
        output.flush()
    failure = output.raw.failure
    if failure is not None:
        # Python flushes once more at its end, and would say so in a way of its own
        with contextlib.suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, output.fileno())
            os.close(null)
    return failure
