"""adbd behind a port of loopback: it listens on every interface and asks nobody who they are.

So it runs in a network of its own that nothing leads to, and what comes to the port is carried there.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_PIECE = 1 << 16


def main(port: int, command: Sequence[str]) -> int:
    """Listen on a port of loopback, and start adbd by `command`; returns when adbd ends."""
    with socket.create_server(("127.0.0.1", port)) as outside, _taken_vsock(port):
        _enter_network()
        with subprocess.Popen(command, env=os.environ | {"ADBD_PORT": str(port)}) as adbd:
            threading.Thread(target=_serve, args=(outside, port), daemon=True).start()
            return adbd.wait()


def _taken_vsock(port: int) -> socket.socket:
    """Holds the port by which adbd would serve the host of a virtual machine, as a network of its own does not."""
    try:
        holder = socket.socket(socket.AF_VSOCK)
        holder.bind((socket.VMADDR_CID_ANY, port))
    except OSError:
        return socket.socket()
    return holder


def _enter_network() -> None:
    """A new network for this process and its children, with nothing but its loopback."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network of its own can be made")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", _IFF_UP, b""))


def _serve(outside: socket.socket, port: int) -> None:
    while True:
        here, _ = outside.accept()
        try:
            there = socket.create_connection(("127.0.0.1", port), 5)
        except OSError:
            here.close()
            continue
        there.settimeout(None)
        for source, sink in ((here, there), (there, here)):
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_carry, args=(source, sink), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    for side in (source, sink):
        with suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
