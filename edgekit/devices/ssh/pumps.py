"""Carrying bytes between pipes and the streams of an event loop.

asyncssh can do this by itself, through asyncio's pipe transports; those lose the end of what they carry when the pipe
was full just before (in CPython 3.11 `_UnixWritePipeTransport._write_ready` closes the pipe over what
`resume_writing` has just put into its buffer).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from io import FileIO

_PIECE = 1 << 16


async def into_pipe(read: Callable[[int], Awaitable[bytes]], pipe: FileIO) -> None:
    """Write what `read` gives into a pipe until it gives nothing, or nobody reads the pipe; close the pipe."""
    with pipe:
        os.set_blocking(pipe.fileno(), False)
        while left := memoryview(await read(_PIECE)):
            while left:
                try:
                    left = left[os.write(pipe.fileno(), left) :]
                except BlockingIOError:
                    await _ready(asyncio.get_running_loop().add_writer, asyncio.get_running_loop().remove_writer, pipe)
                except BrokenPipeError:
                    return


async def out_of_pipe(pipe: FileIO, write: Callable[[bytes], Awaitable[None]]) -> None:
    """Hand what comes out of a pipe to `write` until the pipe is closed at its other end; close the pipe."""
    with pipe:
        os.set_blocking(pipe.fileno(), False)
        while True:
            try:
                piece = os.read(pipe.fileno(), _PIECE)
            except BlockingIOError:
                await _ready(asyncio.get_running_loop().add_reader, asyncio.get_running_loop().remove_reader, pipe)
                continue
            if not piece:
                return
            await write(piece)


async def _ready(add: Callable[..., object], remove: Callable[[FileIO], object], pipe: FileIO) -> None:
    """Wait until a pipe can be read or written."""
    event = asyncio.Event()
    add(pipe, event.set)
    try:
        await event.wait()
    finally:
        remove(pipe)
