"""The rows of one split as they were read: texts, pairs and labels by name, kept in columns outside memory."""

from __future__ import annotations

import hashlib
import itertools
import json
from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data.columns import BadRows, ClassName, Columns, Row, check_text, is_pointed, label_in, text_in
from edgekit.data.label_names import NumberedNames
from edgekit.data.ragged import Texts, TextWriter
from edgekit.errors import NoLabelError, UsageError


@dataclass(frozen=True)
class Table:
    """Rows of one split. codes: the place of each row's label in `labels` [rows], int32.

    labels:  every label with the place where it stands first
    pointed: whether whole numbers among them are written with a point
    classes: the names of all classes in the order in which the file numbers them, where it does
    columns: those that were read, in a file that has columns
    """

    texts: Texts
    pairs: Texts | None
    codes: NDArray[np.int32]
    labels: dict[str, str]
    pointed: bool = False
    classes: tuple[str, ...] = ()
    columns: Columns | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: NDArray[Any]) -> Table:
        """The rows at these indices [rows]."""
        pairs = None if self.pairs is None else self.pairs.take(indices)
        return replace(self, texts=self.texts.take(indices), pairs=pairs, codes=self.codes[indices])

    def same_as(self, other: Table) -> bool:
        """Whether the other holds the same rows in the same order."""
        if len(self) != len(other) or (self.pairs is None) != (other.pairs is None):
            return False
        return all(mine == theirs for mine, theirs in zip(self._rows(), other._rows(), strict=True))

    def keys(self) -> NDArray[np.uint64]:
        """Eight bytes of a hash of each row's text and pair, whatever its label [rows]."""
        keys = (
            int.from_bytes(hashlib.blake2b(f"{text}\0{pair}".encode(), digest_size=8).digest())
            for text, pair, _ in self._rows()
        )
        return np.fromiter(keys, dtype=np.uint64, count=len(self))

    def sha256(self) -> str:
        """The hash of the rows' JSON: [texts, pairs or null, labels], each a list."""
        digest = hashlib.sha256(b"[")
        for end, column in zip((", ", ", ", "]"), (self.texts, self.pairs, self._named()), strict=True):
            for part in _json(column):
                digest.update(part.encode())
            digest.update(end.encode())
        return digest.hexdigest()

    def _rows(self) -> Iterator[tuple[str, str | None, str]]:
        return zip(
            self.texts, self.pairs if self.pairs is not None else itertools.repeat(None), self._named(), strict=False
        )

    def _named(self) -> Iterator[str]:
        names = list(self.labels)
        return (names[code] for code in self.codes)


def read_table(
    place: str,
    rows: Generator[Row],
    columns_of: Callable[[list[str]], Columns],
    bad: BadRows,
    label_names: Sequence[str] = (),
) -> Table:
    """The labelled texts among rows as `files.read_rows` gives them.

    columns_of:  finds the columns in the names of the first row
    label_names: of labels that are numbers
    Raises `NoLabelError` where a label is missing, `UsageError` for other bad rows, or where there are none.
    """
    codes = array("i")
    numbers: dict[str, int] = {}
    first: dict[str, str] = {}
    columns: Columns | None = None
    pointed = False
    classes: tuple[str, ...] = tuple(label_names)
    numbered = NumberedNames(label_names)
    # rows are closed at once where one is bad, so that what shows the progress ends before the error is shown
    with closing(rows), TextWriter() as texts, TextWriter() as pairs:
        for where, row in rows:
            columns = columns or columns_of(list(row))
            try:
                text = text_in(row, columns.text, where)
                label = numbered.name(label_in(row, columns.label, where), where)
                if columns.label_number is not None:
                    numbered.check(label, row.get(columns.label_number), where)
                pair = None if columns.pair is None else text_in(row, columns.pair, where)
                check_text(text, pair, columns.text, where)
            except UsageError as error:
                bad.add(error)
                continue
            texts.add(text)
            if pair is not None:
                pairs.add(pair)
            if label not in first:
                first[label] = where
                value = row[columns.label]
                pointed = pointed or is_pointed(value)
                classes = tuple(value.names) if isinstance(value, ClassName) else classes
            codes.append(numbers.setdefault(label, len(numbers)))
        bad.warn()
        if not codes:
            raise NoLabelError(f"{place}: all rows were left out") if bad.count else UsageError(f"{place} has no rows")
        kept_pairs = pairs.texts() if columns is not None and columns.pair is not None else None
        classes = classes or numbered.in_order()
        return Table(texts.texts(), kept_pairs, np.frombuffer(codes, dtype=np.int32), first, pointed, classes, columns)


def _json(values: Iterable[str] | None) -> Iterator[str]:
    """The JSON of a list of texts, or of None, in pieces."""
    if values is None:
        yield "null"
        return
    yield "["
    for index, value in enumerate(values):
        yield (", " if index else "") + json.dumps(value, ensure_ascii=False)
    yield "]"
