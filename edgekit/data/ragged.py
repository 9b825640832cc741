"""Rows of different lengths in one nameless temporary file, mapped into memory: a million of them cost little of it.

The file has no name from the moment it is made, so that nothing of it stays behind, however the program ends. It lies
where `TMPDIR` says.
"""

from __future__ import annotations

import mmap
import tempfile
from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Self, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray


class RaggedWriter:
    """A context that takes rows one by one; `rows` gives them back."""

    def __init__(self, dtype: DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._lengths = array("i")
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  open until the context ends

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def append(self, row: Sequence[int] | NDArray[Any]) -> None:
        """A row of values [length]."""
        self._file.write(np.asarray(row, dtype=self._dtype).tobytes())
        self._lengths.append(len(row))

    def rows(self) -> Ragged:
        """The rows written; they outlive the context."""
        lengths = np.frombuffer(self._lengths, dtype=np.int32) if self._lengths else np.zeros(0, dtype=np.int32)
        starts = np.zeros(len(lengths), dtype=np.int64)
        np.cumsum(lengths[:-1], out=starts[1:])
        self._file.flush()
        return Ragged(_mapped(self._file, self._dtype), starts, lengths)

    def stream(self) -> NDArray[Any]:
        """The values of all rows, one after the other [values]; they outlive the context."""
        self._file.flush()
        return _mapped(self._file, self._dtype)


class Ragged:
    """Rows of values of one type [rows][length]. lengths: values in each row [rows], int32."""

    def __init__(self, values: NDArray[Any], starts: NDArray[np.int64], lengths: NDArray[np.int32]) -> None:
        self._values = values
        self._starts = starts
        self.lengths = lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, index: int) -> NDArray[Any]:
        start = self._starts[index]
        row: NDArray[Any] = self._values[start : start + self.lengths[index]]
        return row

    def take(self, indices: Sequence[int] | NDArray[Any] | slice) -> Self:
        """The rows at these indices [rows]; their values are not copied."""
        return type(self)(self._values, self._starts[indices], self.lengths[indices])


class Texts(Sequence[str]):
    """A sequence of texts that is kept in a file, not in memory."""

    def __init__(self, rows: Ragged) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Texts: ...
    def __getitem__(self, index: int | slice) -> str | Texts:
        if isinstance(index, slice):
            return Texts(self._rows.take(index))
        return self._rows[index].tobytes().decode()

    def take(self, indices: Sequence[int] | NDArray[Any]) -> Texts:
        """The texts at these indices [texts]."""
        return Texts(self._rows.take(indices))


class TextWriter(RaggedWriter):
    """A context that takes texts one by one; `texts` gives them back."""

    def __init__(self) -> None:
        super().__init__(np.uint8)

    def add(self, text: str) -> None:
        """A text, which must be encodable: without lone surrogates."""
        self.append(np.frombuffer(text.encode(), dtype=np.uint8))

    def texts(self) -> Texts:
        """The texts written; they outlive the context."""
        return Texts(self.rows())


def mapped_zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array of zeros [*shape] that lies in a nameless temporary file."""
    with tempfile.TemporaryFile() as file:
        file.truncate(int(np.prod(shape)) * np.dtype(dtype).itemsize)
        return _mapped(file, np.dtype(dtype)).reshape(shape)


def _mapped(file: Any, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The whole file as an array; the map keeps the file alive when it is closed."""
    if not file.seek(0, 2):
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(mmap.mmap(file.fileno(), 0), dtype=dtype)
