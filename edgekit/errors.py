"""Every error edgekit raises on purpose, with its exit code and its advice.

    EdgekitError
    ├── UsageError       2  wrong usage or bad input: the person can mend it
    │   ├── NotFoundError   2  a name or a path that is not there, with what was meant
    │   └── NoLabelError    2  rows without labels: they matter only where labels are needed
    ├── DeviceError      4  a device is unreachable or failed
    └── ToolError        5  a tool or a conversion failed
        └── ParityError     5  an exported file does not reproduce its reference

An `EdgekitWarning` is for what a person should know though the work goes on: the command line prints it as a line.
A verdict is no error: a failed budget exits 1, an inconclusive or unmeasured one 3 (`measure.verdicts`).
The agent has a tree of its own, whose errors become these (`agent_error`). Only `edgekit.cli` catches these, once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class EdgekitError(Exception):
    """The root of the tree: one clear sentence, and what to do about it."""

    exit_code = 5

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class UsageError(EdgekitError):
    """Wrong usage or bad input."""

    exit_code = 2


class NotFoundError(UsageError):
    """A name or a path that does not exist."""


class NoLabelError(UsageError):
    """Rows without labels, as published test rows often are."""


class DeviceError(EdgekitError):
    """A device is unreachable, or the agent on it failed."""

    exit_code = 4


class ToolError(EdgekitError):
    """A converter, exporter or runtime failed."""

    exit_code = 5


class ParityError(ToolError):
    """An exported file does not reproduce its reference."""


class EdgekitWarning(UserWarning):
    """Something was decided that a person may want to decide otherwise."""


# characters of a value that an error quotes
QUOTED = 60


def quoted(value: object) -> str:
    """A value as an error quotes it: on one line, and never at great length."""
    if value is None or isinstance(value, (bool, bytes)):
        return {None: "nothing", True: "true", False: "false"}.get(value, "binary data")  # type: ignore[arg-type]
    if isinstance(value, int) and value.bit_length() > 4 * QUOTED:
        return "a number of very many digits"
    # a date, as YAML reads one
    text = value.isoformat() if hasattr(value, "isoformat") else repr(value)
    return text if len(text) <= QUOTED else f"{text[: QUOTED - 1]}…"


def worst_exit_code(codes: Iterable[int]) -> int:
    """Of several exit codes the one that counts; 0 for none, or where all are 0."""
    worst_first = (2, 5, 4, 1, 3)
    found = set(codes) - {0}
    return next((code for code in worst_first if code in found), max(found, default=0))


def unknown_name(kind: str, name: str, known: Iterable[str]) -> NotFoundError:
    """The error for a name outside a closed list, with the nearest one that exists."""
    choices = sorted(known)
    near = difflib.get_close_matches(name[:QUOTED], choices, n=1, cutoff=0.5)
    advice = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(choices)}"
    return NotFoundError(f"unknown {kind} {quoted(name)}", advice=advice)


# by the kind that an error of the agent names
_OF_THE_AGENT: dict[str, type[EdgekitError]] = {
    "usage": UsageError,
    "device": DeviceError,
    "tool": ToolError,
    "parity": ParityError,
}


def agent_error(kind: str, message: str, advice: str | None = None) -> EdgekitError:
    """The error for a failure that the agent reports; a kind without a place of its own is the device's fault."""
    return _OF_THE_AGENT.get(kind, DeviceError)(message, advice=advice)


@contextmanager
def agent_errors() -> Iterator[None]:
    """A block that runs the agent in this process: an `AgentError` leaves it as the `EdgekitError` that it is."""
    from edgekit.agent.errors import AgentError

    try:
        yield
    except AgentError as error:
        raise agent_error(error.kind, error.message, error.advice) from error
