"""Telling systemd how the service is, by its datagrams (sd_notify(3)); nothing where systemd did not start it."""

from __future__ import annotations

import os
import socket


def notify(state: str) -> None:
    """Send one state, as `READY=1`."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        # an abstract name begins with a zero byte, written as @
        link.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)
