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
    for record in counts:
        for part, each in record.counts.items():
            figure = millions(each)
            cells = (f"{value:.2f}" for value in (figure.total, figure.dot_product, figure.fma))
            table.add_row(
                _PARTS[part], f"{record.length}", *cells, clean(f"{record.runtime} {record.runtime_version}")
            )
    machines = {f"{record.fingerprint.device}, {record.fingerprint.cpu_model}, emulated" for record in counts}
    lines = [*sorted(clean(name) for name in machines), "one thread; a sign of regressions, blind to caches: no time"]
    return Group(table, *(Text(line) for line in lines))
