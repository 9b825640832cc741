"""Running one of the small programs in `on_device` by a device's own Python."""

from __future__ import annotations

import json
from importlib import resources
from typing import TypeVar

import pydantic

from edgekit.agent.json_object import JsonObject
from edgekit.devices.sanitize import plain
from edgekit.devices.transport import Finished, Transport
from edgekit.errors import DeviceError
from edgekit.schema.base_model import Strict

T = TypeVar("T", bound=Strict)

# for a file system on which nothing may be executed
_NOEXEC = "failed to map segment"
_ELSEWHERE = "its disk is mounted noexec; have edgekit's folder elsewhere: edgekit devices add NAME URL --home DIR"


def run_script(
    transport: Transport, python: str, script: str, reply: type[T], *, timeout: float = 60.0, **request: object
) -> T:
    """Run `on_device/SCRIPT.py` on the device; its answer, validated.

    The program goes in by stdin, so that nothing of it stays; the request is its one argument, as JSON. Raises
    `DeviceError` when there is no such Python, when the program says that it failed, or answers anything else.
    """
    source = resources.files("edgekit.devices.on_device").joinpath(f"{script}.py").read_bytes()
    done = transport.run([python, "-B", "-", json.dumps(request)], stdin=source, timeout=timeout)
    answer = _answer(done)
    if answer is None:
        raise DeviceError(f"{transport.where}: {_why(done, python)}", advice=_advice(done))
    if "failed" in answer:
        failed = plain(str(answer["failed"]), 1000)
        raise DeviceError(f"{transport.where}: {failed}", advice=_ELSEWHERE if _NOEXEC in failed else None)
    try:
        return reply.model_validate_json(json.dumps(answer))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DeviceError(
            f"{transport.where}: {script} answered no {reply.__name__}: {place}: {first['msg']}"
        ) from None


def _answer(done: Finished) -> JsonObject | None:
    """The object that a program printed; None when it did not end well, or printed anything else."""
    if done.code:
        return None
    try:
        answer = json.loads(done.stdout)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _why(done: Finished, python: str) -> str:
    if done.code == 127:
        return f"there is no {python}"
    if done.code == 126:
        return f"{python} cannot be run"
    words = done.stderr.decode(errors="replace").strip().splitlines() or [done.stdout[:80].decode(errors="replace")]
    output = plain(words[-1])
    if not done.code:
        return f"{python} answered something that was not asked for: {output!r}"
    how = f"signal {-done.code}" if done.code < 0 else f"exit status {done.code}"
    return f"{python} failed ({how})" + (f": {output}" if output else "")


def _advice(done: Finished) -> str | None:
    if done.code in (126, 127):
        return "install Python 3.9 or newer there, or name the one it has: --python PATH"
    return None
