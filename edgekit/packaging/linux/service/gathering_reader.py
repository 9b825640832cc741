"""What a client sends, in pieces worth the work: each that comes costs the same, and it may send byte by byte."""

from __future__ import annotations

import asyncio
from typing import Any

# so many pieces of a request are taken as they come; from then on those under this size on average are waited for
_FREE_PIECES, _PIECE_BYTES = 64, 256
GATHER_SECONDS = 0.02


class GatheringReader(asyncio.StreamReader):
    """A reader that lets the kernel gather what comes in many small pieces, for a moment at a time.

    Nothing is refused, and nothing is lost: whoever sends so is read 50 times a second.
    """

    def __init__(self, limit: int) -> None:
        self._gathering_loop = asyncio.get_running_loop()
        super().__init__(limit=limit, loop=self._gathering_loop)
        self._link: asyncio.ReadTransport | None = None
        self.begin()

    def begin(self) -> None:
        """A request begins: its pieces are counted from here on."""
        self._pieces = self._bytes = 0

    def set_transport(self, transport: Any) -> None:
        """As asyncio tells it."""
        super().set_transport(transport)
        self._link = transport

    def feed_data(self, data: Any) -> None:
        """As asyncio tells it."""
        super().feed_data(data)
        self._pieces += 1
        self._bytes += len(data)
        small = self._pieces > _FREE_PIECES and self._bytes < _PIECE_BYTES * self._pieces
        # where it is not read, the reader has more than its limit already, and goes on by itself
        if small and self._link is not None and self._link.is_reading():
            self._link.pause_reading()
            self._gathering_loop.call_later(GATHER_SECONDS, self._go_on)

    def _go_on(self) -> None:
        if self._link is not None and not self._link.is_closing():
            self._link.resume_reading()
