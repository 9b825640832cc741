"""One row of a table: the text and the label in it, and what becomes of rows that have none."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from typing import Any

from edgekit.errors import EdgekitWarning, NoLabelError, UsageError

# where a row stands, as "train.tsv, line 7", and its values by column
Row = tuple[str, dict[str, Any]]
SKIP = "mend it, or leave such rows out: --skip-bad-rows"
_KINDS: dict[type, str] = {bool: "truth value", list: "list", dict: "mapping", bytes: "run of bytes"}


class BadRows:
    """What becomes of rows that cannot be used: the first is an error, or all are left out and counted."""

    def __init__(self, skip: bool = False) -> None:
        self.count = 0
        self._skip = skip
        self._first = ""

    def add(self, error: UsageError) -> None:
        """Raise the error, or remember that a row was left out because of it."""
        if not self._skip:
            raise error
        self._first = self._first or error.message
        self.count += 1

    def tell(self) -> None:
        """Warn of the rows that were left out, if there are any."""
        if self.count:
            rows = "1 row was" if self.count == 1 else f"{self.count:,} rows were"
            warnings.warn(f"{rows} left out; the first: {self._first}", EdgekitWarning, stacklevel=2)


def text_in(row: dict[str, Any], column: str, where: str) -> str:
    """The text in a column; `UsageError` naming the place `where` there is none."""
    value = row.get(column)
    if value is None:
        raise UsageError(f"{where}: no text in {column!r}", advice=SKIP)
    if not isinstance(value, str):
        raise UsageError(f"{where}: {column!r} holds a {_KINDS.get(type(value), 'number')}, not text", advice=SKIP)
    return _unicode(value, column, where)


def check_text(text: str, pair: str | None, column: str, where: str) -> None:
    """Raise `UsageError` for a row of blanks; one half of a pair may be blank, as it is in published sets."""
    if not text.strip() and not (pair or "").strip():
        raise UsageError(f"{where}: no text in {column!r}", advice=SKIP)


def label_in(row: dict[str, Any], column: str, where: str) -> str:
    """The label in a column, without the space around it; numbers and truth values are labels as JSON writes them.

    A whole number is the same label with and without a point: 1 and 1.0. A list of labels is its JSON; one of names is
    sorted, so that a set is one label however it is written. Raises `NoLabelError` where there is none.
    """
    value = row.get(column)
    if isinstance(value, (list, tuple)):
        return _unicode(_list_in(value, column, where), column, where)
    absent = value is None or value != value or isinstance(value, (dict, bytes))
    label = "" if absent else value.strip() if isinstance(value, str) else _written(value)
    if not label:
        raise NoLabelError(f"{where}: no label in {column!r}", advice=SKIP)
    return _unicode(label, column, where)


def _list_in(values: Sequence[Any], column: str, where: str) -> str:
    items = [value.strip() if isinstance(value, str) else value for value in values]
    if not all(isinstance(item, (str, int)) or (isinstance(item, float) and math.isfinite(item)) for item in items):
        raise NoLabelError(f"{where}: {column!r} holds a list of more than labels", advice=SKIP)
    names = items and all(isinstance(item, str) for item in items)
    return json.dumps(sorted(set(items)) if names else items, ensure_ascii=False)


def _written(value: object) -> str:
    return json.dumps(int(value) if isinstance(value, float) and value.is_integer() else value)


def _unicode(value: str, column: str, where: str) -> str:
    """JSON can spell half a character (a lone surrogate), which no tokenizer takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{where}: {column!r} is not valid Unicode", advice=SKIP) from None
    return value
