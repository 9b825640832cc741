"""Files of words with a tag each (CoNLL), which hold no labelled texts: told by their first lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TextIO

from edgekit.errors import UsageError

WRITE_ROWS = "write one text and one label a row, with a tab between and the header text<TAB>label: .tsv"
# of spans: begin, inside, outside and their like
_TAG = re.compile(r"O|[BIESLUM]-[\w:.-]+")
_LINES, _FEWEST = 200, 6


def check_no_tagged_words(path: Path, file: TextIO) -> None:
    """Raise `UsageError` for a file whose lines are a word and its tag, with blank lines between sentences."""
    lines = [line.rstrip("\r\n") for line, _ in zip(file, range(_LINES), strict=False)]
    file.seek(0)
    filled = [line for line in lines if line.strip()]
    words = [line for line in filled if _is_tagged(line)]
    if filled and (filled[0].startswith("-DOCSTART-") or (len(words) >= _FEWEST and len(words) >= 0.9 * len(filled))):
        raise UsageError(
            f"{path} has a word and its tag on each line (CoNLL), and edgekit labels whole texts", advice=WRITE_ROWS
        )


def _is_tagged(line: str) -> bool:
    """Whether a line is a word, perhaps more about it, and a tag."""
    fields = line.split("\t") if "\t" in line else line.split(" ")
    return 1 < len(fields) < 12 and all(" " not in field for field in fields) and bool(_TAG.fullmatch(fields[-1]))
