"""What an Arrow file says it unfolds to, told from the heads of its messages before anything is decompressed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_DICTIONARY, _ROWS = 2, 3


def stored_sizes(path: Path) -> Iterator[tuple[int, int]]:
    """Of each batch of a stream its rows, and the bytes of its buffers once they are decompressed.

    Ends where the file is none or is damaged, which the library that reads it tells.
    """
    import pyarrow as pa

    try:
        with pa.memory_map(str(path)) as file:
            while True:
                message = pa.ipc.read_message(file)
                yield _size_of(memoryview(message.metadata), message.body)
    except (pa.ArrowException, OSError, EOFError, struct.error):
        return


def _size_of(head: memoryview, body: object) -> tuple[int, int]:
    """The rows and bytes of one message, whose head is a flatbuffer of the kind `Message`."""
    message = _Table(head, struct.unpack_from("<I", head)[0])
    kind = message.number(1, "<B")
    if kind not in (_DICTIONARY, _ROWS):
        return 0, 0
    batch = message.table(2)
    batch = batch.table(1) if kind == _DICTIONARY else batch
    buffers = list(batch.pairs(2))
    if not batch.place(3):
        return batch.number(0, "<q"), sum(length for _, length in buffers)
    data = memoryview(body)  # type: ignore[arg-type]
    # a compressed buffer begins with its size, or with -1 where it is stored as it is
    sizes = [struct.unpack_from("<q", data, offset)[0] if length else 0 for offset, length in buffers]
    return batch.number(0, "<q"), sum(
        size if size >= 0 else length for size, (_, length) in zip(sizes, buffers, strict=True)
    )


class _Table:
    """A table of a flatbuffer, by the numbers of its fields."""

    def __init__(self, data: memoryview, start: int) -> None:
        self._data, self._start = data, start
        self._fields = start - struct.unpack_from("<i", data, start)[0]

    def place(self, field: int) -> int:
        """Where a field stands; 0 where it is left out."""
        (size,) = struct.unpack_from("<H", self._data, self._fields)
        at = 4 + 2 * field
        offset = struct.unpack_from("<H", self._data, self._fields + at)[0] if at < size else 0
        return self._start + offset if offset else 0

    def number(self, field: int, form: str) -> int:
        """A number, as `struct` calls its form; 0 where it is left out."""
        at = self.place(field)
        return int(struct.unpack_from(form, self._data, at)[0]) if at else 0

    def table(self, field: int) -> _Table:
        """A table that a field refers to."""
        return _Table(self._data, self._referred(field))

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """The pairs of whole numbers in a vector."""
        at = self._referred(field)
        (count,) = struct.unpack_from("<I", self._data, at)
        return (struct.unpack_from("<qq", self._data, at + 4 + 16 * number) for number in range(count))

    def _referred(self, field: int) -> int:
        at = self.place(field)
        return at + int(struct.unpack_from("<I", self._data, at)[0])
