"""What can go wrong in the agent; `kind` tells the host which of its own errors to raise.

    AgentError
    ├── BadInput         usage    the file, bundle or request is wrong
    ├── RuntimeMissing   device   no runtime here reads the file
    ├── RuntimeFailed    tool     the runtime refused or broke on the file
    └── GoldenMismatch   parity   the file runs and gives other answers than it must

The host turns them into its own in `edgekit.errors`.
"""

from __future__ import annotations


class AgentError(Exception):
    """One clear sentence, and what to do about it."""

    kind = "tool"

    def __init__(self, message: str, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class BadInput(AgentError):
    """The file, bundle or request is wrong."""

    kind = "usage"


class RuntimeMissing(AgentError):
    """No runtime here reads the file."""

    kind = "device"


class RuntimeFailed(AgentError):
    """The runtime refused or broke on the file."""

    kind = "tool"


class GoldenMismatch(AgentError):
    """The file runs and gives other answers than it must."""

    kind = "parity"


def one_line(error: BaseException) -> str:
    """An exception's message on one line, cut where it stops being readable."""
    return " ".join(str(error).split())[:500] or type(error).__name__
