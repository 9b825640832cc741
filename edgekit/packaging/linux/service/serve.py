"""The life of the service: it listens, proves its model, answers, and after SIGTERM drains and ends."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgekit.agent.json_object import JsonObject

from .connection_table import DESCRIPTORS
from .gathering_reader import GatheringReader
from .host_names import HostNames
from .http_server import HttpServer
from .limits import Limits
from .metrics import Metrics
from .model import CannotServe, Model

# descriptors of the process beside its connections
_OWN_FILES = 128


@dataclass(frozen=True)
class Place:
    """Where a service listens, and the names beside its own by which it may be called there."""

    host: str
    port: int
    allowed: Sequence[str]


def serve(
    facts: JsonObject, worker: Sequence[str], place: Place, limits: Limits, exit_codes: Mapping[str, int]
) -> int:
    """Serve until SIGTERM or SIGINT; the exit status, which is one of `exit_codes` where the model is not fit."""
    try:
        asyncio.run(_serve(facts, worker, place, limits))
    except CannotServe as error:
        sys.stderr.write(f"error: {error}\n")
        return exit_codes[error.kind]
    return 0


async def _serve(facts: JsonObject, worker: Sequence[str], place: Place, limits: Limits) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    model = Model(worker, limits, lambda: _notify("READY=1"))
    metrics = Metrics(facts)
    metrics.watch(model)
    _allow_descriptors(DESCRIPTORS * limits.connections)
    front = HttpServer(facts, model, metrics, limits, HostNames(place.host, place.allowed))
    # the longest line that may come
    most = max(limits.header_bytes, limits.framing_bytes)
    try:
        server = await loop.create_server(
            lambda: _protocol(front, most),
            place.host,
            place.port,
            backlog=limits.connections,
        )
    except (OSError, OverflowError) as error:
        raise CannotServe("usage", f"cannot listen on {place.host} port {place.port}: {error}") from None
    for listener in server.sockets:
        address, number = listener.getsockname()[:2]
        print(f"listening on http://{f'[{address}]' if ':' in address else address}:{number}", flush=True)
    working = asyncio.ensure_future(model.run())
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        _notify("STOPPING=1")
        server.close()
        if working.done():
            working.result()
        await front.drain()
    finally:
        stopping.cancel()
        working.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def _protocol(front: HttpServer, most: int) -> asyncio.StreamReaderProtocol:
    """What answers one connection; a line of its requests may have `most` bytes."""
    reader = GatheringReader(most)
    return asyncio.StreamReaderProtocol(reader, lambda _, writer: front.serve(reader, writer))


def _allow_descriptors(count: int) -> None:
    """Let the process have so many connections and its own files, as far as its hard limit goes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _OWN_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _notify(state: str) -> None:
    """Tell systemd of a state, as `READY=1` (sd_notify(3)); nothing where systemd did not start the service."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        # an abstract name begins with a zero byte, written as @
        link.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)
