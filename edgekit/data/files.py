"""Reading rows from CSV, TSV, JSONL and Parquet files and from labelled lines, as published."""

from __future__ import annotations

import csv
import json
import re
import warnings
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from edgekit.data.columns import SKIP, BadRows, Row, looks_like_header
from edgekit.data.encoding import open_text
from edgekit.data.json_rows import is_json_lines, read_json
from edgekit.data.tagged_words import WRITE_ROWS, check_no_tagged_words
from edgekit.errors import EdgekitWarning, NotFoundError, UsageError
from edgekit.io.progress import SILENT, Advance, Progress
from edgekit.options.data_options import BARE, FILE_FORMATS, FileFormat, check_no_texts

_REPORT_EVERY = 4096
# fastText's `__label__GOOD text`, and the `COARSE:fine text` of question classification
_LABELLED = re.compile(r"(?:__label__\S+|\w+:\S+)\s+\S")
_LABEL_MARK = "__label__"
_DELIMITERS = {
    "\t": ("tabs", "say so: --format tsv"),
    ";": ("semicolons", "say so: --separator ';'"),
    "|": ("bars", "say so: --separator '|'"),
    ",": ("commas", "say so: --format csv"),
}
# what Excel takes for the separator of a CSV, in a line before all others
_SEPARATOR = re.compile(r"\"?sep=(.)\"?\s*", re.IGNORECASE)
# characters of a header that an error quotes
_QUOTED = 60


@dataclass(frozen=True)
class Reading:
    """How a file is read.

    file_format: what the file is. Default: by its ending; `.txt` and endings like `.train` by the first line
    columns:     names of the columns of a table without a header
    separator:   between its columns
    encoding:    see `encoding.open_text`
    split:       whose rows are wanted of a JSON file that holds several
    """

    file_format: FileFormat | None = None
    columns: Sequence[str] | None = None
    separator: str | None = None
    encoding: str | None = None
    split: str = "test"


def read_rows(
    path: Path, how: Reading | None = None, *, bad: BadRows | None = None, progress: Progress = SILENT
) -> Generator[Row]:
    """Each row of a file with the place where it ends; empty lines are none. Names are the file's header.

    TSV is read unquoted, as GLUE and its kin publish it; CSV by RFC 4180. The values of tables are text, those of
    JSONL and Parquet whatever was written: `columns.text_in` and `columns.label_in` read them.
    Raises `NotFoundError` for a missing file, `UsageError` for one of another kind or malformed, and as `bad` does.
    """
    if path.is_dir():
        check_no_texts(path)
        raise UsageError(f"{path} is a folder", advice="name a file, or all of the folder: --data FOLDER")
    if not path.is_file():
        raise NotFoundError(f"{path} does not exist")
    bad, how = bad or BadRows(), how or Reading()
    kind = how.file_format or FILE_FORMATS.get(path.suffix.lower())
    if how.separator and kind not in (None, "tsv", "csv"):
        raise UsageError(f"{path} is no table whose columns are parted by anything", advice="leave --separator out")
    if kind == "parquet":
        from edgekit.data.arrow import read_parquet

        yield from read_parquet(path, progress)
        return
    if kind is None and path.suffix.lower() not in BARE:
        raise _unreadable(path)
    try:
        with (
            open_text(path, how.encoding) as file,
            progress.task(f"reading {path.name}", path.stat().st_size) as advance,
        ):
            check_no_tagged_words(path, file)
            kind = kind or ("csv" if how.separator else _format_of(path, file))
            yield from _reported(_reader(path, file, kind, how, bad), file, advance)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


# kinds of files that no `--format` makes readable
_OTHER_KINDS = {
    **dict.fromkeys((".conll", ".conllu", ".iob", ".bio"), WRITE_ROWS),
    ".gz": "unpack it first",
    ".zip": "unpack it first",
    ".bz2": "unpack it first",
    ".xz": "unpack it first",
    ".zst": "unpack it first",
    ".xlsx": "save it as .csv",
    ".xls": "save it as .csv",
    ".ods": "save it as .csv",
}


def _unreadable(path: Path) -> UsageError:
    known = ", ".join((*FILE_FORMATS, *BARE))
    advice = _OTHER_KINDS.get(path.suffix.lower(), f"edgekit reads {known}; or say what it is: --format")
    return UsageError(f"{path}: edgekit reads no {path.suffix or 'file without an ending'!r}", advice=advice)


def _format_of(path: Path, file: TextIO) -> FileFormat:
    """Tabs make a table; a label before each text, known by its colon or fastText's mark, makes labelled lines."""
    first = file.readline()
    file.seek(0)
    if "\t" in first:
        return "tsv"
    if _LABELLED.match(first):
        return "lines"
    raise UsageError(
        f"{path}: its first line has no tab, and no label before the text", advice="say what it is: --format"
    )


