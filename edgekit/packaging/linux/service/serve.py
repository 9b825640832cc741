"""The life of the service: it listens, proves its model, answers, and after SIGTERM drains and ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence

from edgekit.agent.json_object import JsonObject

from .http_server import HttpServer
from .limits import Limits
from .metrics import Metrics
from .model import CannotServe, Model


def serve(
    facts: JsonObject, worker: Sequence[str], host: str, port: int, limits: Limits, exit_codes: Mapping[str, int]
) -> int:
    """Serve until SIGTERM or SIGINT; the exit status, which is one of `exit_codes` where the model is not fit."""
    try:
        asyncio.run(_serve(facts, worker, host, port, limits))
    except CannotServe as error:
        sys.stderr.write(f"error: {error}\n")
        return exit_codes[error.kind]
    return 0


async def _serve(facts: JsonObject, worker: Sequence[str], host: str, port: int, limits: Limits) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    model = Model(worker, limits, lambda: _notify("READY=1"))
    metrics = Metrics(facts)
    metrics.watch(model)
    front = HttpServer(facts, model, metrics, limits, host)
    try:
        server = await asyncio.start_server(front.serve, host, port, backlog=limits.connections)
    except (OSError, OverflowError) as error:
        raise CannotServe("usage", f"cannot listen on {host} port {port}: {error}") from None
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


def _notify(state: str) -> None:
    """Tell systemd of a state, as `READY=1` (sd_notify(3)); nothing where systemd did not start the service."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        # an abstract name begins with a zero byte, written as @
        link.sendto(state.encode(), "\0" + address[1:] if address[0] == "@" else address)
