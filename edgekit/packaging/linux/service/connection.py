"""One client's connection: requests in, within limits of size and time, and answers out. HTTP/1.1 by h11."""

from __future__ import annotations

import asyncio
import enum
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate

import h11

from .chunked_body import read_chunks
from .gathering_reader import GatheringReader
from .host_names import client_of
from .http_error import HttpError
from .limits import Limits
from .request_head import check_framing, destination, first_byte, read_head

JSON, LINES = "application/json", "application/x-ndjson"
_PIECE = 65_536
# what a client that was refused may still send before the connection is cut
_LINGER_SECONDS, _LINGER_BYTES = 2.0, 4_000_000
Headers = Sequence[tuple[str, str]]
_TOO_SLOW = "the request took too long to come, and others need its place"
_MADE_ROOM = json.dumps({"error": _TOO_SLOW}).encode() + b"\n"
_MADE_ROOM = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
    b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (JSON.encode(), len(_MADE_ROOM), _MADE_ROOM)
)


class Phase(enum.IntEnum):
    """What a connection does. Where there is no room for another one, the first of these end first, the last never."""

    # its client was told why, and what it still sends is read away
    REFUSED = 0
    # a request has begun, and its head is not whole
    HEAD = 1
    # no request has begun
    IDLE = 2
    # the head is whole, and the body is not
    BODY = 3
    # the client does not take what it is sent
    ANSWER = 4
    # the request is whole
    WORK = 5


@dataclass(frozen=True)
class Request:
    """A request whose body is whole; headers by lower-case name.

    host: whom it is for, with or without a port; None where it does not say
    """

    method: str
    host: str | None
    path: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """A connection. Every write goes to a buffer at once; only `flush` waits for the client.

    client: its address, without the port; of IPv6 the network of 64 bits, of which one client has every address
    phase:  what it does
    since:  from when on, by `time.monotonic`
    last:   whether it ends after the answer that comes next
    turns:  is held by the connection whose turn it is, of all of them
    """

    def __init__(
        self, reader: GatheringReader, writer: asyncio.StreamWriter, limits: Limits, turns: asyncio.Lock
    ) -> None:
        self._reader, self._writer, self._limits, self._turns = reader, writer, limits, turns
        # its own limit is for what is not whole, and it is given nothing else
        self._http = h11.Connection(h11.SERVER)
        # so that draining waits until everything is on its way
        writer.transport.set_write_buffer_limits(0)
        self._fresh = True
        # whether the request wants the head of an answer alone
        self._headless = False
        self._made_room = False
        self.client = client_of(str((writer.get_extra_info("peername") or ("",))[0]))
        self._enter(Phase.IDLE)
        self.last = False
        self.begun = False

    @property
    def idle(self) -> bool:
        """Whether nothing that its client wants is lost with it."""
        return self.phase in (Phase.IDLE, Phase.REFUSED)

    @property
    def unfinished(self) -> bool:
        """Whether a request has begun and is not whole."""
        return self.phase in (Phase.HEAD, Phase.BODY)

    @property
    def gone(self) -> bool:
        """Whether the client has closed its side."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def read(self) -> Request | None:
        """The next request; None when there is none to come. `HttpError` for what breaks a limit or is no HTTP."""
        self._headless = False
        self._enter(Phase.IDLE)
        if not self._fresh:
            # a client may have sent a thousand at once
            await self.turn()
        self._reader.begin()
        try:
            first = b"" if self.last else await self._first_byte()
            if not first:
                return None
            self._enter(Phase.HEAD)
            request = await self._whole(first)
        except HttpError:
            # what follows a request that could not be read is no request
            self.last = True
            raise
        self._enter(Phase.WORK)
        return request

    async def turn(self) -> None:
        """Wait for this client's turn: of all who ask for more than a little work, one gets it at a time.

        Whatever they send, the others wait for one piece of it, not for one of each.
        """
        async with self._turns:
            await asyncio.sleep(0)

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
        self._enter(Phase.ANSWER)
        try:
            await asyncio.wait_for(self._writer.drain(), self._limits.write_seconds)
        except (asyncio.TimeoutError, OSError):
            return False
        self._enter(Phase.WORK)
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
                self._enter(Phase.REFUSED)
                await asyncio.wait_for(self._read_away(), _LINGER_SECONDS)
        self.cut()

    def cut(self) -> None:
        """End it at once; what a client does not take is dropped."""
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        self._writer.close()

    def make_room(self) -> None:
        """End it at once for another's sake; whose request has begun is told so."""
        if self.unfinished:
            self._writer.write(_MADE_ROOM)
        self._made_room = True
        self.cut()

    def _enter(self, phase: Phase) -> None:
        self.phase, self.since = phase, time.monotonic()

    async def _first_byte(self) -> bytes:
        """Wait until a request begins; its first byte, or none."""
        patience = self._limits.header_seconds if self._fresh else self._limits.idle_seconds
        self._fresh = False
        try:
            return await asyncio.wait_for(first_byte(self._reader), patience)
        except asyncio.TimeoutError:
            return b""

    async def _whole(self, first: bytes) -> Request:
        """The request that begins with this byte."""
        try:
            reading = read_head(self._reader, first, self._limits, self.turn)
            lines = await asyncio.wait_for(reading, self._limits.header_seconds)
            check_framing(lines)
            self._http.receive_data(b"\r\n".join([*lines, b"", b""]))
            head = self._http.next_event()
            if not isinstance(head, h11.Request):
                raise HttpError(400, "this is no request")
            # time for a body runs from its head on
            self._enter(Phase.BODY)
            return await asyncio.wait_for(self._rest(head), self._limits.body_seconds)
        except h11.RemoteProtocolError as error:
            raise HttpError(error.error_status_hint, f"this is no HTTP/1.1: {error!s:.200}") from None
        except asyncio.IncompleteReadError:
            if self._made_room:
                raise HttpError(408, _TOO_SLOW) from None
            raise HttpError(400, "the connection ended before the request did") from None
        except asyncio.TimeoutError:
            raise HttpError(408, "the request took too long to come") from None

    async def _rest(self, head: h11.Request) -> Request:
        self._headless = head.method == b"HEAD"
        if head.http_version not in (b"1.0", b"1.1"):
            raise HttpError(505, "this service knows HTTP/1.0 and HTTP/1.1")
        headers: dict[str, str] = {}
        for name, value in head.headers:
            known = headers.get(key := name.decode("latin-1"))
            # of a field that comes twice neither hides the other
            headers[key] = value.decode("latin-1") if known is None else f"{known}, {value.decode('latin-1')}"
        host, path = destination(head.target.decode("latin-1"), headers.get("host"))
        body = await self._body(headers)
        return Request(head.method.decode("latin-1"), host, path, headers, body)

    async def _body(self, headers: dict[str, str]) -> bytes:
        """The body of a request, which h11 takes as whole then."""
        size, chunked = int(headers.get("content-length", "0")), "transfer-encoding" in headers
        if size > self._limits.body_bytes:
            raise HttpError(413, f"a body may have {self._limits.body_bytes} bytes")
        if self._http.they_are_waiting_for_100_continue:
            self._send(h11.InformationalResponse(status_code=100, headers=[]))
        if chunked:
            body = await read_chunks(self._reader, self._limits, self.turn)
            one = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            self._http.receive_data(one + b"0\r\n\r\n")
        else:
            body = await self._reader.readexactly(size)
            if body:
                # nothing would mean that the client has ended
                self._http.receive_data(body)
        while isinstance(self._http.next_event(), h11.Data):
            pass
        return body

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
            await self.turn()
