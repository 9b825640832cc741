"""Reading rows from CSV, TSV and JSONL files as published: marks, quotes and multi-line fields included."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from edgekit.spec.data_options import SUFFIXES
from edgekit.spec.errors import NotFoundError, UsageError


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row of a file with the line it ends on. Values are text; names are the file's header.

    TSV files are read unquoted, as GLUE and its kin publish them; CSV files by RFC 4180.
    """
    if not path.is_file():
        raise NotFoundError(f"{path} does not exist")
    if path.suffix not in SUFFIXES:
        raise UsageError(
            f"{path}: unknown kind of file {path.suffix!r}", advice=f"edgekit reads {', '.join(SUFFIXES)}"
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _read_jsonl(path, file) if path.suffix == ".jsonl" else _read_table(path, file)
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 (byte {error.start})", advice="convert it to UTF-8") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _read_table(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
    tabs = path.suffix == ".tsv"
    reader = csv.reader(
        file, delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL, strict=not tabs
    )
    try:
        header = next(reader, None)
        if not header:
            raise UsageError(f"{path} is empty")
        for row in reader:
            if len(row) != len(header):
                raise UsageError(
                    f"{path}, line {reader.line_num}: {len(row)} fields where the header has {len(header)}"
                )
            yield reader.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}") from None


def _read_jsonl(path: Path, file: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path}, line {number}: not JSON: {error}") from None
        if not isinstance(row, dict):
            raise UsageError(f"{path}, line {number}: not an object")
        yield number, {str(key): value if isinstance(value, str) else json.dumps(value) for key, value in row.items()}
