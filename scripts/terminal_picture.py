"""What a command prints on a terminal of 100 columns, as an SVG: `terminal_picture.py FILE COMMAND...`."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS, ROWS = 100, 200


def main() -> None:
    """Run it, and draw what came to standard output; progress, which is on standard error, is not drawn."""
    file, *words = sys.argv[1:]
    printed = on_terminal(words)
    console = Console(width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), (shlex.join(words), "bold")))
    console.print(Text.from_ansi(printed))
    # fonts of the reader's own, and none that are fetched
    picture = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="edgekit"), flags=re.DOTALL)
    Path(file).write_text(picture, encoding="utf-8")


def on_terminal(words: list[str]) -> str:
    """Standard output of a command for which it is a terminal.

    Raises `SystemExit` where the command does not end with 0.
    """
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    settings = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    process = subprocess.Popen([sys.executable, "-m", *words], stdout=writer, stderr=subprocess.DEVNULL, env=settings)
    os.close(writer)
    chunks = []
    while chunk := _read(reader):
        chunks.append(chunk)
    if code := process.wait():
        sys.exit(f"{shlex.join(words)} ended with {code}")
    return b"".join(chunks).decode().replace("\r\n", "\n")


def _read(reader: int) -> bytes:
    """What comes next; nothing when the other side has closed, which Linux tells as an error."""
    try:
        return os.read(reader, 65536)
    except OSError:
        return b""


if __name__ == "__main__":
    main()
