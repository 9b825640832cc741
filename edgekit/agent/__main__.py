"""The agent as a program: `python -m edgekit_agent`, requests on stdin, replies on stdout (`protocol.py`)."""

from __future__ import annotations

import argparse
import os
import queue
import sys
import threading
import time

from .protocol import GRACE_SECONDS, LineTooLong, Silence, read_lines, write_line


def main() -> int:
    """Serve requests until stdin is closed; the exit status."""
    parser = argparse.ArgumentParser(prog="edgekit_agent", description="serves requests: see protocol.py")
    parser.add_argument("--patience", type=float, metavar="SECONDS", help="end when nothing is heard for so long")
    patience = parser.parse_args().patience
    replies = _take_stdout()
    try:
        # only now, as native libraries may print when they are loaded
        from .server import Service
    except ImportError as error:
        sys.stderr.write(f"{sys.executable} cannot run the agent: {error}\n")
        return 1
    lines: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_listen, args=(lines, patience), daemon=True).start()
    service = Service(lambda message: write_line(replies, message))
    try:
        while (line := lines.get()) is not None:
            service.answer(line)
    except BrokenPipeError:
        return 1
    return 0


def _take_stdout() -> int:
    """Keep stdout for replies: what native code prints on descriptor 1 goes to stderr."""
    replies = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies


def _listen(lines: queue.Queue[bytes | None], patience: float | None) -> None:
    """Pass requests on; when the host is gone, end the program even in the middle of a measurement."""
    try:
        for line in read_lines(0, patience):
            if line.strip():
                lines.put(line)
    except (OSError, LineTooLong, Silence) as error:
        sys.stderr.write(f"{error}\n")
    lines.put(None)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    code = main()
    # at once: to take the interpreter and the runtimes apart takes time, and leaves nothing that was not there
    sys.stderr.flush()
    os._exit(code)
