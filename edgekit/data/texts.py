"""Texts without labels: what a measurement runs on."""

from __future__ import annotations

from pathlib import Path

from edgekit.data.files import read_rows, text_in
from edgekit.data.splits import PAIR_NAMES, TEXT_NAMES
from edgekit.spec.data_options import EMBEDDED
from edgekit.spec.errors import NotFoundError, UsageError

Text = tuple[str, str | None]


def read_texts(source: Path) -> list[Text]:
    """The texts of a file, each with its pair or None, in the file's order, empty ones left out.

    source: a `.txt` file with one text a line; a table with a text column (`data.files`); or the name of the
    embedded set, whose test texts are taken
    Raises `UsageError` for a file that cannot be read or holds no text.
    """
    if str(source) == EMBEDDED:
        from edgekit.data.smart_home import generate

        return [(row.text, None) for row in generate("test")]
    texts = _lines(source) if source.suffix.lower() == ".txt" else _table(source)
    if not texts:
        raise UsageError(f"{source} holds no text")
    return texts


def _lines(path: Path) -> list[Text]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    return [(line.strip(), None) for line in lines if line.strip()]


def _table(path: Path) -> list[Text]:
    texts: list[Text] = []
    for line, row in read_rows(path):
        name = next((name for name in TEXT_NAMES if name in row), None)
        if name is None:
            raise UsageError(
                f"{path}, line {line}: no text column among {', '.join(row)}", advice=f"name it {TEXT_NAMES[0]}"
            )
        pair = next((name for name in PAIR_NAMES if name in row), None)
        where = f"{path}, line {line}"
        text = text_in(row, name, where)
        if text.strip():
            texts.append((text, text_in(row, pair, where) if pair else None))
    return texts
