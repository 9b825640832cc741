"""The rows whose label changed from one model to another, as a file to read through."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from edgekit.data.splits import Unnumbered
from edgekit.errors import UsageError
from edgekit.flows.evaluate.accuracy import Evaluation
from edgekit.io.atomic import write_named_text
from edgekit.options.stage_options import SplitName

SUFFIXES = (".jsonl", ".tsv", ".csv")
# what a spreadsheet takes for the start of a formula, in ASCII and at full width (OWASP, CSV injection)
_FORMULAS = tuple("=+-@＝＋－＠")
# a line feed or a tab inside a field would end it
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class Change:
    """A row that two models label differently; `row` is its place in the split, from 1.

    change: `lost` if only the baseline was right, `gained` if only this model is, `wrong` if neither is
    """

    row: int
    change: Literal["lost", "gained", "wrong"]
    expected: str
    baseline: str
    baseline_label: str
    label: str
    text: str
    text_pair: str | None


def check_changes_path(path: Path) -> None:
    """Raise `UsageError` for a file of a kind that changes are not written in."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: changes are written as {', '.join(SUFFIXES)}, not as {path.suffix!r}")
    if path.is_dir():
        raise UsageError(f"{path} is a folder", advice="give the name of a file")


def write_changes(
    path: Path, data: Unnumbered, split: SplitName, baselines: Mapping[str, Evaluation], candidate: Evaluation
) -> int:
    """Write the rows that `candidate` labels differently than each baseline, and say how many.

    data: the rows that all of them were evaluated on

    path: `.jsonl` holds texts as they are. In `.csv` and `.tsv` a field that a spreadsheet would run or read as
    something else begins with an apostrophe, which spreadsheets do not show; `.tsv`, which knows no quotes, spells
    tabs, line ends and backslashes \\t, \\n, \\r and \\\\; `.csv` begins with a byte-order mark, without which
    spreadsheets take UTF-8 for something else.
    """
    check_changes_path(path)
    changes = list(_changes(data, split, baselines, candidate))
    kind = path.suffix.lower()
    write_named_text(path, _jsonl(changes) if kind == ".jsonl" else _tsv(changes) if kind == ".tsv" else _csv(changes))
    return len(changes)


def _changes(
    data: Unnumbered, split: SplitName, baselines: Mapping[str, Evaluation], candidate: Evaluation
) -> Iterator[Change]:
    rows = data.numbered(candidate.labels).split(split)
    # the place in the split of each row that was asked about
    places = np.arange(len(rows))
    if candidate.accuracy.left_out:
        places = np.flatnonzero(~data.shared[split])
    for name, baseline in baselines.items():
        answers = zip(candidate.expected, baseline.predicted, candidate.predicted, strict=True)
        for row, (wanted, before, after) in zip(map(int, places), answers, strict=True):
            expected, old, new = candidate.labels[wanted], baseline.labels[before], candidate.labels[after]
            if old != new:
                change: Literal["lost", "gained", "wrong"]
                change = "lost" if old == expected else "gained" if new == expected else "wrong"
                pair = rows.pairs[row] if rows.pairs is not None else None
                yield Change(row + 1, change, expected, name, old, new, rows.texts[row], pair)


def _jsonl(changes: Iterable[Change]) -> str:
    return "".join(json.dumps(dataclasses.asdict(change), ensure_ascii=False) + "\n" for change in changes)


def _csv(changes: Iterable[Change]) -> str:
    file = io.StringIO(newline="")
    file.write("\ufeff")
    # RFC 4180's line ends: with them a lone carriage return inside a field is quoted too
    csv.writer(file, lineterminator="\r\n").writerows(_table(changes))
    return file.getvalue()


def _tsv(changes: Iterable[Change]) -> str:
    return "".join("\t".join(field.translate(_ESCAPES) for field in row) + "\n" for row in _table(changes))


def _table(changes: Iterable[Change]) -> Iterator[list[str]]:
    names = [field.name for field in dataclasses.fields(Change)]
    yield names
    for change in changes:
        values = (getattr(change, name) for name in names)
        yield ["" if value is None else _harmless(str(value)) for value in values]


def _harmless(field: str) -> str:
    # a quote that is never closed would take the rows after it into its field
    start = field.lstrip()
    return f"'{field}" if start.startswith((*_FORMULAS, '"')) or field.startswith(("\t", "\r", "\n")) else field
