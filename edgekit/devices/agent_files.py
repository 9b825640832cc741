"""The agent as files: what is copied to a device, named by its content."""

from __future__ import annotations

import hashlib
from importlib import resources

PACKAGE = "edgekit_agent"


def agent_files() -> dict[str, bytes]:
    """The agent's modules by file name."""
    folder = resources.files("edgekit.agent")
    return {
        entry.name: entry.read_bytes()
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".py")
    }


def agent_hash(files: dict[str, bytes]) -> str:
    """One sha256 over names and contents, shortened to name a folder."""
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