def _reader(path: Path, file: TextIO, kind: FileFormat, how: Reading, bad: BadRows) -> Iterator[Row]:
    if kind == "jsonl":
        return _read_jsonl(path, file, bad)
    if kind == "json" and not is_json_lines(file):
        return read_json(path, file, how.split, bad)
    if kind == "json":
        return _read_jsonl(path, file, bad)
    if kind == "lines":
        return _read_lines(path, file, bad)
    return _read_table(path, file, kind == "tsv", how, bad)


def _reported(rows: Iterator[Row], file: TextIO, advance: Advance) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if not number % _REPORT_EVERY:
            advance(file.buffer.tell())
        yield row


# of a field; csv's own bound is 131,072 characters, which a document is longer than
csv.field_size_limit(2**31 - 1)


def _read_table(path: Path, file: TextIO, tabs: bool, how: Reading, bad: BadRows) -> Iterator[Row]:
    columns = how.columns
    mark = how.separator or ("\t" if tabs else ",")
    first = file.readline()
    declared = None if tabs or how.separator else _SEPARATOR.fullmatch(first.lstrip("\ufeff"))
    if declared:
        mark = declared[1]
    else:
        _check_delimiter(path, first, mark)
        file.seek(0)
    reader = csv.reader(file, delimiter=mark, quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL, strict=not tabs)
    header = None
    for row in _whole_rows(path, reader, bad):
        if header is None:
            names = [name.strip() for name in row]
            header = _header(path, names, columns)
            if header is names:
                continue
        where = f"{path}, line {reader.line_num + bool(declared)}"
        if len(row) != len(header):
            has = "the header has" if columns is None else "columns were named:"
            bad.add(UsageError(f"{where}: {len(row)} fields where {has} {len(header)}", advice=SKIP))
            continue
        yield where, dict(zip(header, row, strict=True))
    if header is None:
        raise UsageError(f"{path} is empty")


def _whole_rows(path: Path, reader: Any, bad: BadRows) -> Iterator[list[str]]:
    """The rows that csv can take apart, empty ones left out."""
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            bad.add(UsageError(f"{path}, line {reader.line_num}: {error}", advice=SKIP))
            continue
        if row is None:
            return
        if row:
            yield row


def _header(path: Path, first: list[str], columns: Sequence[str] | None) -> Sequence[str]:
    """The names of the columns: the first row, unless they were declared and it is not a header of its own."""
    if any("\0" in name for name in first):
        raise UsageError(
            f"{path} has NUL characters in its header: it is in another encoding",
            advice="declare it, as in --encoding utf-16-le",
        )
    if columns is None:
        twice = next((name for place, name in enumerate(first) if name and name in first[:place]), None)
        if twice is not None:
            raise UsageError(f"{path}: its header has the column {_cut(twice)!r} twice", advice="name each one once")
        return first
    if not looks_like_header(first):
        return columns
    if list(columns) != first:
        named = ", ".join(first)
        warnings.warn(f"{path} has a header: its columns are {named}, not those named", EdgekitWarning, stacklevel=2)
    return first


def _check_delimiter(path: Path, first: str, own: str) -> None:
    """Refuse a first line that is a header if only its columns are parted otherwise."""
    if own in first:
        return
    for mark, (name, advice) in _DELIMITERS.items():
        parts = [part.strip().strip('"') for part in first.split(mark)]
        if len(parts) > 1 and looks_like_header(parts):
            raise UsageError(f"{path}: its columns are parted by {name}: {_cut(first.strip())!r}", advice=advice)


def _cut(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 1]}…"


def _read_lines(path: Path, file: TextIO, bad: BadRows) -> Iterator[Row]:
    """`LABEL text`: the column `fine` has the whole label, `label` what stands before its colon."""
    for where, line in _lines(path, file):
        parts = line.split(None, 1)
        if len(parts) < 2:
            bad.add(UsageError(f"{where}: no text behind the label", advice=SKIP))
            continue
        if parts[0].startswith(_LABEL_MARK) and parts[1].startswith(_LABEL_MARK):
            bad.add(UsageError(f"{where}: several labels, and a row has one", advice=SKIP))
            continue
        fine = parts[0].removeprefix(_LABEL_MARK)
        yield where, {"label": fine.partition(":")[0], "fine": fine, "text": parts[1].strip()}


def _read_jsonl(path: Path, file: TextIO, bad: BadRows) -> Iterator[Row]:
    for where, line in _lines(path, file):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            bad.add(UsageError(f"{where}: not JSON: {error}", advice=SKIP))
            continue
        if not isinstance(row, dict):
            bad.add(UsageError(f"{where}: not an object", advice=SKIP))
            continue
        yield where, row


def _lines(path: Path, file: TextIO) -> Iterator[tuple[str, str]]:
    return ((f"{path}, line {number}", line) for number, line in enumerate(file, start=1) if line.strip())
