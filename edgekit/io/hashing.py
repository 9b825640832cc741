"""Content hashes: of a file, of a folder, of plain values."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_sha256(folder: Path) -> str:
    """One sha256 over the names and contents of a folder's files, hidden ones and measurements left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] != "measurements" and not any(part.startswith(".") for part in parts):
            digest.update(f"{'/'.join(parts)}\0{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def value_sha256(value: object) -> str:
    """The sha256 of a value made of plain JSON types, the order of its keys left out."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
