"""adb's shell protocol, version 2: a command's three streams, and how it ended, over one connection.

Source: `shell_protocol.h` of adb. A packet is its kind (one byte), a length (four, little-endian) and that many bytes.
"""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
from contextlib import suppress
from io import BufferedReader, FileIO

_STDIN, _STDOUT, _STDERR, _EXIT, _CLOSE_STDIN = range(5)
_HEADER = struct.Struct("<BI")
_PIECE = 1 << 16
# until a pipe that is full is looked at again
_FULL_SECONDS = 0.005
_SIGNALS = frozenset(int(number) for number in signal.Signals)


class ShellStreams:
    """Carries the streams of a command between a connection to the adb server and pipes, until it ends.

    connection: to the adb server, which has answered to `shell,v2` already; from now on this object's
    ours:       the other ends of stdin, stdout and stderr, for whoever talks to the command
    ended:      set when the command has ended, or the connection
    status:     its exit status then, negative for a signal; None when the connection ended without one

    What adb reports for a signal is what shells report: 128 and its number, which a program may also return by itself.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._packets = BufferedReader(connection.makefile("rb", buffering=0), _PIECE)
        # a socket for stdin, as its other end can be made to fail though a thread waits for it here
        self._stdin, stdin = socket.socketpair()
        (out_read, out_write), (err_read, err_write) = os.pipe(), os.pipe()
        self._outputs = {_STDOUT: FileIO(out_write, "wb"), _STDERR: FileIO(err_write, "wb")}
        self.ours = (FileIO(stdin.detach(), "wb"), FileIO(out_read, "rb"), FileIO(err_read, "rb"))
        for output in self._outputs.values():
            os.set_blocking(output.fileno(), False)
        self._unread = threading.Event()
        self.ended = threading.Event()
        self.status: int | None = None
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()
        threading.Thread(target=self._receive, daemon=True).start()

    def drop(self) -> None:
        """Wait for nobody to read what still comes. Safe to call again."""
        self._unread.set()

    def cut(self) -> None:
        """End the connection. Safe to call again."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def _send(self) -> None:
        with suppress(OSError):
            while piece := self._stdin.recv(_PIECE):
                self._connection.sendall(_HEADER.pack(_STDIN, len(piece)) + piece)
            self._connection.sendall(_HEADER.pack(_CLOSE_STDIN, 0))

    def _receive(self) -> None:
        try:
            with suppress(OSError, EOFError):
                while self.status is None:
                    self._take_packet()
        finally:
            self.cut()
            # the other thread may wait for either; the descriptors are closed when it cannot be using them any more
            with suppress(OSError):
                self._stdin.shutdown(socket.SHUT_RDWR)
            self._sender.join()
            for stream in (self._packets, *self._outputs.values()):
                stream.close()
            self._connection.close()
            self._stdin.close()
            self.ended.set()

    def _take_packet(self) -> None:
        kind, left = _HEADER.unpack(self._read(_HEADER.size))
        if kind == _EXIT:
            self.status = _status(self._read(1)[0])
            return
        if kind not in self._outputs:
            raise EOFError
        # piece by piece: a device may announce 4 GB
        while left:
            piece = self._packets.read1(min(left, _PIECE))
            if not piece:
                raise EOFError
            left -= len(piece)
            self._pass_on(self._outputs[kind], piece)

    def _read(self, size: int) -> bytes:
        found = self._packets.read(size)
        if len(found) < size:
            raise EOFError
        return found

    def _pass_on(self, output: FileIO, piece: bytes) -> None:
        rest = memoryview(piece)
        # who closed the other end has no use for it; the command's end is still to come
        with suppress(BrokenPipeError):
            while rest and not self._unread.is_set():
                written = output.write(rest)
                if written is None:
                    self._unread.wait(_FULL_SECONDS)
                else:
                    rest = rest[written:]


def _status(code: int) -> int:
    return 128 - code if code - 128 in _SIGNALS else code
