"""Answering requests: what the agent does, by the name in `do`."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import AGENT_VERSION
from .benchmark.instruction_count import count
from .benchmark.interleaved_timing import compare
from .benchmark.latency import measure
from .benchmark.profile_request import Order, Text
from .benchmark.timing import Stopping, share_of
from .errors import AgentError, BadInput
from .inference.model_cache import Loaded
from .inference.self_test import self_test
from .machine.conditions import conditions, fingerprint
from .protocol import PROTOCOL
from .runtimes.registry import runtime_names

Send = Callable[[dict[str, Any]], None]


class ProtocolError(Exception):
    """A request that is not understood."""


class Service:
    """Answers requests through `send`; keeps whether the host said hello, and the model that it asked last."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._greeted = False
        self._loaded = Loaded()

    def answer(self, line: bytes) -> None:
        """Answer one line. A fault of the agent itself is reported and raised again."""
        identity: Any = None
        try:
            request = _parse(line)
            identity = request.get("id")
            result = self._do(request, identity)
        except AgentError as error:
            self._fail(identity, error.kind, error.message, error.advice)
        except ProtocolError as error:
            self._fail(identity, "protocol", str(error), None)
        except Exception as error:
            self._fail(identity, "internal", f"{type(error).__name__}: {error}", None)
            raise
        else:
            self._send({"id": identity, "event": "result", "result": result})

    def _do(self, request: dict[str, Any], identity: Any) -> dict[str, Any]:
        name = request.get("do")
        if name == "hello":
            result = _hello(request)
            self._greeted = True
            return result
        if not self._greeted:
            raise ProtocolError("the first request must be hello")
        if name == "facts":
            return {"fingerprint": fingerprint(), "conditions": conditions()}
        if name == "golden":
            return _golden(request)
        if name == "profile":
            return measure(_order(request), self._progress(identity))
        if name == "compare":
            size = _field(request, "block_runs", int, None)
            return compare(_order(request), _path(request, "other"), self._progress(identity), size)
        if name == "count":
            return count(_order(request), self._progress(identity))
        if name == "classify":
            model = _path(request), _field(request, "runtime", str, None), _field(request, "threads", int, 1)
            return self._loaded.classify(model, _texts(request))
        if name == "score":
            model = _path(request), _field(request, "runtime", str, None), _field(request, "threads", int, 1)
            ids, targets = _ids(request, "ids"), _ids(request, "targets")
            return self._loaded.score(model, _field(request, "capacity", int), ids, targets)
        raise ProtocolError(f"unknown request {name!r}")

    def _progress(self, identity: Any) -> Callable[[str, int, float], None]:
        def tell(stage: str, runs: int, seconds: float) -> None:
            news = {"stage": stage, "runs": runs, "seconds": seconds}
            self._send({"id": identity, "event": "progress", "progress": news})

        return tell

    def _fail(self, identity: Any, kind: str, message: str, advice: str | None) -> None:
        error = {"kind": kind, "message": message, "advice": advice}
        self._send({"id": identity, "event": "error", "error": error})


def _parse(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not a line of JSON: {error}") from None
    if not isinstance(request, dict) or not isinstance(request.get("id"), int):
        raise ProtocolError("a request is an object with a whole number as id")
    return request


def _hello(request: dict[str, Any]) -> dict[str, Any]:
    if request.get("protocol") != PROTOCOL:
        asked = request.get("protocol")
        raise ProtocolError(f"the host speaks protocol {asked}, this agent speaks {PROTOCOL}")
    return {
        "protocol": PROTOCOL,
        "agent": AGENT_VERSION,
        "python": platform.python_version(),
        "runtimes": {name: _installed(name) for name in runtime_names()},
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
        "pid": os.getpid(),
    }


def _installed(runtime: str) -> str | None:
    """The version of a runtime, without importing it; None where it is not there."""
    if importlib.util.find_spec(runtime.replace("-", "_")) is None:
        return None
    try:
        return importlib.metadata.version(runtime)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _golden(request: dict[str, Any]) -> dict[str, Any]:
    runtime, threads = _field(request, "runtime", str, None), _field(request, "threads", int, 1)
    return self_test(_path(request), runtime, threads)


def _order(request: dict[str, Any]) -> Order:
    stopping = Stopping(
        min_seconds=float(_field(request, "min_seconds", (int, float), 2.0)),
        min_runs=_field(request, "min_runs", int, 50),
        max_runs=_field(request, "max_runs", int, 10_000),
        warmup=_field(request, "warmup", int, None),
    )
    if stopping.max_runs < 1:
        raise BadInput("max_runs must be at least 1")
    process, processes = _field(request, "process", int, 0), _field(request, "processes", int, 1)
    if not 0 <= process < processes:
        raise BadInput("processes must be at least 1, and process be one of them, counted from 0")
    return Order(
        path=_path(request),
        threads=_field(request, "threads", int, 1),
        stopping=share_of(stopping, process, processes),
        length=_field(request, "length", int, None),
        texts=_texts(request),
        runtime=_field(request, "runtime", str, None),
        per_op=_field(request, "per_op", bool, False),
        sustained_seconds=float(_field(request, "sustained_seconds", (int, float), 0.0)),
        energy=_field(request, "energy", bool, False),
        trace=_field(request, "trace", bool, False),
        processes=processes,
    )


def _texts(request: dict[str, Any]) -> tuple[Text, ...]:
    return tuple(_text(entry) for entry in _field(request, "texts", list, []))


def _ids(request: dict[str, Any], name: str) -> list[int]:
    ids: list[int] = _field(request, name, list)
    # by their exact type, as True counts as a whole number
    if any(type(value) is not int for value in ids):
        raise ProtocolError(f"{name} must be token ids")
    return ids


def _text(entry: Any) -> Text:
    if not isinstance(entry, list) or len(entry) != 2:
        raise ProtocolError("texts must be pairs [text, pair or null]")
    text, pair = entry
    if not isinstance(text, str) or not (pair is None or isinstance(pair, str)):
        raise ProtocolError("texts must be pairs [text, pair or null]")
    return text, pair


def _path(request: dict[str, Any], name: str = "path") -> Path:
    path = Path(_field(request, name, str))
    try:
        path.exists()
    except OSError as error:  # a name that no file can have
        raise BadInput(f"{str(path)[:80]!r}: {error.strerror}") from None
    return path


_REQUIRED = object()


def _field(request: dict[str, Any], name: str, kind: Any, default: Any = _REQUIRED) -> Any:
    """A field of a request; one that is absent or null takes its default."""
    value = request.get(name)
    if value is None:
        if default is _REQUIRED:
            raise ProtocolError(f"{request.get('do')} needs {name}")
        return default
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ProtocolError(f"{name} cannot be {value!r}")
    return value
