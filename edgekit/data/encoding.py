"""Opening text files in whatever encoding they were written."""

from __future__ import annotations

import codecs
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from edgekit.spec.errors import EdgekitWarning, NotFoundError, UsageError

# UTF-32's little-endian mark begins with UTF-16's, so it comes first
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
# bytes of text outside ASCII that a guess is made from
_SAMPLE = 1 << 16
# what most files that are not Unicode are in: taken where the guess is a draw
_USUAL = "cp1252"


def open_text(path: Path, encoding: str | None = None) -> TextIO:
    """Open a text file for reading, its line ends as they are (`newline=""`).

    encoding: its name as Python knows it, or None: by the byte-order mark, else UTF-8, else guessed with a warning
    The file is decoded once before, so that what it returns can be read to its end.
    Raises `NotFoundError`, or `UsageError` for a file that cannot be read or is not in the declared encoding.
    """
    if not path.exists():
        raise NotFoundError(f"{path} does not exist")
    if not path.is_file():
        raise UsageError(f"{path} is no regular file")  # reading a pipe or a device may never end
    try:
        chosen = _declared(path, encoding) if encoding else _found(path)
        return path.open(encoding=chosen, newline="")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def _declared(path: Path, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        "".encode(encoding)
    except LookupError:
        raise UsageError(f"unknown encoding {encoding!r}", advice="as in utf-8, utf-16, latin-1, gb18030") from None
    # a mark that an editor wrote is no text
    chosen = "utf-8-sig" if codec.name == "utf-8" else codec.name
    wrong = _first_wrong_byte(path, chosen)
    if wrong is not None:
        raise UsageError(f"{path} is not {encoding} (byte {wrong})", advice="declare the encoding that it is in")
    return chosen


def _found(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    marked = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)
    wrong = _first_wrong_byte(path, marked or "utf-8")
    if wrong is None:
        return marked or "utf-8"
    if marked:
        raise UsageError(
            f"{path} begins like {marked} and is not (byte {wrong})", advice="declare it: --encoding NAME"
        )
    guess = _guess(path)
    if guess is None or _first_wrong_byte(path, guess) is not None:
        raise UsageError(
            f"{path} is not UTF-8 (byte {wrong})", advice="declare its encoding, as in --encoding latin-1"
        )
    warnings.warn(
        f"{path} is not UTF-8 (byte {wrong}): read as {guess}, which is a guess; declare it: --encoding {guess}",
        EdgekitWarning,
        stacklevel=2,
    )
    return guess


def _first_wrong_byte(path: Path, encoding: str) -> int | None:
    """Where the file cannot be decoded, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            # what the decoder has kept from the chunk before comes first in what it counts
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                return before - kept + getattr(error, "start", 0)
            if not chunk:
                return None
            before += len(chunk)


def _guess(path: Path) -> str | None:
    """The encoding that charset-normalizer finds likeliest for the lines outside ASCII."""
    from charset_normalizer import from_bytes

    sample = bytearray()
    for line in _lines_outside_ascii(path):
        sample += line
        if len(sample) >= _SAMPLE:
            break
    # one odd byte in a Latin text is as good a letter of every Latin page, and of Chinese ones half a character
    single = sum(byte > 127 for byte in sample) * 100 < len(sample)
    found = from_bytes(bytes(sample), cp_exclusion=list(_MULTIBYTE) if single else None)
    best = found.best()
    if best is None:
        return None
    equal = [match.encoding for match in found if (match.chaos, match.coherence) == (best.chaos, best.coherence)]
    return _USUAL if _USUAL in equal else best.encoding


_MULTIBYTE = ("big5", "big5hkscs", "cp932", "cp949", "cp950", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "johab")


def _lines_outside_ascii(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(_CHUNK):
            if not line.isascii():
                yield line
