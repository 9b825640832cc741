"""The connections that are open: as many as there are places, and whichever ends when one more comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from .connection import Connection, Phase
from .limits import Limits

# turns of the event loop after which what a client has sent was read, however busy the loop is
_TURNS = 10
# so long an answer may lie untaken: the client may be far
_ANSWER_SECONDS = 1.0
# how long a newcomer waits for a place, and how many do so, times the places: each of them holds a descriptor
_WAIT_SECONDS, _WAITING = 0.2, 4
# at most, times the places: those that are open, wait, or are turned away
DESCRIPTORS = 1 + _WAITING + 1


class ConnectionTable:
    """The open connections, each with the task that answers it.

    Whoever comes last gets a place: a crowd that opens connections and never finishes a request could keep everybody
    out otherwise, until each of them has had its time.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[Connection, asyncio.Task[None] | None] = {}
        self._waiting = 0
        self._one_by_one = asyncio.Lock()
        # connections that may end for another's sake, in the order in which they do
        self._ending: Iterator[tuple[Connection, float]] = iter(())

    def __len__(self) -> int:
        return len(self._open)

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for a place, so that whoever was answered should give up his."""
        return self._waiting > 0

    async def admit(self, connection: Connection) -> bool:
        """Whether there is a place for one more connection, which has it then; if need be, another one ends for it."""
        self._end_surplus(connection.client)
        if (self._full or self.wanted) and not await self._wait():
            return False
        self._open[connection] = asyncio.current_task()
        return True

    def remove(self, connection: Connection) -> None:
        """It has ended."""
        self._open.pop(connection, None)

    def end_all(self) -> list[asyncio.Task[None]]:
        """Let each end after the answer that it owes, those that owe none at once; the tasks to wait for."""
        for connection in self._open:
            connection.last = True
            if connection.idle:
                connection.cut()
        return [task for task in self._open.values() if task is not None]

    @property
    def _full(self) -> bool:
        return len(self._open) >= self._limits.connections

    async def _wait(self) -> bool:
        """Wait for a place, which is free then; False where none comes, or too many wait already."""
        if self._waiting >= _WAITING * self._limits.connections:
            return False
        self._waiting += 1
        end = time.monotonic() + _WAIT_SECONDS
        try:
            async with self._one_by_one:
                while self._full and not self._end_one():
                    if time.monotonic() >= end or all(each.phase is Phase.WORK for each in self._open):
                        return False
                    await self._look()
        finally:
            self._waiting -= 1
        return True

    def _end_one(self) -> bool:
        """End the first of those that may end, if it is still where it was; whether there was one."""
        for connection, since in self._ending:
            if connection in self._open and connection.since == since:
                self._end(connection)
                return True
        return False

    async def _look(self) -> None:
        """Find those that may end: of which nothing came for some turns of the loop, and whose answer is not young."""
        before = {each: each.since for each in self._open if each.phase is not Phase.WORK}
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        untaken = time.monotonic() - _ANSWER_SECONDS
        still = [each for each, since in before.items() if each in self._open and each.since == since]
        found = [each for each in still if each.phase is not Phase.ANSWER or each.since <= untaken]
        found.sort(key=lambda each: (each.phase, each.since))
        self._ending = iter([(each, each.since) for each in found])

    def _end_surplus(self, client: str) -> None:
        """End the oldest unfinished request of a client that has too many, so that it takes no place of others."""
        unfinished = [each for each in self._open if each.unfinished and each.client == client]
        if len(unfinished) >= self._limits.unfinished:
            self._end(min(unfinished, key=lambda each: each.since))

    def _end(self, connection: Connection) -> None:
        connection.make_room()
        self.remove(connection)
