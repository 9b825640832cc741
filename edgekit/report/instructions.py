"""Counted instructions as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.measure.performance.instructions import millions
from edgekit.report.figures import clean
from edgekit.schema.measurement import InstructionCounts

if TYPE_CHECKING:
    from rich.console import Group

_PARTS = {"infer": "inference", "first_token": "first token", "token": "token"}
_HEADINGS = ("part", "length", "M instructions", "dot product", "FMA", "runtime")


def instructions_table(counts: Sequence[InstructionCounts]) -> Group:
    """Millions of instructions of one inference, and how they were counted."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for position, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="right" if 0 < position < 5 else "left", no_wrap=True)
    for taken in counts:
        for part, each in taken.counts.items():
            figure = millions(each)
            cells = (f"{value:.2f}" for value in (figure.total, figure.dot_product, figure.fma))
            table.add_row(_PARTS[part], f"{taken.length}", *cells, clean(f"{taken.runtime} {taken.runtime_version}"))
    machines = {f"{taken.fingerprint.device}, {taken.fingerprint.cpu_model}, emulated" for taken in counts}
    lines = [*sorted(clean(name) for name in machines), "one thread; a sign of regressions, blind to caches: no time"]
    return Group(table, *(Text(line) for line in lines))
