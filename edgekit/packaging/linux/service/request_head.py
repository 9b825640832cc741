"""The head of a request, read line by line: strict where RFC 9112 leaves a choice, as a proxy may choose otherwise.

h11 parses what passes here. Some of its patterns take a second for one spoiled line of 16 KiB, and all clients would
wait meanwhile: control characters and bare line ends never reach it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence

from .http_error import HttpError
from .limits import Limits

# waits until the client may be worked for again
Turn = Callable[[], Awaitable[None]]
# lines between two turns: some 0.2 ms of work
SLICE = 32
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)([^?#]*)", re.IGNORECASE)
_BLANK = b" \t"
# RFC 9110, 5.6.2
_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_FIELD = re.compile(_TOKEN + rb":")
_REQUEST = re.compile(_TOKEN + rb" [\x21-\x7e]+ HTTP/[0-9]\.[0-9]")
# before a request
_EMPTY_LINES = 8
_TLS = b"\x16"


async def read_line(reader: asyncio.StreamReader, most: int, too_long: HttpError) -> bytes:
    """A line without its end; `too_long` beyond `most` bytes, `HttpError` for one that does not end as lines must.

    Raises `asyncio.IncompleteReadError` where the client ends before the line does.
    """
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError:
        raise too_long from None
    if len(line) > most:
        raise too_long
    if line[-2:] != b"\r\n" or _CONTROL.search(line, 0, len(line) - 2):
        raise HttpError(400, "this is no HTTP/1.1: a line ends in CR and LF, and has no control characters")
    return line[:-2]


async def first_byte(reader: asyncio.StreamReader) -> bytes:
    """The first byte of a request, none where the client ends; some empty lines are passed over (RFC 9112, 2.2).

    Raises `HttpError` where no request can begin so.
    """
    for _ in range(_EMPTY_LINES + 1):
        first = await reader.read(1)
        if first != b"\r":
            break
        after = await reader.read(1)
        if not after:
            return b""
        if after != b"\n":
            raise HttpError(400, "this is no HTTP/1.1: it begins with a bare CR")
    if first == _TLS:
        raise HttpError(400, "this is no HTTP/1.1: if it is HTTPS, put a proxy with TLS before this service")
    if first and first <= b" ":
        raise HttpError(400, "this is no HTTP/1.1: a request begins with its method, as in GET /healthz HTTP/1.1")
    return first


async def read_head(reader: asyncio.StreamReader, first: bytes, limits: Limits, turn: Turn) -> list[bytes]:
    """The lines of a head that begins with the byte `first`; raises `HttpError` as `read_line` does."""
    lines: list[bytes] = []
    size = len(first)
    while True:
        if len(lines) % SLICE == SLICE - 1:
            await turn()
        line = await read_line(reader, limits.header_bytes - size, _too_long(lines, limits))
        size += len(line) + 2
        if not lines:
            line = first + line
        elif not line:
            return lines
        elif len(lines) > limits.header_fields:
            raise HttpError(431, f"a head may have {limits.header_fields} fields")
        lines.append(line)


def _too_long(lines: Sequence[bytes], limits: Limits) -> HttpError:
    return HttpError(431 if lines else 414, f"a head may have {limits.header_bytes} bytes")


def check_framing(lines: Sequence[bytes]) -> None:
    """Raise `HttpError` where two readers of a head could take its body to end at different places.

    RFC 9112, 3 (request line), 5.1 (blanks before a colon), 5.2 (folded fields), 6.1 and 6.3 (`Transfer-Encoding` and
    `Content-Length`)
    """
    if not _REQUEST.fullmatch(lines[0]):
        raise HttpError(400, "this is no HTTP/1.1: a request begins as in GET /healthz HTTP/1.1")
    if any(line[:1] in (b" ", b"\t") for line in lines[1:]):
        raise HttpError(400, "a field of the head may not go on in a further line")
    if any(not _FIELD.match(line) for line in lines[1:]):
        raise HttpError(400, "a field of the head is a name, a colon right after it, and its value")
    codings, lengths = _values(lines, b"transfer-encoding"), _values(lines, b"content-length")
    if codings:
        _check_codings(b",".join(codings), lines[0], bool(lengths))
    elif len(lengths) > 1 or not all(length.isdigit() for length in lengths):
        raise HttpError(400, "Content-Length must be one whole number")


def _check_codings(value: bytes, request_line: bytes, has_length: bool) -> None:
    if has_length:
        raise HttpError(400, "a request may have Content-Length or Transfer-Encoding, not both")
    if request_line.endswith(b"HTTP/1.0"):
        raise HttpError(400, "HTTP/1.0 has no Transfer-Encoding")
    names = [name.strip(_BLANK).lower() for name in value.split(b",")]
    if names[-1] != b"chunked" or names.count(b"chunked") > 1:
        raise HttpError(400, "the last Transfer-Encoding must be chunked, once: else nobody knows where a body ends")
    if len(names) > 1:
        raise HttpError(501, "of all transfer codings this service takes chunked alone")


def _values(lines: Sequence[bytes], name: bytes) -> list[bytes]:
    fields = (line.partition(b":") for line in lines[1:])
    return [value.strip(_BLANK) for found, _, value in fields if found.lower() == name]


def destination(target: str, host: str | None) -> tuple[str | None, str]:
    """The host with its port that a request is for, None where it names none, and the path without its query.

    target: a path, or a whole address, whose host counts and not the field's (RFC 9112, 3.2.2)
    Raises `HttpError` for any other target.
    """
    if target.startswith("/") or target == "*":
        return host, target.partition("?")[0]
    whole = _ABSOLUTE.match(target)
    if whole is None:
        raise HttpError(400, "the target of a request must be a path, or an address that begins with http://")
    return whole[1], whole[2] or "/"
