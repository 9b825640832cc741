"""Rows of a JSON file that is one value: a list of rows, or a mapping with such a list for each split."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from edgekit.data.columns import SKIP, BadRows, Row
from edgekit.errors import EdgekitWarning, UsageError
from edgekit.options.data_options import SPLIT_NAMES

# read whole; what is larger belongs into JSON lines
_MOST_BYTES = 500_000_000
_WHAT = 'write a list of rows, as [{"text": ..., "label": ...}], or one such object a line: .jsonl'


def read_json(path: Path, file: TextIO, split: str, bad: BadRows) -> Iterator[Row]:
    """Each row with its place. A row is an object, or a list: text, label; or text, second text, label.

    Raises `UsageError` for what is no such file, and for one of several splits without this one.
    """
    value = _load(path, file)
    key = _key_of(value, split)
    if isinstance(value, dict):
        if key is None:
            raise UsageError(f"{path} has no rows of {split}, but {_shown(value)}", advice=_WHAT)
        value = value[key]
    place = f"{path}, {key}" if key else str(path)
    if not isinstance(value, list):
        raise UsageError(f"{place} is no list of rows but a {type(value).__name__}", advice=_WHAT)
    for number, row in enumerate(value, start=1):
        where = f"{place}, row {number}"
        found = _row(row)
        if found is None:
            bad.add(UsageError(f"{where}: neither an object nor a list of text and label", advice=SKIP))
            continue
        yield where, found


def is_json_lines(file: TextIO) -> bool:
    """Whether a JSON file holds a value a line, as some call `.json`."""
    first, second = file.readline(), file.readline()
    file.seek(0)
    try:
        return isinstance(json.loads(first), dict) and bool(second.strip())
    except (ValueError, RecursionError):
        return False


def splits_in(path: Path, encoding: str | None = None) -> list[str]:
    """The splits that a JSON file of several holds; none where it is another file. Warns of lists that are none."""
    from edgekit.data.encoding import open_text

    with open_text(path, encoding) as file:
        value = None if is_json_lines(file) else _load(path, file)
    found = {split: key for split in SPLIT_NAMES if (key := _key_of(value, split)) is not None}
    left_out = sorted(set(value or ()) - set(found.values())) if found else []
    if left_out:
        warnings.warn(f"{path}: {', '.join(left_out)} are no splits, and not read", EdgekitWarning, stacklevel=2)
    return list(found)


def _load(path: Path, file: TextIO) -> Any:
    if path.stat().st_size > _MOST_BYTES:
        raise UsageError(f"{path} is too large to be read whole", advice="write one object a line: .jsonl")
    try:
        return json.load(file)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}", advice="is it one object a line? call it .jsonl") from None


def _key_of(value: object, split: str) -> str | None:
    """Under which key the rows of a split stand."""
    return next((name for name in SPLIT_NAMES[split] if isinstance(value, dict) and name in value), None)


def _row(row: object) -> dict[str, Any] | None:
    if isinstance(row, dict):
        return row
    if isinstance(row, list) and len(row) in (2, 3):
        return dict(zip(("text", "label") if len(row) == 2 else ("text", "text_pair", "label"), row, strict=True))
    return None


def _shown(value: dict[str, Any]) -> str:
    names = ", ".join(map(repr, list(value)[:6]))
    return names if len(names) < 200 else f"{names[:200]}…"
