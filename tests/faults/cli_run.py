"""Running a command line in this process, and what must be true of one that was given bad input."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from edgekit.cli import main

USAGE = 2


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


def run(capfd, *words) -> Ran:
    """`edgekit WORDS`, its descriptors captured, so that what native code prints counts too."""
    capfd.readouterr()
    try:
        main([str(word) for word in words])
    except SystemExit as stop:
        code = stop.code
    sys.stdout.flush()
    sys.stderr.flush()
    out, err = capfd.readouterr()
    return Ran(int(code or 0), out, err)


def refused(capfd, *words, says: str = "", code: int = USAGE) -> str:
    """Run, and hold the refusal against the rules: one error line, perhaps one of advice, and nothing else.

    What was understood of the data may stand before it.
    """
    ran = run(capfd, *words)
    assert ran.code == code, f"exit {ran.code}: {ran.err}{ran.out}"
    assert "Traceback" not in ran.err + ran.out
    assert ran.out == "", ran.out
    told = re.compile(r"Usage: |Try '|data \S+: text from |  (train|validation|test): [\d,]+ rows?; ")
    lines = [line for line in ran.err.splitlines() if not told.match(line)]
    errors = [line for line in lines if re.match(r"error: ", line, re.IGNORECASE)]
    assert len(errors) == 1, ran.err
    others = [line for line in lines if line.strip() and not line.startswith("  ") and line not in errors]
    assert others == [], ran.err
    assert len(lines) <= 3, ran.err
    assert len(errors[0]) < 1200, f"{len(errors[0])} characters"
    assert says in ran.err, ran.err
    return ran.err


def listing(folder: Path) -> list[str]:
    """Everything in a folder, hidden names included."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
