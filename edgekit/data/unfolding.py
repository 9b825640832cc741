"""How much a compressed file may unfold to: what a few hundred bytes of Parquet say can be gigabytes of text."""

from __future__ import annotations

from pathlib import Path

from edgekit.errors import UsageError

# bytes that any file may unfold to, and how many times its own size a larger one may: text, also where most rows are
# alike, is rarely compressed by more than fifty
_ANY_FILE, _TIMES = 256_000_000, 200


class UnfoldsTooFarError(UsageError):
    """A file unfolds to more than any honest one of its size."""


class Unfolding:
    """Counts what comes out of a file against what may."""

    def __init__(self, path: Path) -> None:
        self._path, self._size, self._bytes = path, path.stat().st_size, 0

    def add(self, number: int) -> None:
        """So many bytes more; `UnfoldsTooFarError` where that is more than any honest file of its size holds."""
        self._bytes += number
        most = max(_ANY_FILE, _TIMES * self._size)
        if self._bytes > most:
            raise UnfoldsTooFarError(
                f"{self._path} has {self._size:,} bytes and unfolds to more than {most:,}",
                advice="if its rows really are so long and so alike, write them as .jsonl",
            )
