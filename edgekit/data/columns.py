"""Which columns of a table hold the text, its pair and the label: as declared, else by their usual names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from edgekit.errors import NoLabelError, UsageError, unknown_name
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

# characters of a header that an error quotes
_QUOTED = 60


class Columns(NamedTuple):
    """The names of the columns that are read."""

    text: str
    pair: str | None
    label: str


def find_columns(place: str, header: Sequence[str], spec: DataSpec) -> Columns:
    """The columns of a labelled table; `place` names it in errors.

    Raises `NotFoundError` for a declared column that is not there, `NoLabelError` where there is none of labels.
    """
    text, pair = find_texts(place, header, spec.text, spec.text_pair)
    if spec.label is not None:
        return Columns(text, pair, _declared(place, header, spec.label))
    label = _first(header, LABEL_NAMES)
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
