"""Outputs that appear whole or not at all: written to a temporary sibling, renamed at the end."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.spec.errors import UsageError


def refuse_existing(out: Path, force: bool) -> None:
    """Raise `UsageError` if `out` exists and may not be replaced."""
    if out.exists() and not force:
        raise UsageError(f"{out} exists", advice="give another -o, or --force to replace it")


@contextmanager
def new_folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` when the block ends well, and vanishes when it does not."""
    refuse_existing(out, force)
    temporary = _sibling(out)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if out.exists():
            discarded = _sibling(out)
            out.rename(discarded)
            temporary.rename(out)
            shutil.rmtree(discarded)
        else:
            temporary.rename(out)
    except OSError as error:
        raise UsageError(f"{out} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file through a temporary sibling, flushed to disk before it takes the name."""
    temporary = _sibling(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _sibling(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
