"""The front: connections, paths and answers. It never loads a model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from edgekit.agent.json_object import JsonObject

from .connection import Connection, Request
from .connection_table import ConnectionTable
from .gathering_reader import GatheringReader
from .host_names import HostNames
from .http_error import HttpError
from .limits import Limits
from .metrics import KIND, Metrics
from .model import Model
from .request_body import check_kind
from .tasks import SERVED

# who watches whether a service is up may ask without wanting the answer's body
_WITHOUT_BODY = {"GET": "HEAD"}
# reading the JSON of a body up to this size takes less than a millisecond, whatever is in it
_SMALL_BYTES = 16_384
_TURNED_BYTES, _TURNED_SECONDS = 65_536, 1.0
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class HttpServer:
    """Answers clients from a model.

    facts: the package's name, version and task
    names: by which it may be called
    """

    def __init__(self, facts: JsonObject, model: Model, metrics: Metrics, limits: Limits, names: HostNames) -> None:
        self._facts, self._model, self._metrics, self._limits = facts, model, metrics, limits
        self._task = SERVED[facts["task"]]
        self._names = names
        self._open = ConnectionTable(limits)
        self._turned_away = 0
        self._turns = asyncio.Lock()
        self._draining = False
        self._paths: dict[str, tuple[str, Callable[[Connection, Request], Awaitable[int]]]] = {
            "/healthz": ("GET", self._healthz),
            "/metrics": ("GET", self._tell_metrics),
            **{task.path: ("POST", self._ask_model) for task in SERVED.values()},
        }

    async def serve(self, reader: GatheringReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it or this side has enough."""
        connection = Connection(reader, writer, self._limits, self._turns)
        if self._draining or not await self._open.admit(connection):
            await self._turn_away(reader, writer)
            return
        # it may have waited for its place
        connection.last = self._draining
        self._metrics.connections.set(len(self._open))
        try:
            while await self._one(connection):
                pass
            await connection.close()
        except OSError:
            # the client went away; it wants nothing more
            pass
        finally:
            connection.cut()
            self._open.remove(connection)
            self._metrics.connections.set(len(self._open))

    async def drain(self) -> None:
        """Let what was asked be answered, for as long as the limits say; then cut what is left."""
        self._draining = True
        tasks = self._open.end_all()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._limits.drain_seconds)
            for task in late:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*late, return_exceptions=True)

    async def _turn_away(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say that there is no room. What has come is read: else closing would take that back (RFC 9112, 9.6)."""
        self._metrics.refused.inc()
        if self._turned_away >= self._limits.connections:
            # each of them holds a descriptor, of which there are not many more
            writer.transport.abort()
            return
        self._turned_away += 1
        try:
            writer.write(_BUSY)
            writer.write_eof()
            await asyncio.wait_for(reader.read(_TURNED_BYTES), _TURNED_SECONDS)
        except (OSError, asyncio.TimeoutError):
            # the client went away, or has nothing to say
            pass
        finally:
            self._turned_away -= 1
            writer.close()

    async def _one(self, connection: Connection) -> bool:
        """Answer one request; whether another may come."""
        path, began = "none", time.monotonic()
        try:
            request = await connection.read()
            if request is None:
                return False
            path, began = request.path if request.path in self._paths else "other", time.monotonic()
            connection.last = connection.last or self._draining or self._open.wanted
            status = await self._answer(connection, request)
        except HttpError as refused:
            status = refused.status
            _refuse(connection, refused)
        self._metrics.count(path, status, time.monotonic() - began)
        return await connection.flush()

    async def _answer(self, connection: Connection, request: Request) -> int:
        self._names.check(request.host)
        if request.path not in self._paths:
            others = {task.path for task in SERVED.values()} - {self._task.path}
            offered = ", ".join(path for path in self._paths if path not in others)
            raise HttpError(404, f"there is no {request.path[:80]}; there are {offered}")
        method, answer = self._paths[request.path]
        if request.method not in (method, _WITHOUT_BODY.get(method)):
            raise HttpError(405, f"{request.path} takes {method}", allow=method)
        if method == "POST":
            check_kind(request.headers)
        if len(request.body) > _SMALL_BYTES:
            await connection.turn()
        return await answer(connection, request)

    async def _healthz(self, connection: Connection, request: Request) -> int:
        proven = self._model.proven
        about = {name: self._facts[name] for name in ("name", "version", "task")}
        if proven is None or self._draining:
            state = "the service is ending" if self._draining else self._model.status
            connection.tell(503, {"status": "not ready", "reason": state, **about}, [("Retry-After", "1")])
            return 503
        connection.tell(200, {"status": "ok", **about, **proven})
        return 200

    async def _tell_metrics(self, connection: Connection, request: Request) -> int:
        connection.answer(200, self._metrics.text(), KIND)
        return 200

    async def _ask_model(self, connection: Connection, request: Request) -> int:
        if request.path != self._task.path:
            raise HttpError(404, f"the model is for {self._task.name}: POST {self._task.path}")
        return await self._task.answer(connection, request, self._model, self._metrics, self._limits)


def _refuse(connection: Connection, refused: HttpError) -> None:
    """Say why; as the last line of an answer that has begun."""
    if connection.begun:
        connection.line({"error": refused.message})
        connection.last = True
        connection.end_lines()
    else:
        connection.tell(refused.status, {"error": refused.message}, refused.headers)
