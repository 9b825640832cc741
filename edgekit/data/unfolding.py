"""How much a compressed file may unfold to: what a few hundred bytes of Parquet say can be gigabytes of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from edgekit.errors import UsageError

# bytes that any file may unfold to, and how many times its own size a larger one may: text, also where most rows are
# alike, is rarely compressed by more than fifty
_ANY_FILE, _TIMES = 256_000_000, 200
# bytes that a value takes at least once it is read
VALUE_BYTES = 16


class UnfoldsTooFarError(UsageError):
    """A file unfolds to more than any honest one of its size."""


class Unfolding:
    """Counts what comes out of a file against what may."""

    def __init__(self, path: Path) -> None:
        files = path.rglob("*") if path.is_dir() else [path]
        self._path, self._size, self._bytes = path, sum(file.stat().st_size for file in files if file.is_file()), 0

    def add(self, number: int) -> None:
        """So many bytes more; `UnfoldsTooFarError` where that is more than any honest file of its size holds."""
        self._bytes += number
        most = max(_ANY_FILE, _TIMES * self._size)
        if self._bytes > most:
            raise UnfoldsTooFarError(
                f"{self._path} has {self._size:,} bytes and unfolds to more than {most:,}",
                advice="if its rows really are so long and so alike, write them as .jsonl",
            )

    def counted(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Batches of an Arrow table, each counted before it is given on."""
        for batch in batches:
            self.add(sum(map(_bytes_of, batch.columns)))
            yield batch


def longest_value(column: Any) -> int:
    """The bytes of the longest value of an Arrow column, of one with a dictionary among all that stand there."""
    import pyarrow as pa
    import pyarrow.compute as compute
    import pyarrow.types as types

    if isinstance(column, pa.ChunkedArray):
        return max(map(longest_value, column.chunks), default=1)
    values = column.dictionary if types.is_dictionary(column.type) else column
    if is_list(values.type):
        return int(compute.max(compute.list_value_length(values)).as_py() or 1) * longest_value(values.values)
    if types.is_string_view(values.type):
        return int(_view_lengths(values).max(initial=1))
    if not (types.is_string(values.type) or types.is_large_string(values.type)):
        return VALUE_BYTES
    return int(compute.max(compute.binary_length(values)).as_py() or 1)


def is_list(kind: Any) -> bool:
    """Whether an Arrow type is one of lists."""
    import pyarrow.types as types

    whole = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(whole or is_list_view(kind))


def is_list_view(kind: Any) -> bool:
    """Whether an Arrow type is one of lists of which several may be of the same place."""
    import pyarrow.types as types

    return bool(types.is_list_view(kind) or types.is_large_list_view(kind))


def _bytes_of(column: Any) -> int:
    """What the values of an Arrow column take when each stands by itself."""
    import pyarrow as pa
    import pyarrow.compute as compute
    import pyarrow.types as types

    if isinstance(column, pa.ChunkedArray):
        return sum(map(_bytes_of, column.chunks))
    each = VALUE_BYTES * len(column)
    if is_list_view(column.type):
        return each + int(compute.sum(compute.list_value_length(column)).as_py() or 0) * longest_value(column.values)
    if is_list(column.type):
        return each + _bytes_of(column.flatten())
    if types.is_dictionary(column.type) and (
        types.is_string(column.type.value_type) or types.is_large_string(column.type.value_type)
    ):
        lengths = compute.binary_length(column.dictionary).take(column.indices)
        return each + int(compute.sum(lengths.cast(pa.int64())).as_py() or 0)
    if types.is_string_view(column.type):
        return each + int(_view_lengths(column).sum())
    return each + int(column.nbytes)


def _view_lengths(column: Any) -> Any:
    """The bytes of each text of a column of views, of which many may be of the same place [rows], int64."""
    import numpy as np

    views = np.frombuffer(column.buffers()[1], dtype=np.int32)[4 * column.offset :: 4][: len(column)]
    return views.astype(np.int64)
