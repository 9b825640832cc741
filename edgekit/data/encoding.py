"""Opening text files in whatever encoding they were written: declared, by a mark, or guessed by chardet."""

from __future__ import annotations

import codecs
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from edgekit.errors import EdgekitWarning, NotFoundError, UsageError

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
# characters that a warning shows on either side of the first that is outside ASCII
_AROUND = 20
# of Western texts the first is right most often, and it holds all of latin-1's letters
_USUAL = "cp1252"
# one encoding for each script and region, the widest of its kin: data sets come in no others
_CANDIDATES = (
    *(_USUAL, "cp1250", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874"),
    *("gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949"),
)
_ALPHABETS = {"cp1251", "koi8-r", "cp1253", "cp1255", "cp1256", "cp874"}
# bytes that a word of another alphabet has one after the other, and letters with accents have not
_WORD = re.compile(rb"[\x80-\xff]{3}")
_WESTERN = {_USUAL, "cp1250", "cp1254"}
# so few letters outside ASCII tell no Latin page from another
_FEW = 3
# nearer to each other than this, two readings are a draw
_DRAW = 0.05


def open_text(path: Path, encoding: str | None = None) -> TextIO:
    """Open a text file for reading, its line ends as they are (`newline=""`).

    encoding: its name as Python knows it, or None: by the byte-order mark, else UTF-16 without
        one, else UTF-8, else guessed with a warning
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
    unmarked = None if marked else _without_mark(path)
    if unmarked:
        return unmarked
    wrong = _first_wrong_byte(path, marked or "utf-8")
    if wrong is None:
        return marked or "utf-8"
    if marked:
        raise UsageError(
            f"{path} begins like {marked} and is not (byte {wrong})", advice="declare it: --encoding NAME"
        )
    return _guess(path, wrong)


def _first_wrong_byte(path: Path, encoding: str) -> int | None:
    """Where the file cannot be decoded, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    before = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            # what the decoder has held back of the chunk before comes first in what it counts
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                return before - pending + getattr(error, "start", 0)
            if not chunk:
                return None
            before += len(chunk)


def _guess(path: Path, wrong: int) -> str:
    """The likeliest encoding of a file that is not UTF-8 at byte `wrong`, with a warning that shows what it gives.

    Raises `UsageError` where several fit as well, or none.
    """
    sample = bytearray()
    for line in _lines_outside_ascii(path):
        sample += line
        if len(sample) >= _SAMPLE:
            break
    sample = sample[:_SAMPLE]
    if _nearly_utf8(bytes(sample)):
        raise UsageError(
            f"{path} is UTF-8 but for byte {wrong}", advice="mend it, or declare the encoding: --encoding"
        )
    found = _likeliest(bytes(sample))
    if len(found) > 1:
        raise UsageError(
            f"{path} is not UTF-8 (byte {wrong}), and may as well be {' or '.join(found)}",
            advice=f"say which: --encoding {found[0]}",
        )
    if not found or _first_wrong_byte(path, found[0]) is not None:
        raise UsageError(
            f"{path} is not UTF-8 (byte {wrong})", advice="declare its encoding, as in --encoding latin-1"
        )
    reads = _excerpt(sample.decode(found[0], "replace"))
    warnings.warn(
        f"{path} is not UTF-8 (byte {wrong}): read as {found[0]}, a guess by its letters. It reads "
        f"{reads!r}; declare the encoding if that is right, and the true one if not: "
        f"--encoding {found[0]}",
        EdgekitWarning,
        stacklevel=2,
    )
    return found[0]


def _nearly_utf8(sample: bytes) -> bool:
    """Whether most of what is outside ASCII is UTF-8: a file with a broken byte, not one in another encoding."""
    foreign = [character for character in sample.decode("utf-8", "replace") if not character.isascii()]
    return foreign.count("\ufffd") * 3 < len(foreign)


def _excerpt(text: str) -> str:
    """A few words around the first character outside ASCII."""
    first = next(place for place, character in enumerate(text) if not character.isascii())
    start = text.rfind("\n", 0, first) + 1
    return text[max(start, first - _AROUND) : first + _AROUND].partition("\n")[0].strip()


def _without_mark(path: Path) -> str | None:
    """UTF-16 without a mark, known by the NUL in one half of each ASCII character; None where there is no NUL.

    UTF-32 where all of the file is. Raises `UsageError` for NULs in other places: it is no text.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    nuls = start[::2].count(0), start[1::2].count(0)
    if not any(nuls):
        return None
    chosen = "utf-16-be" if nuls[0] > nuls[1] else "utf-16-le"
    # a half that is NUL belongs to an ASCII character; the other one may be of a few others (U+4E00). In what is UTF-8
    # as well all characters must be ASCII, or there is but a stray NUL in it
    fewest = 0.25 if _first_wrong_byte(path, "utf-8") is None else 0.01
    known = max(nuls) > 2 * min(nuls) and max(nuls) >= fewest * len(start)
    if not known or _first_wrong_byte(path, chosen) is not None:
        wide = next((name for name in ("utf-32-le", "utf-32-be") if _first_wrong_byte(path, name) is None), None)
        if wide:
            return wide
        raise UsageError(
            f"{path} holds NUL bytes (byte {start.index(0)}): it is no text, or in an encoding of its own",
            advice="declare it, as in --encoding utf-16-le",
        )
    return chosen


def _lines_outside_ascii(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while line := file.readline(_CHUNK):
            if not line.isascii():
                yield line


def _likeliest(sample: bytes) -> list[str]:
    """The encoding that fits best and behind it those that fit as well; empty where none can hold these bytes.

    sample: lines with bytes outside ASCII; the last may be cut
    Latin pages never draw: between them cp1252 is taken where few letters could tell.
    """
    import chardet

    found = chardet.detect_all(
        sample, ignore_threshold=True, include_encodings=_CANDIDATES, prefer_superset=True, compat_names=False
    )
    ranked = [(str(guess["encoding"]), guess["confidence"]) for guess in found if guess["encoding"]]
    if not ranked:
        return []
    best, confidence = ranked[0]
    if best in _ALPHABETS and _decodes(sample, _USUAL) and _mostly_ascii(sample) and not _WORD.search(sample):
        return [_USUAL]
    if best in _WESTERN or _mostly_ascii(sample):
        return [_USUAL if _decodes(sample, _USUAL) and sum(byte > 127 for byte in sample) <= _FEW else best]
    return [name for name, other in ranked if name == best or confidence - other < _DRAW][:3]


def _mostly_ascii(sample: bytes) -> bool:
    """Whether few letters are outside ASCII, as in Latin text, and in no other alphabet's."""
    letters = sum(byte < 128 and chr(byte).isalpha() for byte in sample)
    return 4 * sum(byte > 127 for byte in sample) <= letters


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
