"""The columns of a table that hold texts and labels, by declared or usual names, and what stands in them in a row."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from edgekit.data.label_lists import are_hot
from edgekit.data.label_order import POINTED
from edgekit.errors import EdgekitWarning, NoLabelError, UsageError, unknown_name
from edgekit.options.data_options import DataSpec

# compared without regard to case; the first pair that is there whole, else the first single name
PAIRS = (
    ("text", "text_pair"),
    ("sentence1", "sentence2"),
    ("question1", "question2"),
    ("premise", "hypothesis"),
    ("text_a", "text_b"),
    ("#1 string", "#2 string"),
    ("question", "sentence"),
)
TEXT_NAMES = ("text", "sentence", "sentence1", "question", "query", "utterance", "review", "text_a")
LABEL_NAMES = ("label", "labels", "category", "intent", "class", "quality", "coarse_label")
# columns that name what `label` numbers
NAMES_OF_LABELS = ("label_name", "label_text", "label_names", "label_str", "label_string")

# characters of a header that an error quotes
_QUOTED = 60
# where a row stands, as "train.tsv, line 7", and its values by column
Row = tuple[str, dict[str, Any]]
SKIP = "mend it, or leave such rows out: --skip-bad-rows"
_KINDS: dict[type, str] = {bool: "truth value", list: "list", dict: "mapping", bytes: "run of bytes"}


class Columns(NamedTuple):
    """The names of the columns that are read. label_number: the one whose numbers `label` has names for"""

    text: str
    pair: str | None
    label: str
    label_number: str | None = None


def find_columns(place: str, header: Sequence[str], spec: DataSpec) -> Columns:
    """The columns of a labelled table; `place` names it in errors.

    Raises `NotFoundError` for a declared column that is not there, `NoLabelError` where there is none of labels.
    """
    text, pair = find_texts(place, header, spec.text, spec.text_pair)
    if spec.label is not None:
        return Columns(text, pair, _declared(place, header, spec.label))
    label, named = _first(header, LABEL_NAMES), _first(header, NAMES_OF_LABELS)
    if named is not None:
        return Columns(text, pair, named, label)
    if label is None:
        raise NoLabelError(f"{place}: no label column among {_listed(header)}", advice=_advice("label"))
    return Columns(text, pair, label)


def find_texts(
    place: str, header: Sequence[str], text: str | None = None, pair: str | None = None
) -> tuple[str, str | None]:
    """The columns of the text and of its pair, if it has one.

    Raises `NotFoundError` for a declared column that is not there, `UsageError` where there is none of texts.
    """
    known = {name.casefold(): name for name in reversed(header)}
    if text is None:
        whole = next((first for first, second in PAIRS if first in known and second in known), None)
        found = known[whole] if whole else _first(header, TEXT_NAMES)
        if found is None:
            raise UsageError(f"{place}: no text column among {_listed(header)}", advice=_advice("text"))
        text = found
    text = _declared(place, header, text)
    if pair is not None:
        return text, _declared(place, header, pair)
    second = dict(PAIRS).get(text.casefold())
    return text, known.get(second) if second else None


def looks_like_header(line: Sequence[str]) -> bool:
    """Whether a usual name of a text column stands in this line."""
    return _first(line, TEXT_NAMES) is not None


class ClassName(str):
    """The name of a class in a file that numbers its classes. names: of all of them, in the file's order."""

    names: Sequence[str]

    @classmethod
    def each(cls, names: Sequence[str]) -> list[ClassName]:
        """Every one of these names."""
        found = [cls(name) for name in names]
        for name in found:
            name.names = names
        return found


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

    def warn(self) -> None:
        """Warn of the rows that were left out, if there are any."""
        if self.count:
            rows = "1 row was" if self.count == 1 else f"{self.count:,} rows were"
            warnings.warn(f"{rows} left out; the first: {self._first}", EdgekitWarning, stacklevel=2)


def text_in(row: Mapping[str, object], column: str, where: str) -> str:
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


def label_in(row: Mapping[str, object], column: str, where: str) -> str:
    """The label in a column, without the space around it; numbers and truth values are labels as JSON writes them.

    A whole number is the same label with and without a point: 1 and 1.0. A list of labels is its JSON; one of names is
    sorted, so that a set is one label however it is written, but for zeros and ones.
    Raises `NoLabelError` where there is none.
    """
    value = row.get(column)
    if isinstance(value, (list, tuple)):
        return _unicode(_list_in(value, column, where), column, where)
    if isinstance(value, Decimal):
        value = float(value)
    absent = value is None or value != value or isinstance(value, (dict, bytes))
    label = "" if absent else value.strip() if isinstance(value, str) else _written(value)
    if not label:
        raise NoLabelError(f"{where}: no label in {column!r}", advice=SKIP)
    return _unicode(label, column, where)


def is_pointed(value: object) -> bool:
    """Whether a label is a whole number that is written with a point."""
    if isinstance(value, str):
        return POINTED.fullmatch(value.strip()) is not None
    return isinstance(value, float) and value.is_integer()


def _declared(place: str, header: Sequence[str], name: str) -> str:
    if name not in header:
        raise unknown_name(f"column in {place}:", name, header)
    return name


def _first(header: Sequence[str], names: Iterable[str]) -> str | None:
    known = {name.casefold(): name for name in reversed(header)}
    return next((known[name] for name in names if name in known), None)


def _listed(header: Sequence[str]) -> str:
    """The names of the columns, cut: in a file without a header they are its first row."""
    names = ", ".join(header)
    return names if len(names) <= _QUOTED else f"{names[: _QUOTED - 1]}…"


def _advice(kind: str) -> str:
    return f"name it: --{kind} COLUMN, or data.{kind} in a recipe; --columns names those of files without a header"


def _list_in(values: Sequence[object], column: str, where: str) -> str:
    items = [value.strip() if isinstance(value, str) else value for value in values]
    if not all(isinstance(item, (str, int)) or (isinstance(item, float) and math.isfinite(item)) for item in items):
        raise NoLabelError(f"{where}: {column!r} holds a list of more than labels", advice=SKIP)
    names = items and all(isinstance(item, str) for item in items) and not are_hot(items)
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
