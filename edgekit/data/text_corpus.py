"""Text to test a language model on: plain text as one stream, or documents in JSON, read in pieces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from edgekit.data.columns import find_texts
from edgekit.data.encoding import open_text
from edgekit.errors import UsageError
from edgekit.options.data_options import Documents

SUFFIXES = (".txt", ".jsonl", ".json")
# what a document is
_IN_WORDS = {"file": "the whole file", "blank-line": "what stands between blank lines", "line": "a line"}
_ITSELF = {".jsonl": "a row", ".json": "a string of the list"}
# characters of a stream that are tokenized together
PIECE = 2_000_000
# a list in JSON is read whole; what is larger belongs into JSON lines
_MOST_JSON_BYTES = 200_000_000


class Corpus:
    """The documents of a file, each as an iterator over its pieces. They must be read in turn, each to its end.

    A `.txt` file is one document in pieces of about `PIECE` characters that end at line ends, unless `documents` says
    that what stands between blank lines is one each, or a line; a row of a `.jsonl` file (a string, or an object with
    a text column) and a string in the list of a `.json` file are one each. Empty documents are left out. Once all was
    read, `documents`, `bytes` (in UTF-8) and `sha256` say what it was; the hash is the same in whatever encoding the
    file was.

    column: of the text in JSON lines; by its usual names if None.   encoding: as of `open_text`
    Raises `UsageError` for a file that is missing, of another kind, malformed or without text.
    """

    def __init__(
        self,
        path: Path,
        column: str | None = None,
        encoding: str | None = None,
        documents: Documents | None = None,
    ) -> None:
        if path.suffix.lower() not in SUFFIXES:
            raise UsageError(
                f"{path}: a language model is tested on text, not on {path.suffix or 'a file of no kind'!r}",
                advice="give .txt (one stream), .jsonl (a document a row) or .json (a list of strings)",
            )
        if documents is not None and path.suffix.lower() != ".txt":
            raise UsageError(
                f"{path} says itself what a document is: {_ITSELF[path.suffix.lower()]}",
                advice="leave --documents out; it is for .txt",
            )
        self.path = path
        # what a document is, in words
        self.document = (
            _IN_WORDS[documents or "file"] if path.suffix.lower() == ".txt" else _ITSELF[path.suffix.lower()]
        )
        self._split = documents or "file"
        self._column = column
        self._encoding = encoding
        self._digest = hashlib.sha256()
        self.documents = 0
        self.bytes = 0

    @property
    def sha256(self) -> str:
        """The hash of the documents read so far."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Iterator[str]]:
        self.documents, self.bytes, self._digest = 0, 0, hashlib.sha256()
        try:
            with open_text(self.path, self._encoding) as file:
                for document in self._documents(file):
                    self.documents += 1
                    yield self._counted(document)
                    self._digest.update(b"\0end\0")
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read: {error.strerror}") from None
        if not self.documents:
            raise UsageError(f"{self.path} holds no text")

    def _documents(self, file: TextIO) -> Iterator[Iterator[str]]:
        if self.path.suffix.lower() == ".txt" and self._split != "file":
            texts = _between_blank_lines(file) if self._split == "blank-line" else (line.strip() for line in file)
            return (iter([text]) for text in texts if text)
        if self.path.suffix.lower() == ".txt":
            first = next(pieces := _pieces(file), None)
            return iter(() if first is None else [_again(first, pieces)])
        strings = _rows(self.path, file, self._column) if self.path.suffix.lower() == ".jsonl" else self._listed(file)
        return (iter([string]) for string in strings if string)

    def _counted(self, pieces: Iterator[str]) -> Iterator[str]:
        for piece in pieces:
            encoded = piece.encode()
            self.bytes += len(encoded)
            self._digest.update(encoded)
            yield piece

    def _listed(self, file: TextIO) -> Iterator[str]:
        if self.path.stat().st_size > _MOST_JSON_BYTES:
            raise UsageError(f"{self.path} is too large for a list in JSON", advice="give JSON lines: .jsonl")
        try:
            values = json.load(file)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{self.path} is not JSON: {error}") from None
        if not isinstance(values, list):
            raise UsageError(f"{self.path} must hold a list of strings, not a {type(values).__name__}")
        return (_string(value, f"{self.path}, string {place}") for place, value in enumerate(values, start=1))


def _between_blank_lines(file: TextIO) -> Iterator[str]:
    lines: list[str] = []
    for line in file:
        if line.strip():
            lines.append(line)
        elif lines:
            yield "".join(lines).strip()
            lines = []
    if lines:
        yield "".join(lines).strip()


def _pieces(file: TextIO) -> Iterator[str]:
    rest = ""
    while chunk := file.read(PIECE):
        rest += chunk
        if len(rest) >= PIECE:
            end = rest.rfind("\n") + 1 or len(rest)
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _again(first: str, others: Iterator[str]) -> Iterator[str]:
    yield first
    yield from others


def _rows(path: Path, file: TextIO, column: str | None) -> Iterator[str]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{where}: not JSON: {error}") from None
        if isinstance(row, dict):
            column = find_texts(where, list(row), column)[0]
            row = row[column]
        yield _string(row, where)


def _string(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{where}: not a text but a {type(value).__name__}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{where}: not valid Unicode") from None
    return value
