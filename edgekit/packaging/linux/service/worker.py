"""The worker: the process that holds the model. One JSON object a line, asked on stdin, answered on stdout.

    <- {"ready": {"runtime": ..., "golden_cases": ...}}       or {"failed": {"kind": ..., "message": ...}}, and it ends
    -> {"id": 1, "texts": [["turn on the light", null]]}
    <- {"id": 1, "result": {"results": [{"label": ..., "score": ..., "scores": {...}, "truncated": false}]}}
       of a multi-label model {"labels": [...], "scores": {...}, ...}, of a regression {"value": ..., ...}
    -> {"id": 2, "prompt": "Once", "max_tokens": 8, "sampling": {...}, "stop": []}
    <- {"id": 2, "piece": " upon"} ...
    <- {"id": 2, "result": {"finish": "length", "prompt_tokens": 2, "new_tokens": 8}}
    -> {"cancel": 2}     what is being done under this id ends early, with a result that nobody waits for
    <- {"id": 3, "error": {"kind": "usage", "message": ...}}

It ends when stdin is closed, at once, as the front is gone then or has stopped waiting.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from edgekit.agent.errors import AgentError
from edgekit.agent.inference.tasks import Model
from edgekit.agent.json_object import JsonObject
from edgekit.agent.protocol import read_lines, write_line

from .self_test import facts_of, open_proven
from .tasks import SERVED


def work(bundle: Path, threads: int) -> int:
    """Serve one front until it is gone; the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # the front decides when this process ends; a terminal or systemd sends these to both
        signal.signal(number, signal.SIG_IGN)
    replies = _take_stdout()
    line = _Line()
    threading.Thread(target=line.listen, daemon=True).start()
    try:
        proven = open_proven(bundle, threads)
    except AgentError as error:
        write_line(replies, {"failed": _error_fields(error)})
        return 1
    write_line(replies, {"ready": facts_of(proven)})
    for request in line.requests():
        for reply in _replies(proven.model, request, line):
            write_line(replies, {"id": request["id"], **reply})
    return 0


class _Line:
    """What comes from the front: requests in their order, and the newest one that is not wanted any more."""

    def __init__(self) -> None:
        self._requests: queue.Queue[JsonObject] = queue.Queue()
        self._cancelled: int | None = None

    def listen(self) -> None:
        """Read until the front is gone, and end the process then, whatever it is doing."""
        try:
            for line in read_lines(0):
                message = json.loads(line)
                if "cancel" in message:
                    self._cancelled = message["cancel"]
                else:
                    self._requests.put(message)
        finally:
            os._exit(0)

    def requests(self) -> Iterator[JsonObject]:
        """The requests, for ever."""
        while True:
            yield self._requests.get()

    def wants(self, request: JsonObject) -> bool:
        """Whether somebody still waits for this."""
        return bool(request["id"] != self._cancelled)


def _replies(model: Model, request: JsonObject, line: _Line) -> Iterator[JsonObject]:
    try:
        yield from SERVED[model.bundle.task].replies(model, request, lambda: line.wants(request))
    except AgentError as error:
        yield {"error": _error_fields(error)}


def _error_fields(error: AgentError) -> JsonObject:
    return {"kind": error.kind, "message": error.message, "advice": error.advice}


def _take_stdout() -> int:
    """Keep stdout for replies: what native code prints on descriptor 1 goes to stderr."""
    replies = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return replies
