"""One client's connection: requests in, within limits of size and time, and answers out. HTTP/1.1 by h11."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

import h11

from .http_error import HttpError
from .limits import Limits

JSON, LINES = "application/json", "application/x-ndjson"
_PIECE = 65_536
# what a client that was refused may still send before the connection is cut
_LINGER_SECONDS, _LINGER_BYTES = 2.0, 4_000_000
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Request:
    """A request whose body is whole; headers by lower-case name."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """A connection. Every write goes to a buffer at once; only `flush` waits for the client.

    idle: whether it waits for a request to begin
    last: whether it ends after the answer that comes next
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limits: Limits) -> None:
        self._reader, self._writer, self._limits = reader, writer, limits
        self._http = h11.Connection(h11.SERVER, limits.header_bytes)
        # so that draining waits until everything is on its way
        writer.transport.set_write_buffer_limits(0)
        self._fresh = True
        # whether the request wants the head of an answer alone
        self._headless = False
        self.idle = False
        self.last = False
        self.begun = False

    @property
    def gone(self) -> bool:
        """Whether the client has closed its side."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def read(self) -> Request | None:
        """The next request; None when there is none to come. `HttpError` for what breaks a limit or is no HTTP."""
        if not await self._waited():
            return None
        try:
            head = await self._event(time.monotonic() + self._limits.header_seconds)
            if not isinstance(head, h11.Request):
                return None
            return await self._rest(head)
        except h11.RemoteProtocolError as error:
            self.last = True
            raise HttpError(error.error_status_hint, f"this is no HTTP/1.1: {error}") from None
        except asyncio.TimeoutError:
            self.last = True
            raise HttpError(408, "the request took too long to come") from None

    def answer(self, status: int, body: bytes, kind: str, headers: Headers = ()) -> None:
        """A whole answer."""
        self._begin(status, [("Content-Length", str(len(body))), ("Content-Type", kind), *headers])
        if not self._headless:
            self._send(h11.Data(data=body))
        self._send(h11.EndOfMessage())

    def tell(self, status: int, document: object, headers: Headers = ()) -> None:
        """A whole answer, as JSON."""
        self.answer(status, json.dumps(document).encode() + b"\n", JSON, headers)

    def line(self, document: object) -> None:
        """One more line of an answer that comes piece by piece; the first begins it, with 200."""
        if not self.begun:
            self._begin(200, [("Content-Type", LINES)])
        self._send(h11.Data(data=json.dumps(document).encode() + b"\n"))

    def end_lines(self) -> None:
        """No line follows."""
        self._send(h11.EndOfMessage())

    async def flush(self) -> bool:
        """Wait until the client has taken the answer; whether the connection goes on."""
        try:
            await asyncio.wait_for(self._writer.drain(), self._limits.write_seconds)
        except (asyncio.TimeoutError, OSError):
            return False
        if self.last or self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self.begun = False
        return True

    async def close(self) -> None:
        """End it. What a refused client still sends is read away for a moment: else it would not see why."""
        with suppress(OSError, asyncio.TimeoutError):
            if not self._writer.is_closing() and self._http.their_state is not h11.DONE and not self.gone:
                self._writer.write_eof()
                await asyncio.wait_for(self._read_away(), _LINGER_SECONDS)
        self.cut()

    def cut(self) -> None:
        """End it at once; what a client does not take is dropped."""
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        self._writer.close()

    async def _waited(self) -> bool:
        """Wait until a request begins; whether one does."""
        if self._http.trailing_data[0]:
            return True
        patience = self._limits.header_seconds if self._fresh else self._limits.idle_seconds
        self._fresh, self.idle = False, True
        try:
            data = await asyncio.wait_for(self._reader.read(_PIECE), patience)
        except asyncio.TimeoutError:
            return False
        finally:
            self.idle = False
        self._http.receive_data(data)
        return bool(data)

    async def _rest(self, head: h11.Request) -> Request:
        """The body of a request; time for it runs from its head on."""
        self._headless = head.method == b"HEAD"
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
        self._check_size(int(headers.get("content-length", "0")))
        deadline = time.monotonic() + self._limits.body_seconds
        pieces, size = [], 0
        while True:
            event = await self._event(deadline)
            if not isinstance(event, h11.Data):
                break
            size += len(event.data)
            self._check_size(size)
            pieces.append(bytes(event.data))
        path = head.target.decode("latin-1").partition("?")[0]
        return Request(head.method.decode("latin-1"), path, headers, b"".join(pieces))

    def _check_size(self, size: int) -> None:
        if size > self._limits.body_bytes:
            self.last = True
            raise HttpError(413, f"a body may have {self._limits.body_bytes} bytes")

    async def _event(self, deadline: float) -> Any:
        """The next part of a request. Raises `asyncio.TimeoutError`."""
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._http.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            left = max(0.0, deadline - time.monotonic())
            self._http.receive_data(await asyncio.wait_for(self._reader.read(_PIECE), left))

    def _begin(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.begun = True
        common = [
            ("Date", formatdate(usegmt=True)),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        closing = [("Connection", "close")] if self.last else []
        self._send(h11.Response(status_code=status, headers=[*common, *headers, *closing]))

    def _send(self, event: object) -> None:
        data = self._http.send(event)
        if data and not self._writer.is_closing():
            self._writer.write(data)

    async def _read_away(self) -> None:
        size = 0
        while size < _LINGER_BYTES and (data := await self._reader.read(_PIECE)):
            size += len(data)
