"""The agent as files: what is copied to a device."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

PACKAGE = "edgekit_agent"


def agent_paths() -> dict[str, Path]:
    """The agent's modules by file name."""
    folder = Path(str(resources.files("edgekit.agent")))
    return {path.name: path for path in sorted(folder.glob("*.py"))}


def agent_files() -> dict[str, bytes]:
    """What is in the agent's modules, by file name."""
    return {name: path.read_bytes() for name, path in agent_paths().items()}
