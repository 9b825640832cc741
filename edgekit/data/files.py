"""Reading rows from CSV, TSV and JSONL files as published: marks, quotes and multi-line fields included."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from edgekit.spec.data_options import SUFFIXES
from edgekit.spec.errors import NotFoundError, UsageError

_KINDS: dict[type, str] = {bool: "truth value", list: "list", dict: "mapping"}


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row of a file with the line it ends on; empty lines are none. Names are the file's header.

    TSV files are read unquoted, as GLUE and its kin publish them; CSV files by RFC 4180. The values of tables are
    text, those of JSONL whatever was written: `text_in` and `label_in` read them.
    """
    if not path.is_file():
        raise NotFoundError(f"{path} does not exist")
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(
            f"{path}: unknown kind of file {path.suffix!r}", advice=f"edgekit reads {', '.join(SUFFIXES)}"
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _read_jsonl(path, file) if path.suffix.lower() == ".jsonl" else _read_table(path, file)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start})", advice="convert it to UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def text_in(row: dict[str, Any], column: str, where: str) -> str:
    """The text in a column; `UsageError` naming the place `where` there is none."""
    value = row.get(column)
    if value is None:
        raise UsageError(f"{where}: no text in {column!r}")
    if not isinstance(value, str):
        raise UsageError(f"{where}: {column!r} holds a {_KINDS.get(type(value), 'number')}, not text")
    return _unicode(value, column, where)


def label_in(row: dict[str, Any], column: str, where: str) -> str:
    """The label in a column, without the space around it; numbers and truth values are labels as JSON writes them."""
    value = row.get(column)
    label = value.strip() if isinstance(value, str) else json.dumps(value)
    if not label or value is None or isinstance(value, (list, dict)):
        raise UsageError(f"{where}: no label in {column!r}")
    return _unicode(label, column, where)


def _unicode(value: str, column: str, where: str) -> str:
    """JSON can spell half a character (a lone surrogate), which no tokenizer takes."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{where}: {column!r} is not valid Unicode") from None
    return value


def _read_table(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    tabs = path.suffix.lower() == ".tsv"
    reader = csv.reader(
        file, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL, strict=not tabs
    )
    try:
        rows = filter(None, reader)
        header = next(rows, None)
        if header is None:
            raise UsageError(f"{path} is empty")
        for row in rows:
            if len(row) != len(header):
                raise UsageError(
                    f"{path}, line {reader.line_num}: {len(row)} fields where the header has {len(header)}"
                )
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}") from None


def _read_jsonl(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}, line {number}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}, line {number}: not an object")
        yield number, row
