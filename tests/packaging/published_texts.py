"""The texts of published data sets as they lie in their files, for tokenizers to be compared on."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

from parity import Text
from tokenizer_zoo import DATA

SETS = ("sst2", "banking77", "mrpc", "chnsenticorp", "tinystories", "wikitext-2")


def published_texts(name: str) -> list[Text]:
    """Every text, or pair of texts, of the set. Raises `FileNotFoundError` where it is not at hand."""
    folder = DATA / name
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not here; EDGEKIT_REAL_DATA names the folder that holds it")
    return list(_READERS[name](folder))


def _sst2(folder: Path) -> Iterator[Text]:
    yield from (row[0] for path in sorted(folder.glob("*.tsv")) for row in _rows(path, "\t", quoted=False))


def _banking77(folder: Path) -> Iterator[Text]:
    yield from (row[0] for path in sorted(folder.glob("*.csv")) for row in _rows(path, ",", quoted=True))


def _mrpc(folder: Path) -> Iterator[Text]:
    for path in sorted(folder.glob("*.txt")):
        yield from ((row[3], row[4]) for row in _rows(path, "\t", quoted=False))


def _chnsenticorp(folder: Path) -> Iterator[Text]:
    yield from (row[0] for path in sorted(folder.glob("*.tsv")) for row in _rows(path, "\t", quoted=False))


def _tinystories(folder: Path) -> Iterator[Text]:
    for path in sorted(folder.iterdir()):
        text = path.read_text(encoding="utf-8")
        yield from json.loads(text) if path.suffix == ".json" else text.split("<|endoftext|>")


def _wikitext(folder: Path) -> Iterator[Text]:
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        yield from path.read_text(encoding="utf-8").splitlines(keepends=True)


def _rows(path: Path, delimiter: str, *, quoted: bool) -> Iterator[list[str]]:
    """The rows under the header, where there is one or not: as a text it serves as well as others."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)


_READERS = {
    "sst2": _sst2,
    "banking77": _banking77,
    "mrpc": _mrpc,
    "chnsenticorp": _chnsenticorp,
    "tinystories": _tinystories,
    "wikitext-2": _wikitext,
}
