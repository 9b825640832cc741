"""The agent's errors as edgekit's own: the one place that knows both trees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edgekit.errors import DeviceError, EdgekitError, ParityError, ToolError, UsageError

_ERRORS: dict[str, type[EdgekitError]] = {
    "usage": UsageError,
    "device": DeviceError,
    "tool": ToolError,
    "parity": ParityError,
}


def agent_error(kind: str, message: str, advice: str | None = None) -> EdgekitError:
    """The error for a failure that the agent reports; a kind without a place of its own is the device's fault."""
    return _ERRORS.get(kind, DeviceError)(message, advice=advice)


@contextmanager
def agent_errors() -> Iterator[None]:
    """A block that runs the agent in this process: its errors leave it as `EdgekitError`s."""
    from edgekit.agent.errors import AgentError

    try:
        yield
    except AgentError as error:
        raise agent_error(error.kind, error.message, error.advice) from error
