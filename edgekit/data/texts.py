"""Texts without labels: what a measurement runs on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.data.columns import find_texts, text_in
from edgekit.data.encoding import open_text
from edgekit.data.files import read_rows
from edgekit.errors import UsageError
from edgekit.options.data_options import EMBEDDED

# enough to calibrate with, and no more than a manifest should hold
_EMBEDDED_TEXTS = 512


def read_texts(source: Path) -> list[TextPair]:
    """The texts of a file, each with its pair or None, in the file's order, empty ones left out.

    source: a `.txt` file with one text a line; a table with a text column (`data.files`); or the name of the
    embedded set, of which the first training texts are taken
    Raises `UsageError` for a file that cannot be read or holds no text.
    """
    if str(source) == EMBEDDED:
        from edgekit.data.smart_home import generate

        return [(row.text, None) for row in generate("train", _EMBEDDED_TEXTS)]
    texts = _lines(source) if source.suffix.lower() == ".txt" else _table(source)
    if not texts:
        raise UsageError(f"{source} holds no text")
    return texts


def as_given(texts: Iterable[TextPair]) -> list[str | tuple[str, str]]:
    """Each text by itself, or with its pair where it has one."""
    return [text if pair is None else (text, pair) for text, pair in texts]


def _lines(path: Path) -> list[TextPair]:
    with open_text(path) as file:
        return [(line.strip(), None) for line in file.read().splitlines() if line.strip()]


def _table(path: Path) -> list[TextPair]:
    texts: list[TextPair] = []
    for where, row in read_rows(path):
        name, pair = find_texts(where, list(row))
        text = text_in(row, name, where)
        if text.strip():
            texts.append((text, text_in(row, pair, where) if pair else None))
    return texts
