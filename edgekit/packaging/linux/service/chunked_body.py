"""A body in chunks (RFC 9112, 7.1), its bytes on the wire and the work for them bounded."""

from __future__ import annotations

import asyncio
import re

from .gathering_reader import GATHER_SECONDS
from .http_error import HttpError
from .limits import Limits
from .request_head import SLICE, Turn, read_line

# a size, white space that some send, and extensions, which nobody heeds
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")

# so many lines are read as fast as they come; from then on a client waits whose chunks are smaller than this
_FREE_LINES, _CHUNK_BYTES = 64, 16


async def read_chunks(reader: asyncio.StreamReader, limits: Limits, turn: Turn) -> bytes:
    """The data of all chunks; the trailer is read and dropped.

    Raises `HttpError` for a body or a framing beyond the limits and for what is no chunk, else as `read_line`.
    """
    frame, body = _Frame(reader, limits, turn), bytearray()
    while size := _size(await frame.line()):
        if len(body) + size > limits.body_bytes:
            raise HttpError(413, f"a body may have {limits.body_bytes} bytes")
        chunk = await reader.readexactly(size + 2)
        if chunk[-2:] != b"\r\n":
            raise HttpError(400, "this is no HTTP/1.1: a chunk has another size than it says")
        frame.count(2, size)
        body += chunk[:-2]
    while await frame.line():
        pass
    return bytes(body)


class _Frame:
    """The lines around the data of chunks, which a client can make as many and as long as it likes."""

    def __init__(self, reader: asyncio.StreamReader, limits: Limits, turn: Turn) -> None:
        self._reader, self._turn = reader, turn
        self._left, self._lines, self._data = limits.framing_bytes, 0, 0
        self._too_much = HttpError(
            413, f"sizes, extensions and trailer of chunks may have {limits.framing_bytes} bytes: send larger chunks"
        )

    async def line(self) -> bytes:
        """The next line; errors as `read_line`, and 413 where all of them are too much."""
        if self._lines % SLICE == 0:
            await self._turn()
            if self._lines > _FREE_LINES and self._data < _CHUNK_BYTES * SLICE:
                await asyncio.sleep(GATHER_SECONDS)
            self._data = 0
        self._lines += 1
        line = await read_line(self._reader, self._left, self._too_much)
        self.count(len(line) + 2)
        return line

    def count(self, size: int, data: int = 0) -> None:
        """So many bytes came that are no data, and so many that are."""
        self._left -= size
        self._data += data
        if self._left < 0:
            raise self._too_much


def _size(line: bytes) -> int:
    match = _SIZE.fullmatch(line)
    if match is None:
        raise HttpError(400, "this is no HTTP/1.1: a chunk begins with its size")
    return int(match[1], 16)
