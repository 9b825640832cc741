"""The protocol: one JSON object a line, requests on stdin, replies on stdout, UTF-8.

    -> {"id": 1, "do": "hello", "protocol": 1}
    <- {"id": 1, "event": "result", "result": {"protocol": 1, "agent": "1.0", ...}}
    -> {"id": 2, "do": "profile", "path": "...", "threads": 2, ...}
    <- {"id": 2, "event": "progress", "progress": {"stage": "measure", "runs": 120, "seconds": 1.0}}
    <- {"id": 2, "event": "result", "result": {...}}
    -> {"id": 3, "do": "golden", "path": "..."}
    <- {"id": 3, "event": "error", "error": {"kind": "parity", "message": "...", "advice": "..."}}

A request gets any number of `progress` and then one `result` or one `error`; its `id` comes back with each. Requests
are answered one after the other; an empty line asks nothing. The first request must be `hello` with this protocol
version. An `error` has a kind: `usage`, `device`, `tool`, `parity` (`errors.py`), `protocol` (the request was not
understood) or `internal` (a fault of the agent, which then ends). A line is at most `MAX_LINE` bytes. Closing stdin
ends the agent, in the middle of a request after `GRACE_SECONDS`; so does silence, where the agent was started with
`--patience SECONDS`, as a link may be gone without a word: the host then sends empty lines. Nothing else is ever
written to stdout: the chatter of runtimes goes to stderr.

| do      | fields                                      | result                                          |
|---------|---------------------------------------------|-------------------------------------------------|
| hello   | protocol                                    | protocol, agent, python, runtimes, modules, pid |
| facts   |                                             | fingerprint, conditions                         |
| golden  | path, runtime?, threads?                    | cases, max_abs_difference, runtime              |
| profile | path, runtime?, threads?, length?, texts?,  | a measurement                                   |
|         | min_seconds?, min_runs?, max_runs?,         |                                                 |
|         | warmup?, per_op?, sustained_seconds?,       |                                                 |
|         | energy?, trace?, process?, processes?       |                                                 |
| compare | as profile, and other: a second path,       | both interleaved, block by block                |
|         | block_runs?                                 |                                                 |
| count   | path, runtime?, length?, texts?             | instructions of single inferences               |
| classify| path, runtime?, threads?, texts             | labels, logits, truncated                       |
| score   | path, runtime?, threads?, capacity, ids,    | nats: -ln p of each target, of which the last   |
|         | targets: the ids behind the last of them    | stands behind all ids                           |

`min_seconds`, `min_runs` and `max_runs` are of the whole measurement, of which this process, counted from 0, takes its
share of so many `processes`. `block_runs` are the runs of a block, so that several processes take blocks of one size.

The host always brings the agent of its own version along, so a new request is no new protocol.
"""

from __future__ import annotations

import json
import os
import select
from collections.abc import Iterator

from .json_object import JsonObject

PROTOCOL = 1
MAX_LINE = 64_000_000
GRACE_SECONDS = 1.0


class LineTooLong(Exception):
    """A line of more than `MAX_LINE` bytes."""


class Silence(Exception):
    """Nothing came for too long."""


def read_lines(descriptor: int, patience: float | None = None) -> Iterator[bytes]:
    """The lines of a pipe, without their ends, until it is closed. An unfinished last line is dropped.

    Raises `LineTooLong` before it has kept more than `MAX_LINE` bytes and one read, and `Silence` after `patience`
    seconds in which nothing came; None waits for ever.
    """
    pieces: list[bytes] = []
    size = 0
    while True:
        if patience is not None and not select.select([descriptor], [], [], patience)[0]:
            raise Silence(f"nothing was heard of the host for {patience:g} s")
        piece = os.read(descriptor, 1 << 16)
        if not piece:
            return
        *lines, rest = piece.split(b"\n")
        for line in lines:
            yield b"".join([*pieces, line])
            pieces, size = [], 0
        pieces.append(rest)
        size += len(rest)
        if size > MAX_LINE:
            raise LineTooLong(f"a line of more than {MAX_LINE} bytes")


def write_line(descriptor: int, message: JsonObject) -> None:
    """Write one message, whole."""
    # NaN is no JSON; a reader should not have to guess. Half a character in a file's name leaves as JSON escapes it
    data = memoryview(
        json.dumps(message, ensure_ascii=False, allow_nan=False).encode(errors="backslashreplace") + b"\n"
    )
    while data:
        data = data[os.write(descriptor, data) :]
