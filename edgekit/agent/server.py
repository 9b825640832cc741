"""Answering requests: what the agent does, by the name in `do`."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from . import AGENT_VERSION
from .benchmark.golden_record import run_golden_cases
from .benchmark.instruction_count import count
from .benchmark.interleaved_timing import compare
from .benchmark.tasks import measure
from .benchmark.timing import Stopping, share_of
from .benchmark.workload import ProfileRequest
from .errors import AgentError, BadInput
from .inference.model_cache import ModelCache, ModelKey
from .inference.tokenizer import TextPair
from .json_object import JsonObject
from .machine.conditions import conditions, fingerprint
from .protocol import PROTOCOL
from .runtimes.registry import runtime_names

Send = Callable[[JsonObject], None]
T = TypeVar("T")


class ProtocolError(Exception):
    """A request that is not understood."""


class Service:
    """Answers requests through `send`; keeps whether the host said hello, and the model that it asked last."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._greeted = False
        self._models = ModelCache()

    def answer(self, line: bytes) -> None:
        """Answer one line. A fault of the agent itself is reported and raised again."""
        identity: object = None
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

    def _do(self, request: JsonObject, identity: object) -> JsonObject:
        name = request.get("do")
        if name == "hello":
            greeting = _hello(request)
            self._greeted = True
            return greeting
        if not self._greeted:
            raise ProtocolError("the first request must be hello")
        handlers: dict[object, Callable[[], JsonObject]] = {
            "facts": lambda: {"fingerprint": fingerprint(), "conditions": conditions()},
            "golden": lambda: run_golden_cases(*_model_key(request)),
            "profile": lambda: measure(_profile_request(request), self._progress(identity)),
            "compare": lambda: self._compare(request, identity),
            "count": lambda: count(_profile_request(request), self._progress(identity)),
            "classify": lambda: self._models.classify(_model_key(request), _texts(request)),
            "score": lambda: self._score(request),
        }
        handler = handlers.get(name) if isinstance(name, str) else None
        if handler is None:
            raise ProtocolError(f"unknown request {name!r}")
        return handler()

    def _compare(self, request: JsonObject, identity: object) -> JsonObject:
        size = _optional(request, "block_runs", int)
        return compare(_profile_request(request), _path(request, "other"), self._progress(identity), size)

    def _score(self, request: JsonObject) -> JsonObject:
        key, ids, targets = _model_key(request), _ids(request, "ids"), _ids(request, "targets")
        return self._models.score(key, _required(request, "capacity", int), ids, targets)

    def _progress(self, identity: object) -> Callable[[str, int, float], None]:
        def report(stage: str, runs: int, seconds: float) -> None:
            progress = {"stage": stage, "runs": runs, "seconds": seconds}
            self._send({"id": identity, "event": "progress", "progress": progress})

        return report

    def _fail(self, identity: object, kind: str, message: str, advice: str | None) -> None:
        error = {"kind": kind, "message": message, "advice": advice}
        self._send({"id": identity, "event": "error", "error": error})


def _parse(line: bytes) -> JsonObject:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not a line of JSON: {error}") from None
    if not isinstance(request, dict) or not isinstance(request.get("id"), int):
        raise ProtocolError("a request is an object with a whole number as id")
    return request


def _hello(request: JsonObject) -> JsonObject:
    if request.get("protocol") != PROTOCOL:
        theirs = request.get("protocol")
        raise ProtocolError(f"the host speaks protocol {theirs}, this agent speaks {PROTOCOL}")
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
    module = runtime.replace("-", "_")
    if importlib.util.find_spec(module) is None:
        return None
    return _version_by_folder(module) or _version_by_metadata(runtime)


def _version_by_folder(module: str) -> str | None:
    """By the name of the folder that its metadata are in, as every start of an agent waits for it."""
    folder = re.compile(rf"{module}-([^-]+)\.dist-info")
    for place in sys.path:
        with suppress(OSError):
            for path in Path(place).iterdir():
                if found := folder.fullmatch(path.name):
                    return found[1]
    return None


def _version_by_metadata(runtime: str) -> str:
    # loaded where it is needed, which is seldom: it takes a third of the time that numpy takes
    import importlib.metadata

    try:
        return importlib.metadata.version(runtime)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _model_key(request: JsonObject) -> ModelKey:
    return _path(request), _optional(request, "runtime", str), _field(request, "threads", int, 1)


def _profile_request(request: JsonObject) -> ProfileRequest:
    stopping = Stopping(
        min_seconds=_number(request, "min_seconds", 2.0),
        min_runs=_field(request, "min_runs", int, 50),
        max_runs=_field(request, "max_runs", int, 10_000),
        warmup=_optional(request, "warmup", int),
    )
    if stopping.max_runs < 1:
        raise BadInput("max_runs must be at least 1")
    process, processes = _field(request, "process", int, 0), _field(request, "processes", int, 1)
    if not 0 <= process < processes:
        raise BadInput("processes must be at least 1, and process be one of them, counted from 0")
    return ProfileRequest(
        path=_path(request),
        threads=_field(request, "threads", int, 1),
        stopping=share_of(stopping, process, processes),
        length=_optional(request, "length", int),
        texts=_texts(request),
        runtime=_optional(request, "runtime", str),
        per_op=_field(request, "per_op", bool, False),
        sustained_seconds=_number(request, "sustained_seconds", 0.0),
        energy=_field(request, "energy", bool, False),
        trace=_field(request, "trace", bool, False),
        processes=processes,
    )


def _texts(request: JsonObject) -> tuple[TextPair, ...]:
    return tuple(_text_pair(entry) for entry in _field(request, "texts", list, []))


def _ids(request: JsonObject, name: str) -> list[int]:
    ids: list[int] = _required(request, name, list)
    # by their exact type, as True counts as a whole number
    if any(type(value) is not int for value in ids):
        raise ProtocolError(f"{name} must be token ids")
    return ids


def _text_pair(entry: object) -> TextPair:
    if not isinstance(entry, list) or len(entry) != 2:
        raise ProtocolError("texts must be pairs [text, pair or null]")
    text, pair = entry
    if not isinstance(text, str) or not (pair is None or isinstance(pair, str)):
        raise ProtocolError("texts must be pairs [text, pair or null]")
    return text, pair


def _path(request: JsonObject, name: str = "path") -> Path:
    path = Path(_required(request, name, str))
    try:
        path.exists()
    except OSError as error:  # a name that no file can have
        raise BadInput(f"{str(path)[:80]!r}: {error.strerror}") from None
    return path


def _required(request: JsonObject, name: str, kind: type[T]) -> T:
    value = _optional(request, name, kind)
    if value is None:
        raise ProtocolError(f"{request.get('do')} needs {name}")
    return value


def _field(request: JsonObject, name: str, kind: type[T], default: T) -> T:
    value = _optional(request, name, kind)
    return default if value is None else value


def _number(request: JsonObject, name: str, default: float) -> float:
    value = request.get(name)
    return float(value) if type(value) is int else _field(request, name, float, default)


def _optional(request: JsonObject, name: str, kind: type[T]) -> T | None:
    """A field of a request; None where it is absent or null."""
    value = request.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ProtocolError(f"{name} cannot be {value!r}")
    return value
